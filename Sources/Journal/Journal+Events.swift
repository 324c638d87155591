internal import GRDB

extension Journal {
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
  ///
  /// Nothing is held between two calls, so that a reader whose output waits does not keep a pump that
  /// runs from cutting its write-ahead log.
  public func entries(
    after id: Int64, atMost count: Int
  ) throws(JournalError) -> [NumberedEntry] {
    do {
      return try database.read { database in
        let rows = try Row.fetchCursor(
          database, sql: "SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?",
          arguments: [id, count])
        var entries: [NumberedEntry] = []
        while let row = try rows.next() {
          guard let entry = Entry(row) else {
            throw JournalError.damaged("event \(row["id"] as Int64) cannot be read")
          }
          entries.append(NumberedEntry(id: row["id"], entry: entry))
        }
        return entries
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
    // Starts have an index; for all else the table is read backwards.
    let wanted =
      kinds == [1]
      ? "kind = 1" : "kind IN (\(kinds.map { "\($0)" }.joined(separator: ", ")))"
    do {
      return try database.read { database in
        try Int64.fetchOne(
          database,
          sql: """
            SELECT id FROM events WHERE \(wanted) AND id <= ?
            ORDER BY id DESC LIMIT 1 OFFSET ?
            """, arguments: [last, later])
      }
    } catch {
      throw JournalError(error)
    }
  }

  /// Writes a copy of the whole journal, as it is at one moment, into a file that does not exist.
  public func copy(to path: String) throws(JournalError) {
    do {
      try database.vacuum(into: path)
    } catch {
      throw JournalError(error)
    }
  }

  /// Looks at every link of the chain.
  public func verify() throws(JournalError) -> ChainReport {
    do {
      return try database.read { try Self.verify($0) }
    } catch {
      throw JournalError(error)
    }
  }

  private static func verify(_ database: Database) throws -> ChainReport {
    guard let ends = try Chain(database) else {
      throw JournalError.damaged("the ends of the chain are missing")
    }
    var report = ChainReport()
    var (id, hash) = (ends.forgotten, ends.forgottenHash)
    report.first = id + 1
    let rows = try Row.fetchCursor(database, sql: "SELECT * FROM events ORDER BY id")
    while let row = try rows.next() {
      id += 1
      let kind: Int64 = row["kind"]
      hash = Chain.hash(
        Entry(
          tick: row["tick"], utc: row["utc_ns"], monotonic: row["monotonic_ns"], content: .ended),
        id: id, kind: UInt8(clamping: kind), layout: row.layout, body: row.bytes("body"),
        after: hash)
      if row["id"] != id || hash != row.bytes("hash") {
        report.firstBroken = id
        return report
      }
      report.events += 1
    }
    if id != ends.newest || hash != ends.newestHash { report.firstBroken = id + 1 }
    return report
  }
}

extension Entry {
  fileprivate init?(_ row: Row) {
    let kind: Int64 = row["kind"]
    guard
      let content = Content(
        kind: UInt8(clamping: kind), layout: row.layout, body: row.bytes("body"))
    else { return nil }
    self.init(
      tick: row["tick"], utc: row["utc_ns"], monotonic: row["monotonic_ns"], content: content)
  }
}
