import DosingCore
import Foundation
import Glibc
import ProgrammerLink
import RawLink
import SeededNumbers
import Synchronization

/// Stands between a programmer and a pump, and does what it likes: drops, repeats, delays, reorders,
/// replays and alters frames, both ways. It is seeded, so that a story can be told again.
///
/// Where it drops a frame it closes the connection, so that nobody has to wait for his patience to end.
final class CrookedRelay: Sendable {
  private struct Memory {
    var random: SplitMix64
    /// What programmers sent, oldest first.
    var requests: [[UInt8]] = []
    var answers: [[UInt8]] = []
    var tricks: [Trick: Int] = [:]
  }

  enum Trick: CaseIterable {
    case none, dropRequest, dropAnswer, repeatRequest, replayOld, alterRequest, alterAnswer
    case swapAnswer, sendTwoBackwards
  }

  private let socket: String
  private let memory: Mutex<Memory>

  init(socket: String, seed: UInt64) {
    self.socket = socket
    memory = Mutex(Memory(random: SplitMix64(seed: seed)))
  }

  var tricks: [Trick: Int] { memory.withLock { $0.tricks } }
  var requests: [[UInt8]] { memory.withLock { $0.requests } }

  /// The programmer's end of a new connection through this relay.
  func connect() -> Int32 {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    _ = unsafe socketpair(AF_UNIX, kind, 0, &ends)
    let (programmer, own) = (ends[0], ends[1])
    Thread.detachNewThread { [self] in
      carry(own)
      _ = close(own)
    }
    return programmer
  }

  /// Frames of one connection, until either end or a whim closes it.
  private func carry(_ programmer: Int32) {
    guard let pump = try? RawClient(path: socket) else { return }
    _ = pump.ask(writeFrame(.relayed, number: 0, body: EmptyBody()).array)
    while let request = try? FrameStream.read(from: programmer) {
      guard let (answer, isLast) = treat(request, pump) else { return }
      guard FrameStream.write(answer.span, to: programmer), !isLast else { return }
    }
  }

  /// Nil where the connection is to be closed.
  private func treat(
    _ request: [UInt8], _ pump: RawClient
  ) -> (answer: [UInt8], isLast: Bool)? {
    let (trick, old, bit) = memory.withLock { memory in
      memory.requests.append(request)
      let trick = memory.random.pick(
        [Trick.none, .none, .none] + Trick.allCases)
      memory.tricks[trick, default: 0] += 1
      let old = memory.random.pick(memory.requests)
      return (trick, old, Int(memory.random.number(0...Int64(request.count * 8 - 1))))
    }
    switch trick {
    case .dropRequest: return nil
    case .dropAnswer:
      _ = pump.ask(request)
      return nil
    case .repeatRequest: _ = pump.ask(request)
    case .replayOld: _ = pump.ask(old)
    case .sendTwoBackwards:
      let answer = pump.ask(request)
      _ = pump.ask(old)
      return answer.map { ($0, false) }
    case .alterRequest:
      var altered = request
      altered[bit / 8] ^= 1 << UInt8(bit % 8)
      _ = pump.ask(altered)
    case .none, .alterAnswer, .swapAnswer: break
    }
    guard let answer = pump.ask(request) else { return nil }
    // Who gets the answer to another question goes on waiting for his own.
    return (treat(answer, trick, bit), trick == .swapAnswer)
  }

  private func treat(_ answer: [UInt8], _ trick: Trick, _ bit: Int) -> [UInt8] {
    let old = memory.withLock { memory in
      memory.answers.append(answer)
      return memory.random.pick(memory.answers)
    }
    if trick == .swapAnswer { return old }
    guard trick == .alterAnswer else { return answer }
    var altered = answer
    // Behind the head, so that it still is a frame.
    altered[16 + bit / 8 % (answer.count - 16)] ^= 1 << UInt8(bit % 8)
    return altered
  }
}
