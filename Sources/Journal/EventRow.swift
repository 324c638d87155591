internal import Crypto
internal import DosingCore
internal import GRDB

/// Some events of a journal, in order.
public struct EventRows: Sendable {
  public let rows: [EventRow]
  /// All of the kinds that were asked for are known up to this event.
  public let last: Int64
}

/// An event as it stands in the journal, whether or not this version can read what it says.
public struct EventRow: Equatable, Sendable {
  public private(set) var id: Int64 = 0
  private(set) var tick: Int64 = 0
  private(set) var utc: Int64 = 0
  private(set) var monotonic: Int64 = 0
  /// The number of its kind: see `Entry.Content.kind`.
  public private(set) var kind: UInt8 = 0
  private(set) var layout: UInt16 = 1
  private(set) var body: [UInt8] = []
  private(set) var hash: [UInt8] = []

  /// The longest body that is carried: more than any entry has.
  private static let bodyMax = 1 << 16

  init() {}

  init(_ row: Row) {
    let kind: Int64 = row["kind"]
    (id, tick) = (row["id"], row["tick"])
    (utc, monotonic) = (row["utc_ns"], row["monotonic_ns"])
    (self.kind, layout) = (UInt8(clamping: kind), row.layout)
    (body, hash) = (row.bytes("body"), row.bytes("hash"))
  }

  /// An entry, as the next event behind one with that hash.
  init(_ entry: Entry, id: Int64, after before: [UInt8]) {
    (self.id, tick, utc, monotonic) = (id, entry.tick, entry.utc, entry.monotonic)
    (kind, layout, body) = (entry.content.kind, entry.content.layout, entry.content.body)
    hash = hash(after: before)
  }

  /// Throws where it is not one of those that this version knows.
  public var numbered: NumberedEntry {
    get throws(JournalError) {
      guard let content = Entry.Content(kind: kind, layout: layout, body: body) else {
        throw .damaged("event \(id) cannot be read")
      }
      return NumberedEntry(
        id: id, entry: Entry(tick: tick, utc: utc, monotonic: monotonic, content: content))
    }
  }

  /// What it has to be linked by, behind an event with that hash.
  func hash(after before: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: before)
    // The first layout had no number.
    let kind = Int64(kind) | (layout > 1 ? Int64(layout) << 8 : 0)
    hash.update(data: bytes(of: [id, tick, utc, monotonic, kind]))
    hash.update(data: body)
    return Array(hash.finalize())
  }

  func insert(_ database: Database) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO events (id, tick, utc_ns, monotonic_ns, kind, body, hash, layout)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      id, tick, utc, monotonic, Int64(kind), body.blob, hash.blob, Int64(layout),
    ])
  }

  /// Visits every field, to send it or to read it.
  mutating func layout(_ coder: inout some FrameCoder) {
    for field in [\Self.id, \.tick, \.utc, \.monotonic] { coder.field(&self[keyPath: field]) }
    coder.field(&kind)
    coder.field(&layout)
    coder.field(bytes: &body, atMost: Self.bodyMax)
    coder.field(bytes: &hash, atMost: Self.bodyMax)
  }
}
