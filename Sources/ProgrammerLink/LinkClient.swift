public import DosingCore
internal import Glibc

/// A programmer's end of the link: one request, one answer.
public struct LinkClient: ~Copyable {
  /// What the pump said.
  public enum Reply: Sendable {
    case status(Status)
    case answer(AnswerBody)
    case findings(Findings)
    case rejected(FrameFault)
  }

  /// How long an answer may take. The pump itself gives up on its tick thread after one second.
  public static let answerSecondsMax = 5

  private let socket: UnixSocket
  private var number: UInt32 = 0
  private var buffer = MessageBuffer()

  public init(path: String) throws(LinkError) {
    let socket = try UnixSocket()
    var patience = timeval(tv_sec: Self.answerSecondsMax, tv_usec: 0)
    _ = unsafe setsockopt(
      socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
      socklen_t(MemoryLayout<timeval>.size))
    try socket.connect(to: path)
    self.socket = socket
  }

  /// Sends a request and waits for its answer.
  public mutating func ask(_ kind: FrameKind, _ body: some FrameBody) throws(LinkError) -> Reply {
    number &+= 1
    // A pump that refuses the connection says so before it hears anything, so a failure to send is
    // told only where nothing can be received.
    let sent = UnixSocket.send(
      writeFrame(kind, number: number, body: body), to: socket.descriptor)
    while true {
      guard case .message(let length) = buffer.receive(from: socket.descriptor, wait: true) else {
        throw sent ? .noAnswer : .system(call: "send", errno: EPIPE)
      }
      guard length <= buffer.bytes.count else { throw .badAnswer }
      let (answered, reply) = try received(length)
      // An answer that comes after its time belongs to nobody; a rejection may bear no number.
      if answered == number || answered == 0 { return reply }
    }
  }

  private func received(_ length: Int) throws(LinkError) -> (number: UInt32, reply: Reply) {
    let frame = buffer.bytes.span.extracting(first: length)
    do {
      return (try FrameHeader.read(frame).number, try Self.read(frame))
    } catch {
      throw .badAnswer
    }
  }

  private static func read(_ frame: Span<UInt8>) throws(FrameFault) -> Reply {
    switch try FrameHeader.read(frame).kind {
    case .status:
      var status = Status(serial: .none)
      try readBody(frame, into: &status)
      return .status(status)
    case .answer:
      var answer = AnswerBody()
      try readBody(frame, into: &answer)
      return .answer(answer)
    case .findings:
      var findings = Findings()
      try readBody(frame, into: &findings)
      return .findings(findings)
    case .rejected:
      var rejected = RejectedBody()
      try readBody(frame, into: &rejected)
      return .rejected(rejected.fault)
    case .askStatus, .program, .bolus, .patientBolus, .stop, .resume, .acknowledge, .new:
      throw .unknownKind
    }
  }
}
