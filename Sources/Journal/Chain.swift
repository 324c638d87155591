internal import Crypto
internal import GRDB

/// The hash chain of the events: each hash covers the one before it, so that nothing can be changed,
/// left out or put in without breaking it.
struct Chain {
  /// The newest event that was forgotten, and its hash: what the chain begins with.
  var forgotten: Int64 = 0
  var forgottenHash = Chain.origin
  /// The newest event.
  var newest: Int64 = 0
  var newestHash = Chain.origin
  /// What was kept of the forgotten.
  var archives = Archives()

  init() {}

  /// Events that there are.
  var count: Int64 { newest - forgotten + archives.count }

  /// Nil where the journal does not say where its chain begins.
  init?(_ database: Database) throws {
    guard let begin = try Row.fetchOne(database, sql: "SELECT * FROM chain") else { return nil }
    forgotten = begin["forgotten"]
    forgottenHash = begin.bytes("forgotten_hash")
    // A journal that can only be read may be of an older schema.
    guard let kept = Archives(bytes: begin.hasColumn("archives") ? begin.bytes("archives") : [])
    else { return nil }
    archives = kept
    let end = try Row.fetchOne(database, sql: "SELECT newest_event, newest_hash FROM state")
    // Before the first commit there is none yet.
    newest = end?["newest_event"] ?? forgotten
    newestHash = end?.bytes("newest_hash") ?? forgottenHash
  }

  static let origin = [UInt8](repeating: 0, count: 32)

  /// The hash of an event that follows on another.
  static func hash(
    _ entry: Entry, id: Int64, kind: UInt8, layout: UInt16, body: [UInt8], after: [UInt8]
  ) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: after)
    // The first layout had no number.
    let kind = Int64(kind) | (layout > 1 ? Int64(layout) << 8 : 0)
    hash.update(data: bytes(of: [id, entry.tick, entry.utc, entry.monotonic, kind]))
    hash.update(data: body)
    return Array(hash.finalize())
  }
}

/// The newest rig and the newest prescription with their digests, which every commit names.
struct KnownDocuments {
  private var digests: [(body: [UInt8], digest: [UInt8])] = []

  func contains(_ body: [UInt8]) -> Bool { digests.contains { $0.body == body } }

  mutating func add(_ bodies: [[UInt8]]) {
    digests += bodies.map { (body: $0, digest: sha256(of: $0)) }
    digests = digests.suffix(4)
  }

  func digest(of body: [UInt8]) -> [UInt8] {
    digests.first { $0.body == body }?.digest ?? sha256(of: body)
  }
}

/// SHA-256 of a record.
public func sha256(of bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
