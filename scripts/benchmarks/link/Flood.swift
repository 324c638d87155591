internal import DosingCore
internal import Foundation
internal import Glibc
internal import Quantities
internal import RawLink
internal import Synchronization

/// One kind of message, over and over, as fast as a pump takes it; and beside it a connection by which a person
/// stops the pump and resumes it, so that each stop is one that the engine decides.
final class Flood: Sendable {
  enum Kind: String, CaseIterable {
    /// Bytes that are no frame.
    case frames
    /// Orders that their sender may not give.
    case orders
    case stops
    case statuses
    /// Questions of which the answers are never read.
    case readers
    /// Connections that say nothing and go.
    case connections
  }

  static let messages = 20_000
  private static let connectionsAtOnce = 64

  private let path: String
  private let kind: Kind
  private let isOver = Atomic(false)

  init(socket path: String, kind: Kind) { (self.path, self.kind) = (path, kind) }

  /// Prints how many messages were sent, in how many s, and of how many stops beside them the slowest was
  /// answered after how many ms.
  func run() throws {
    let person = try RawClient(path: path)
    let start = Date()
    let flood = Thread { [self] in
      send()
      isOver.store(true, ordering: .releasing)
    }
    flood.start()
    var (stops, slowest) = (0, 0.0)
    while !isOver.load(ordering: .acquiring) || stops == 0 {
      usleep(100_000)
      let asked = Date()
      guard person.ask(Self.frame(.stop)) != nil else { exit(69) }
      slowest = max(slowest, Date().timeIntervalSince(asked))
      stops += 1
      guard person.ask(Self.frame(.resume)) != nil else { exit(69) }
    }
    let seconds = Date().timeIntervalSince(start)
    print(String(format: "%d %.1f %d %.1f", Self.messages, seconds, stops, slowest * 1_000))
  }

  private static func frame(_ kind: FrameKind) -> [UInt8] {
    writeFrame(kind, number: 1, body: EmptyBody()).array
  }

  private func send() {
    switch kind {
    case .frames: ask((0..<64).map { UInt8($0 * 37 % 251) })
    case .orders:
      let bolus = BolusBody(dose: Mass(nanograms: 1_000), duration: .minutes(1))
      ask(writeFrame(.bolus, number: 1, body: bolus).array)
    case .stops: ask(Self.frame(.stop))
    case .statuses: ask(Self.frame(.askStatus))
    case .readers: ask(Self.frame(.askStatus), reads: false)
    case .connections: for _ in 0..<Self.messages { _ = try? RawClient(path: path) }
    }
  }

  /// Whoever is dropped comes back.
  private func ask(_ message: [UInt8], reads: Bool = true) {
    var clients = (0..<Self.connectionsAtOnce).map { _ in try? RawClient(path: path) }
    var sent = 0
    while sent < Self.messages {
      for index in clients.indices {
        if clients[index]?.send(message) == true {
          sent += 1
        } else {
          clients[index] = try? RawClient(path: path)
        }
      }
      guard reads else { continue }
      for client in clients { _ = client?.receive() }
    }
  }
}
