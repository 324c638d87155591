public import DosingCore
internal import Glibc

/// A programmer's end of the link: one question, one answer.
public struct LinkClient: ~Copyable {
  /// What the pump said.
  public enum Reply: Sendable {
    case status(Status)
    case answer(AnswerBody)
    case findings(Findings)
    case proposal(ProposalBody)
    case keys(KeysBody)
    case records(RecordsBody)
    case rejected(FrameFault)
  }

  /// An answer, and what it takes to find out who gave it.
  public struct Answered: Sendable {
    public let reply: Reply
    public let seal: Seal
    /// It answers this question and no other. Says nothing about who gave it.
    let isBound: Bool
    fileprivate let frame: [UInt8]

    /// Whether the holder of the key gave this answer to this question.
    public func isFrom(_ key: VerifyingKey) -> Bool {
      isBound && seal.key == key.id && key.signed(frame.span, seal)
    }
  }

  /// How long an answer may take. The pump itself gives up on its tick thread after one second, and
  /// on its disk after three.
  public static let answerSecondsMax = 5
  /// The first answer of a pump elsewhere: somebody may have to type a password before.
  public static let firstAnswerSecondsMax = 120

  private var channel: Channel
  private var number: UInt32 = 0

  /// To a pump on this machine.
  public init(path: String) throws(LinkError) {
    let socket = try UnixSocket()
    Self.setPatience(of: socket.descriptor, seconds: Self.answerSecondsMax)
    try socket.connect(to: path)
    channel = Channel(descriptor: socket.release(), .messages)
  }

  /// To a pump elsewhere: frames one behind the other over a connected stream socket, which it owns.
  public init(stream descriptor: Int32) {
    Self.setPatience(of: descriptor, seconds: Self.firstAnswerSecondsMax)
    channel = Channel(descriptor: descriptor, .stream)
  }

  private static func setPatience(of descriptor: Int32, seconds: Int) {
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Asks without a signature.
  ///
  /// - Parameter key: whose newest number is to be in the answer; nil for nobody's.
  public mutating func ask(
    _ kind: FrameKind, _ body: some FrameBody = EmptyBody(), as key: KeyID? = nil
  ) throws(LinkError) -> Answered {
    var seal = Seal()
    seal.key = key ?? KeyID(0)
    seal.number = Int64.random(in: 0...Int64.max)
    number &+= 1
    return try exchange(writeFrame(kind, number: number, body: body, seal: seal))
  }

  /// Asks with a signature.
  ///
  /// - Parameter seal: all but the signature.
  public mutating func ask(
    _ kind: FrameKind, _ body: some FrameBody, _ seal: Seal, signedBy key: SigningKey
  ) throws(LinkError) -> Answered {
    number &+= 1
    let frame = writeFrame(kind, number: number, body: body, seal: seal)
    guard let signed = key.signed(frame) else { throw .cannotSign }
    return try exchange(signed)
  }

  private mutating func exchange(_ question: FrameWriter) throws(LinkError) -> Answered {
    // A pump that refuses the connection says so before it hears anything, so a failure to send is
    // told only where nothing can be received.
    let sent = channel.send(question)
    while true {
      guard let frame = try channel.receive() else {
        throw sent ? .noAnswer : .system(call: "send", errno: EPIPE)
      }
      let (answered, number) = try Self.read(
        frame, to: question.bytes.span.extracting(first: question.count))
      // An answer that comes after its time belongs to nobody; a rejection may bear no number.
      if number == self.number || number == 0 {
        Self.setPatience(of: channel.descriptor, seconds: Self.answerSecondsMax)
        return answered
      }
    }
  }

  private static func read(
    _ frame: [UInt8], to question: Span<UInt8>
  ) throws(LinkError) -> (Answered, number: UInt32) {
    do {
      let header = try FrameHeader.read(frame.span)
      let (asked, seal) = (try Seal.read(question), try Seal.read(frame.span))
      let isBound = seal.number == asked.number && seal.challenge == Challenge(digestOf: question)
      let answered = Answered(
        reply: try reply(header, frame.span), seal: seal, isBound: isBound, frame: frame)
      return (answered, header.number)
    } catch {
      throw .badAnswer
    }
  }

  private static func reply(
    _ header: FrameHeader, _ frame: Span<UInt8>
  ) throws(FrameFault) -> Reply {
    func body<Body: FrameBody>(_ blank: Body) throws(FrameFault) -> Body {
      var body = blank
      try readBody(frame, into: &body)
      return body
    }
    switch header.kind {
    case .status: return .status(try body(Status(serial: .none)))
    case .answer: return .answer(try body(AnswerBody()))
    case .findings: return .findings(try body(Findings()))
    case .proposal: return .proposal(try body(ProposalBody()))
    case .keys: return .keys(try body(KeysBody()))
    case .records: return .records(try body(RecordsBody()))
    case .rejected: return .rejected(try body(RejectedBody()).fault)
    default: throw .unknownKind
    }
  }
}
