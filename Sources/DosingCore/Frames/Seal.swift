/// The end of every frame, 128 bytes: for which pump it is, who made it, that it is fresh, and the
/// Ed25519 signature (RFC 8032) over everything that stands before the signature.
///
/// | bytes | field | in a request | in an answer |
/// |---|---|---|---|
/// | 32 | serial | of the pump that shall obey | of the pump that answers |
/// | 8 | key | of the programmer | of the pump |
/// | 8 | number | above every earlier one of the key | that of the request |
/// | 16 | challenge | what the pump gave in its status | the head of the request's SHA-256 |
/// | 64 | signature | | |
///
/// In an unsigned request the serial is `-` and the signature is zero; the number is then any that
/// makes the request unlike others, and the key is whose newest number the asker wants to know.
public struct Seal: FrameBody, Sendable {
  public static let length = 128
  public static let signatureLength = 64

  public var serial = Label.none
  public var key = KeyID(0)
  public var number: Int64 = 0
  public var challenge = Challenge(nonce: 0, session: 0)
  public var signature = InlineArray<64, UInt8>(repeating: 0)

  public init() {}

  /// Whether anything stands in the place of the signature.
  public var isSigned: Bool {
    for index in 0..<Self.signatureLength where signature[index] != 0 { return true }
    return false
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("serial", &serial)
    coder.field("key", &key.raw)
    coder.field("number", magnitude: &number)
    coder.begin("challenge", .plain)
    challenge.layout(&coder)
    coder.end()
    coder.field("signature", &signature)
  }

  /// Of a frame whose header has been read.
  @inline(never)
  public static func read(_ frame: Span<UInt8>) throws(FrameFault) -> Seal {
    if frame.count < FrameHeader.headLength + length { throw .truncated }
    var reader = FrameReader(frame.extracting((frame.count - length)..<frame.count))
    var seal = Seal()
    seal.layout(&reader)
    if reader.failed { throw .malformedBody }
    return seal
  }
}

/// Makes a frame fresh. The pump gives one with each status, and takes it back for a minute.
public struct Challenge: Equatable, Sendable, BitwiseCopyable {
  /// Random, from the start of the pump to its end.
  public var nonce: UInt64
  /// Counts from 1 within a start.
  public var session: UInt64

  public init(nonce: UInt64, session: UInt64) {
    self.nonce = nonce
    self.session = session
  }

  /// Visits every field, to write it down or to read it.
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("nonce", &nonce)
    coder.field("session", &session)
  }
}

extension FrameWriter {
  /// How many of the bytes a signature covers.
  public var signedCount: Int { count - Seal.signatureLength }

  /// Puts the signature over the first `signedCount` bytes into its place.
  ///
  /// - Precondition: a whole frame was written.
  public mutating func sign(_ signature: some Sequence<UInt8>) {
    let end = count
    removeLast(Seal.signatureLength)
    for var byte in signature { field(&byte) }
    precondition(count == end, "an Ed25519 signature has 64 bytes")
  }
}
