import DosingCore
import Glibc
import ProgrammerLink
import Quantities
import RawLink
import Synchronization
import Testing

/// Answers a status at once and a stop when it is told to; counts what reaches it.
final class TestDesk: LinkAnswering, @unchecked Sendable {
  /// Touched by the server's thread alone.
  private var owed: [(client: ClientID, number: UInt32)] = []
  private let ending = Atomic<Bool>(false)
  private let holding = Atomic<Bool>(false)
  private let asked = Atomic<Int>(0)

  static let serial = "BP-0042"

  var endAsked: Bool { ending.load(ordering: .acquiring) }
  func end() { ending.store(true, ordering: .releasing) }

  /// While it holds, no stop is answered.
  func hold(_ on: Bool) { holding.store(on, ordering: .releasing) }

  /// Frames that were good enough to be looked into.
  var framesAsked: Int { asked.load(ordering: .acquiring) }

  func admits(_ peer: Peer) -> Bool { true }

  private let refused = Mutex<[FrameFault]>([])

  /// What messages were that were no frames.
  var faults: [FrameFault] { refused.withLock { $0 } }

  func isRefused(_ fault: FrameFault, from peer: Peer) { refused.withLock { $0.append(fault) } }

  func answer(
    _ header: FrameHeader, _ frame: Span<UInt8>, from sender: LinkSender
  ) -> FrameWriter? {
    asked.wrappingAdd(1, ordering: .acquiringAndReleasing)
    do {
      var nothing = EmptyBody()
      try readBody(frame, into: &nothing)
    } catch {
      return LinkServer.rejection(error, number: header.number)
    }
    switch header.kind {
    case .askStatus: return status(header.number, from: sender.peer)
    case .resume: return nonsense()
    case .stop:
      owed.append((sender.client, header.number))
      return nil
    default: return LinkServer.rejection(.notPermitted, number: header.number)
    }
  }

  private func status(_ number: UInt32, from peer: Peer) -> FrameWriter {
    var status = Status(serial: Label(utf8: Self.serial.utf8) ?? .none)
    status.steps = Int64(number)
    status.health.ticks = Int64(peer.process)
    return writeFrame(.status, number: number, body: status)
  }

  /// Nothing that a pump would say.
  private func nonsense() -> FrameWriter {
    var writer = FrameWriter()
    for _ in 0..<40 {
      var byte: UInt8 = 0x2a
      writer.field(&byte)
    }
    return writer
  }

  func takeFinished() -> (client: ClientID, frame: FrameWriter)? {
    guard !holding.load(ordering: .acquiring), let first = owed.first else { return nil }
    owed.removeFirst()
    return (first.client, writeFrame(.answer, number: first.number, body: AnswerBody()))
  }
}

/// A server that runs in a thread of its own until it is freed.
@safe final class TestServer {
  let path: String
  let desk = TestDesk()
  private var thread = pthread_t()

  private static let count = Atomic<Int>(0)

  static func newPath() -> String {
    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
    return "/tmp/programmer-link-\(getpid())-\(number).sock"
  }

  init(path: String = TestServer.newPath()) throws {
    self.path = path
    let box = Box(server: try LinkServer(path: path), desk: desk)
    let argument = unsafe Unmanaged.passRetained(box).toOpaque()
    let failed = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, argument)
    #expect(failed == 0)
  }

  deinit {
    desk.end()
    _ = pthread_join(thread, nil)
  }

  private final class Box {
    private var server: LinkServer
    private let desk: TestDesk

    init(server: consuming LinkServer, desk: TestDesk) {
      self.server = server
      self.desk = desk
    }

    func run() { server.run(desk) }
  }

  /// Whether somebody new gets a status.
  func isServing() throws -> Bool {
    var client = try LinkClient(path: path)
    guard case .status(let status) = try client.ask(.askStatus).reply else { return false }
    return status.serial == Label(utf8: TestDesk.serial.utf8)
  }
}

extension RawClient {
  /// Sends a good question and reads its answer.
  func askStatus(number: UInt32 = 7) -> Bool {
    guard send(askStatusFrame(number: number)), let answer = receive() else { return false }
    return kind(of: answer) == .status && header(of: answer)?.number == number
  }

  /// Sends bytes and says which fault the pump found in them.
  func fault(for bytes: [UInt8]) -> FrameFault? {
    guard send(bytes), let answer = receive() else { return nil }
    return ProgrammerLinkTests.fault(in: answer)
  }
}

/// What a rejecting frame says; nil for any other.
func fault(in frame: [UInt8]) -> FrameFault? {
  guard kind(of: frame) == .rejected else { return nil }
  var body = RejectedBody()
  guard (try? readBody(frame.span, into: &body)) != nil else { return nil }
  return body.fault
}

func header(of frame: [UInt8]) -> FrameHeader? { try? FrameHeader.read(frame.span) }

func kind(of frame: [UInt8]) -> FrameKind? { header(of: frame)?.kind }

func askStatusFrame(number: UInt32 = 7) -> [UInt8] {
  writeFrame(.askStatus, number: number, body: EmptyBody()).array
}

extension [UInt8] {
  /// The same bytes with some of them replaced.
  func replacing(at offset: Int, with new: [UInt8]) -> [UInt8] {
    var copy = self
    for (index, byte) in new.enumerated() { copy[offset + index] = byte }
    return copy
  }
}
