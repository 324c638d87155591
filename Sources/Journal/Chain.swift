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

  init() {}

  /// Nil where the journal does not say where its chain begins.
  init?(_ database: Database) throws {
    guard let begin = try Row.fetchOne(database, sql: "SELECT * FROM chain") else { return nil }
    forgotten = begin["forgotten"]
    forgottenHash = begin.bytes("forgotten_hash")
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

/// A walk along the whole chain, link by link.
public struct ChainWalk {
  private let ends: Chain
  private var hash: [UInt8]
  private var report = ChainReport()
  /// The newest event that was walked over.
  public private(set) var id: Int64

  /// - Parameter head: says where the chain begins, and where it ends.
  public init(_ head: JournalHead) {
    ends = head.chain
    (id, hash) = (ends.forgotten, ends.forgottenHash)
    report.first = id + 1
  }

  /// The next event of the chain. Returns whether all up to it are linked.
  @discardableResult
  public mutating func take(_ row: EventRow) -> Bool {
    guard report.firstBroken == nil else { return false }
    id += 1
    hash = row.hash(after: hash)
    if row.id == id, hash == row.hash {
      report.events += 1
    } else {
      report.firstBroken = id
    }
    return report.firstBroken == nil
  }

  /// What was found, behind the newest event.
  ///
  /// - Parameter hasMore: there is one behind that which the head says is the newest.
  public func end(hasMore: Bool) -> ChainReport {
    var report = report
    if report.firstBroken == nil, hasMore || id != ends.newest || hash != ends.newestHash {
      report.firstBroken = id + 1
    }
    return report
  }
}

/// What a look at the whole chain found.
public struct ChainReport: Equatable, Sendable {
  /// Events that are linked.
  public var events: Int64 = 0
  /// The oldest event that there still is.
  public var first: Int64 = 0
  /// The first event whose link is broken; nil where none is.
  public var firstBroken: Int64?
}
