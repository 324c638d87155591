public import DosingCore

/// The head of the chain of events, as the key of a pump vouches for it.
///
/// Whoever has the hash has every event up to it: none can be altered, left out or put in without another
/// hash, which the signature does not fit. It stands behind the events that it speaks of.
public struct SignedHead: Equatable, Sendable {
  /// The newest event before it, and its hash.
  public var event: Int64 = 0
  public var hash: [UInt8] = []
  /// The events that there are, up to that one.
  public var count: Int64 = 0
  /// The newest event that was forgotten, and its hash: where the chain begins.
  public var forgotten: Int64 = 0
  public var forgottenHash: [UInt8] = []
  /// SHA-256 of what is known of the events that were kept of those: see `Archives`.
  public var archives: [UInt8] = []
  /// The engine ended in order, and this is its last word.
  public var isEnd = false
  public var serial: [UInt8] = []
  public var lineage: [UInt8] = []
  /// Whose signature it is.
  public var key = KeyID(0)
  /// Ed25519; empty where there is none.
  public var signature: [UInt8] = []

  public init() {}

  /// Of the chain as it is now.
  init(_ chain: Chain, serial: String, lineage: [UInt8]) {
    (event, hash) = (chain.newest, chain.newestHash)
    (forgotten, forgottenHash) = (chain.forgotten, chain.forgottenHash)
    (archives, count) = (chain.archives.digest, chain.count)
    (self.serial, self.lineage) = (Array(serial.utf8), lineage)
  }

  /// What is signed: begins as no frame does, and holds the time of the entry too.
  func signedBytes(in entry: Entry) -> [UInt8] {
    var (writer, head) = (ByteWriter(), self)
    head.layoutSigned(&writer)
    return Array("ITBHEAD1".utf8) + bytes(of: [entry.tick, entry.utc, entry.monotonic])
      + writer.bytes
  }

  /// Visits every field, to write it or to read it.
  mutating func layout(_ coder: inout some FrameCoder) {
    layoutSigned(&coder)
    coder.field(bytes: &signature, atMost: 64)
  }

  private mutating func layoutSigned(_ coder: inout some FrameCoder) {
    coder.field(magnitude: &event)
    coder.field(bytes: &hash, atMost: 32)
    coder.field(magnitude: &count)
    coder.field(magnitude: &forgotten)
    coder.field(bytes: &forgottenHash, atMost: 32)
    coder.field(bytes: &archives, atMost: 32)
    coder.field(&isEnd)
    coder.field(bytes: &serial, atMost: 64)
    coder.field(bytes: &lineage, atMost: 16)
    coder.field(&key.raw)
  }
}

/// Signs heads of the chain with the key of a pump.
public struct HeadSigner: Sendable {
  let key: KeyID
  /// Nil where there is no signature, which is a defect of the library.
  let signature: @Sendable (_ of: [UInt8]) -> [UInt8]?

  public init(key: KeyID, signature: @escaping @Sendable (_ of: [UInt8]) -> [UInt8]?) {
    (self.key, self.signature) = (key, signature)
  }

  /// - Parameter entry: in which it will stand.
  func signed(_ head: SignedHead, in entry: Entry) -> SignedHead {
    var head = head
    head.key = key
    head.signature = signature(head.signedBytes(in: entry)) ?? []
    return head
  }
}

/// What a commit signs, where it does.
public struct Signing: Sendable {
  let signer: HeadSigner
  /// Its time is that of the signature.
  let entry: Entry
  /// Even where nothing is forgotten.
  let isDue: Bool
  let isEnd: Bool

  /// - Parameter at: an entry of the time of the signature; what it says does not count.
  public init(_ signer: HeadSigner, at entry: Entry, isDue: Bool, isEnd: Bool) {
    (self.signer, self.entry, self.isDue, self.isEnd) = (signer, entry, isDue, isEnd)
  }

  func entry(_ chain: Chain, serial: String, lineage: [UInt8]) -> Entry {
    var (head, entry) = (SignedHead(chain, serial: serial, lineage: lineage), entry)
    head.isEnd = isEnd
    entry.content = .signed(signer.signed(head, in: entry))
    return entry
  }
}
