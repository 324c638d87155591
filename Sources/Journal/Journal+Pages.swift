public import DosingCore
internal import GRDB

// A journal that belongs to a pump that runs is read by asking the pump for pages of it.

extension Journal {
  /// Events that are looked through for one answer, so that no question takes long.
  static let searchedAtOnce: Int64 = 4_096

  /// The page that somebody asked for: of what is durable now.
  public func page(_ asked: AskRecordsBody) throws(JournalError) -> RecordsBody {
    do {
      return try database.read { database in
        switch asked.topic {
        case .head:
          if asked.offset == 0 || headToldOf.isEmpty {
            var head = try JournalHead(database)
            headToldOf = try bytes { head.layout(&$0) }
          }
          return RecordsBody(headToldOf, from: asked.offset, mark: Self.mark(headToldOf))
        case .document:
          guard var row = try Self.storedDocument(asked.digest.array, database) else {
            return RecordsBody()
          }
          return RecordsBody(try bytes { row.layout(&$0) }, from: asked.offset, mark: 0)
        case .newestEvent:
          var found = try search(asked, database)
          return RecordsBody(try bytes { found.layout(&$0) }, from: asked.offset, mark: 0)
        case .events: return try events(asked, database)
        }
      }
    } catch {
      throw JournalError(error)
    }
  }

  private static func mark(_ bytes: [UInt8]) -> UInt64 {
    sha256(of: bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func events(_ asked: AskRecordsBody, _ database: Database) throws -> RecordsBody {
    var page = RecordsBody()
    var skipped = Int(asked.offset)
    let kinds = Self.kinds(asked.kinds)
    let begin = asked.event
    let end = kinds.isEmpty ? Int64.max : try endOfSearch(after: begin, database)
    // One after the other, since a page may be full after the first.
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT * FROM events WHERE id > ? AND id <= ? AND \(Self.isOne(of: kinds, orAnyOf: true))
        ORDER BY id
        """, arguments: [begin, end])
    while page.count < RecordsBody.capacity, let row = try rows.next() {
      var event = EventRow(row)
      if page.mark == 0 { page.mark = UInt64(clamping: event.id) }
      let whole = try bytes { event.layout(&$0) }
      page.append(whole.dropFirst(skipped))
      skipped = 0
    }
    if page.count == 0 { page.mark = UInt64(clamping: max(asked.event, min(end, chain.newest))) }
    return page
  }

  private func search(_ asked: AskRecordsBody, _ database: Database) throws -> SearchResult {
    let top = min(asked.event, chain.newest)
    let kinds = Self.kinds(asked.kinds)
    let hasIndex = kinds.count == 1 && Schema.indexedKinds.contains(UInt8(kinds[0]))
    let bottom = hasIndex ? 0 : try endOfSearch(downFrom: top, database)
    let wanted = min(asked.later, Self.searchedAtOnce - 1) + 1
    let found = try Int64.fetchAll(
      database,
      sql: """
        SELECT id FROM events WHERE \(Self.isOne(of: kinds)) AND id > ? AND id <= ?
        ORDER BY id DESC LIMIT ?
        """, arguments: [bottom, top, wanted])
    let count = Int64(found.count)
    if count == wanted, asked.later < wanted, let last = found.last {
      return SearchResult(found: last)
    }
    // All of these kinds down to there were passed over.
    let below = count == wanted ? (found.last ?? 1) - 1 : bottom
    return SearchResult(left: max(0, below), later: asked.later - count)
  }

  /// The last event that is looked at; the greatest number of all where all are.
  private func endOfSearch(after id: Int64, _ database: Database) throws -> Int64 {
    try Int64.fetchOne(
      database, sql: "SELECT id FROM events WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?",
      arguments: [id, Self.searchedAtOnce - 1]) ?? .max
  }

  /// The event below the last one that is looked at backwards; 0 where all are.
  private func endOfSearch(downFrom id: Int64, _ database: Database) throws -> Int64 {
    try Int64.fetchOne(
      database, sql: "SELECT id FROM events WHERE id <= ? ORDER BY id DESC LIMIT 1 OFFSET ?",
      arguments: [id, Self.searchedAtOnce]) ?? 0
  }

  private static func kinds(_ bits: UInt64) -> [Int] {
    (0..<64).filter { bits >> UInt64($0) & 1 == 1 }
  }

  /// A condition of SQL.
  ///
  /// - Parameter orAnyOf: no kinds stand for all.
  static func isOne(of kinds: [Int], orAnyOf isAnyOfNone: Bool = false) -> String {
    if kinds.isEmpty, isAnyOfNone { return "true" }
    // The indices hold one kind each.
    return kinds.count == 1
      ? "kind = \(kinds[0])" : "kind IN (\(kinds.map { "\($0)" }.joined(separator: ", ")))"
  }
}

/// What came of a search backwards, as far as it went.
struct SearchResult: Equatable {
  /// The event; 0 for none yet.
  var found: Int64 = 0
  /// The newest event that was not looked at; 0 where all were.
  var left: Int64 = 0
  /// How many of these kinds are still to be passed over.
  var later: Int64 = 0

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&found)
    coder.field(&left)
    coder.field(&later)
  }
}

private func bytes(_ layout: (inout ByteWriter) -> Void) throws -> [UInt8] {
  var writer = ByteWriter()
  layout(&writer)
  if writer.failed { throw JournalError.damaged("a record is longer than any can be") }
  return writer.bytes
}

extension RecordsBody {
  fileprivate init(_ whole: [UInt8], from offset: UInt32, mark: UInt64) {
    self.init()
    (self.mark, length) = (mark, UInt32(clamping: whole.count))
    append(whole.dropFirst(Int(offset)))
  }

  /// As many as have room.
  fileprivate mutating func append(_ bytes: ArraySlice<UInt8>) {
    for byte in bytes.prefix(Self.capacity - count) { append(byte) }
  }
}

extension InlineArray<32, UInt8> {
  fileprivate var array: [UInt8] { indices.map { self[$0] } }
}
