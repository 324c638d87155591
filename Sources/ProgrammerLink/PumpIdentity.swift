public import DosingCore

/// What has to be known of a question to answer it, however late.
public struct Question: Sendable {
  let number: UInt32
  let sealNumber: Int64
  let digest: Challenge

  public init(_ header: FrameHeader, _ frame: Span<UInt8>) {
    number = header.number
    sealNumber = (try? Seal.read(frame).number) ?? 0
    digest = Challenge(digestOf: frame)
  }
}

/// Who a pump is to its programmers: its serial, and the key with which it signs its answers.
public struct PumpIdentity: Sendable {
  private let serial: Label
  private let key: SigningKey

  public init(serial: Label, key: SigningKey) {
    self.serial = serial
    self.key = key
  }

  public var verifying: VerifyingKey { key.verifying }

  public var id: KeyID { key.id }

  /// Signs what is no frame; nil where there is no signature, which is a defect of the library.
  ///
  /// - Precondition: the bytes do not begin as a frame does.
  public func signature(of bytes: [UInt8]) -> [UInt8]? { key.signature(of: bytes) }

  /// A signed answer to one question and to no other.
  public func answer(
    _ question: Question, _ kind: FrameKind, _ body: some FrameBody
  ) -> FrameWriter {
    var seal = Seal()
    seal.serial = serial
    seal.key = key.id
    seal.number = question.sealNumber
    seal.challenge = question.digest
    let frame = writeFrame(kind, number: question.number, body: body, seal: seal)
    // Unsigned an answer is worth nothing to its asker, and harms nobody.
    return key.signed(frame) ?? frame
  }
}
