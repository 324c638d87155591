internal import Crypto
public import DosingCore

/// An Ed25519 key that signs frames: of a programmer, or of a pump.
public struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey
  public let verifying: VerifyingKey

  /// A new, random one.
  public init() { self.init(Curve25519.Signing.PrivateKey()) }

  /// Nil where these are not the 32 bytes of a key.
  public init?(secret: [UInt8]) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret) else {
      return nil
    }
    self.init(key)
  }

  private init(_ key: Curve25519.Signing.PrivateKey) {
    self.key = key
    verifying = VerifyingKey(key.publicKey)
  }

  /// 32 bytes that nobody else may see.
  public var secret: [UInt8] { [UInt8](key.rawRepresentation) }

  public var id: KeyID { verifying.id }

  /// Signs a whole frame. Nil where there is no signature, which is a defect of the library.
  public func signed(_ frame: FrameWriter) -> FrameWriter? {
    let signed = (0..<frame.signedCount).map { frame.bytes[$0] }
    guard let signature = signature(of: signed) else { return nil }
    var frame = frame
    frame.sign(signature)
    return frame
  }

  /// Nil where there is no signature, which is a defect of the library.
  func signature(of bytes: [UInt8]) -> [UInt8]? {
    (try? key.signature(for: bytes)).map { [UInt8]($0) }
  }
}

/// The public half of a key.
public struct VerifyingKey: Sendable {
  private let key: Curve25519.Signing.PublicKey
  public let id: KeyID

  /// Nil where these bytes are not a key that somebody can have made: see `CurvePoint`.
  public init?(bytes: InlineArray<32, UInt8>) {
    guard CurvePoint.isSound(bytes),
      let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes.array)
    else {
      return nil
    }
    self.init(key)
  }

  fileprivate init(_ key: Curve25519.Signing.PublicKey) {
    self.key = key
    id = KeyID(Self.head(SHA256.hash(data: [UInt8](key.rawRepresentation)), at: 0))
  }

  public var bytes: InlineArray<32, UInt8> {
    guard let bytes = InlineArray<32, UInt8>([UInt8](key.rawRepresentation)) else {
      preconditionFailure("an Ed25519 key has 32 bytes")
    }
    return bytes
  }

  /// Whether it signed the frame, every byte of it.
  public func signed(_ frame: Span<UInt8>, _ seal: Seal) -> Bool {
    let bytes = (0..<(frame.count - Seal.signatureLength)).map { frame[$0] }
    return signed(bytes, seal.signature.array)
  }

  /// Whether it signed these bytes.
  public func signed(_ bytes: [UInt8], _ signature: [UInt8]) -> Bool {
    key.isValidSignature(signature, for: bytes)
  }

  fileprivate static func head(_ digest: some Sequence<UInt8>, at offset: Int) -> UInt64 {
    digest.dropFirst(offset).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension Challenge {
  /// What binds an answer to its question: the head of the SHA-256 of the whole frame.
  init(digestOf frame: Span<UInt8>) {
    let digest = SHA256.hash(data: frame.indices.map { frame[$0] })
    self.init(
      nonce: VerifyingKey.head(digest, at: 0), session: VerifyingKey.head(digest, at: 8))
  }
}
