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
      for (id, entry) in entries where try !visit(id, entry) { return }
      guard let newest = entries.last else { return }
      last = newest.id
    }
  }

  private func entries(
    after id: Int64, atMost most: Int
  ) throws(JournalError) -> [(id: Int64, entry: Entry)] {
    do {
      return try database.read { database in
        let rows = try Row.fetchCursor(
          database, sql: "SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?",
          arguments: [id, most])
        var entries: [(id: Int64, entry: Entry)] = []
        while let row = try rows.next() {
          guard let entry = Entry(row) else {
            throw JournalError.damaged("event \(row["id"] as Int64) cannot be read")
          }
          entries.append((row["id"], entry))
        }
        return entries
      }
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
        id: id, kind: UInt8(clamping: kind), body: row.bytes("body"), after: hash)
      if row["id"] != id || hash != row.bytes("hash") {
        report.firstBroken = id
        return report
      }
      report.events += 1
    }
    if id != ends.newest || hash != ends.newestHash { report.firstBroken = id + 1 }
    return report
  }

  static func digestOf(_ bytes: [UInt8]) -> [UInt8] { digest(of: bytes) }
}

extension Entry {
  fileprivate init?(_ row: Row) {
    let kind: Int64 = row["kind"]
    guard
      let content = Content(kind: UInt8(clamping: kind), body: row.bytes("body"))
    else { return nil }
    self.init(
      tick: row["tick"], utc: row["utc_ns"], monotonic: row["monotonic_ns"], content: content)
  }
}
