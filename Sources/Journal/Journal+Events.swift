internal import GRDB

extension Journal {
  /// The newest event of those that were pushed out, of which only some are kept; 0 for none. Behind it all
  /// are there.
  public var newestForgotten: Int64 { chain.forgotten }

  /// Events with a number above `id`, in order, until `visit` returns false. Memory does not grow with
  /// their number, and a pump that writes meanwhile is not held up.
  public func forEachEntry(
    after id: Int64 = 0, _ visit: (_ id: Int64, _ entry: Entry) throws -> Bool
  ) throws {
    var last = id
    while true {
      let entries = try entries(after: last, atMost: 1_000)
      for numbered in entries where try !visit(numbered.id, numbered.entry) { return }
      guard let newest = entries.last else { return }
      last = newest.id
    }
  }

  /// Events with a number above `id`, in order, at most `count` of them.
  public func entries(
    after id: Int64, atMost count: Int
  ) throws(JournalError) -> [NumberedEntry] {
    var entries: [NumberedEntry] = []
    for row in try rows(after: id, atMost: count).rows { entries.append(try row.numbered) }
    return entries
  }

  /// The same as they stand there.
  ///
  /// - Parameter kinds: empty for all.
  public func rows(
    after id: Int64, of kinds: Set<UInt8> = [], atMost count: Int
  ) throws(JournalError) -> EventRows {
    let wanted = Self.isOne(of: kinds.map(Int.init).sorted(), orAnyOf: true)
    do {
      return try database.read { database in
        let rows = try Row.fetchAll(
          database,
          sql: "SELECT * FROM events WHERE id > ? AND \(wanted) ORDER BY id LIMIT ?",
          arguments: [id, count]
        ).map { EventRow($0) }
        let end = try Int64.fetchOne(database, sql: "SELECT max(id) FROM events") ?? 0
        return EventRows(rows: rows, last: rows.count == count ? rows[count - 1].id : max(id, end))
      }
    } catch {
      throw JournalError(error)
    }
  }

  /// The number of the event of some kinds that has `later` newer ones of these kinds; nil where there
  /// are not so many.
  ///
  /// - Parameter last: newer events than this one do not count.
  public func newestEvent(
    of kinds: [UInt8], before later: Int64 = 0, upTo last: Int64 = .max
  ) throws(JournalError) -> Int64? {
    do {
      return try database.read { database in
        try Int64.fetchOne(
          database,
          sql: """
            SELECT id FROM events WHERE \(Self.isOne(of: kinds.map(Int.init))) AND id <= ?
            ORDER BY id DESC LIMIT 1 OFFSET ?
            """, arguments: [last, later])
      }
    } catch {
      throw JournalError(error)
    }
  }

  /// The record of the rig that was committed last for a start to come; nil for none.
  public func newestRig() throws(JournalError) -> [UInt8]? {
    let kind = Entry.Content.rigCommitted([]).kind
    guard let id = try newestEvent(of: [kind]),
      case .rigCommitted(let record)? = try entries(after: id - 1, atMost: 1).first?.entry.content
    else { return nil }
    return record
  }

  /// See `JournalHead`.
  public func head() throws(JournalError) -> JournalHead {
    do {
      return try database.read { try JournalHead($0) }
    } catch {
      throw JournalError(error)
    }
  }

  /// Looks at every link of the chain, and at its signatures where a key is given.
  public func verify(
    _ verifier: HeadVerifier? = nil
  ) throws(JournalError) -> ChainReport {
    do {
      return try database.read { try Self.verify($0, verifier) }
    } catch {
      throw JournalError(error)
    }
  }

  private static func verify(
    _ database: Database, _ verifier: HeadVerifier?
  ) throws -> ChainReport {
    let head = try JournalHead(database)
    var walk = ChainWalk(head, verifier)
    let rows = try Row.fetchCursor(database, sql: "SELECT * FROM events ORDER BY id")
    while let row = try rows.next() {
      if walk.last == head.newest { return walk.end(hasMore: true) }
      walk.take(EventRow(row))
    }
    return walk.end(hasMore: false)
  }
}
