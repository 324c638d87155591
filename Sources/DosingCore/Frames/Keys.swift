/// Names a key: the first 8 bytes of the SHA-256 of the public key, as a little-endian number.
public struct KeyID: Hashable, Sendable, BitwiseCopyable {
  public var raw: UInt64

  public init(_ raw: UInt64) { self.raw = raw }
}

/// What the holder of a key may ask for: see the table of `FrameKind.permission` in the programmer link.
public enum Role: UInt8, Sendable, BitwiseCopyable {
  case clinician = 1
  case patient = 2
  case technician = 3
}

/// A programmer's key as the pump remembers it. A key that was revoked stays, so that it cannot come
/// back.
public struct KeyRecord: Sendable, BitwiseCopyable {
  /// As many as one frame holds, with room to spare.
  public static let countMax = 32

  public var id: KeyID
  public var role: Role
  public var name: Label
  /// Ed25519, RFC 8032.
  public var publicKey: InlineArray<32, UInt8>
  /// Of the newest command of this key; 0 for none.
  public var newestNumber: Int64
  public var isRevoked: Bool

  public init(
    id: KeyID, role: Role, name: Label, publicKey: InlineArray<32, UInt8>, newestNumber: Int64 = 0,
    isRevoked: Bool = false
  ) {
    self.id = id
    self.role = role
    self.name = name
    self.publicKey = publicKey
    self.newestNumber = newestNumber
    self.isRevoked = isRevoked
  }

  /// A key to read a frame into.
  public static var blank: KeyRecord {
    KeyRecord(
      id: KeyID(0), role: .patient, name: .none, publicKey: InlineArray(repeating: 0))
  }

  /// Visits every field, to write it down or to read it.
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("id", &id.raw)
    coder.field("role", &role)
    coder.field("name", &name)
    coder.field("public_key", &publicKey)
    coder.field("newest_number", magnitude: &newestNumber)
    coder.field("is_revoked", &isRevoked)
  }
}

/// Who stopped the pump; decides who may resume it.
public enum StopOrigin: UInt8, Sendable, BitwiseCopyable {
  /// It is not stopped by command.
  case none = 0
  /// By a key, or nobody knows.
  case signed = 1
  case unsigned = 2
}

/// Body of `FrameKind.keys`.
public struct KeysBody: FrameBody, Sendable {
  /// Of the pump itself: what its answers are held against.
  public var pumpKey = InlineArray<32, UInt8>(repeating: 0)
  private var records = InlineArray<32, KeyRecord>(repeating: .blank)
  public private(set) var count = 0

  public init() {}

  public subscript(index: Int) -> KeyRecord { records[index] }

  /// - Precondition: fewer than `KeyRecord.countMax` are there.
  public mutating func append(_ record: KeyRecord) {
    records[count] = record
    count += 1
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("pump_key", &pumpKey)
    coder.begin("keys", .list(countBytes: 1, atMost: KeyRecord.countMax))
    coder.field(count: &count, atMost: KeyRecord.countMax)
    for index in 0..<count { records[index].layout(&coder) }
    coder.end()
  }
}

/// Body of `FrameKind.enroll`.
public struct EnrollBody: FrameBody, Sendable {
  public var role: Role
  public var name: Label
  public var publicKey: InlineArray<32, UInt8>

  public init(
    role: Role = .patient, name: Label = .none,
    publicKey: InlineArray<32, UInt8> = InlineArray(repeating: 0)
  ) {
    self.role = role
    self.name = name
    self.publicKey = publicKey
  }

  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("role", &role)
    coder.field("name", &name)
    coder.field("public_key", &publicKey)
  }
}

/// Body of `FrameKind.revoke`.
public struct RevokeBody: FrameBody, Sendable {
  public var key: KeyID

  public init(key: KeyID = KeyID(0)) { self.key = key }

  public mutating func layout(_ coder: inout some FrameCoder) { coder.field("key", &key.raw) }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension Role: CaseIterable {}
#endif
