internal import GRDB

// Keeping the journal within its bounds. What is forgotten leaves its hash.

extension Journal {
  /// Forgets the oldest of the newest events where there are too many, or the file is too long.
  ///
  /// - Returns: whether anything was forgotten.
  func forget(_ chain: inout Chain, _ database: Database) throws -> Bool {
    let events = chain.newest - chain.forgotten
    guard events > Self.eventsForgottenAtOnce else { return false }
    let isLong = try events > Self.eventsKeptAtLeast && usedBytes(database) > bytesMax
    guard isLong || events > eventsKept + Self.eventsForgottenAtOnce else { return false }
    try pushOut(&chain, database)
    for retention in Retention.allCases { try bound(retention, &chain, database) }
    try database.execute(
      sql: "UPDATE chain SET forgotten = ?, forgotten_hash = ?, archives = ?",
      arguments: [chain.forgotten, chain.forgottenHash.blob, chain.archives.bytes.blob])
    return true
  }

  /// The length of what is in use of the file.
  public func usedBytes() throws(JournalError) -> Int64 {
    do {
      return try database.read { try usedBytes($0) }
    } catch {
      throw JournalError(error)
    }
  }

  private func usedBytes(_ database: Database) throws -> Int64 {
    func pragma(_ name: String) throws -> Int64 {
      try Int64.fetchOne(database, sql: "PRAGMA \(name)") ?? 0
    }
    return try (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
  }

  /// Pushes out the oldest of the newest events; what is kept of them goes over into the chain of its class.
  private func pushOut(_ chain: inout Chain, _ database: Database) throws {
    let last = chain.forgotten + Self.eventsForgottenAtOnce
    var (id, hash, isLinked) = (chain.forgotten, chain.forgottenHash, true)
    let rows = try Row.fetchAll(
      database, sql: "SELECT * FROM events WHERE id > ? AND id <= ? ORDER BY id",
      arguments: [chain.forgotten, last])
    for row in rows {
      let event = EventRow(row)
      id += 1
      hash = event.hash(after: hash)
      // A broken link stays one: who keeps an altered event does not vouch for it.
      if event.id != id || event.hash != hash { isLinked = false }
      if let retention = Retention(event) {
        try keep(event, of: retention, isLinked: isLinked, &chain, database)
      }
    }
    guard let newest = rows.last.map({ EventRow($0) }), newest.id == last else {
      throw JournalError.damaged("event \(last) is missing")
    }
    try database.execute(
      sql: """
        DELETE FROM events WHERE id > ? AND id <= ?
        AND NOT \(Self.isOne(of: Retention.kinds.map(Int.init).sorted()))
        """, arguments: [chain.forgotten, last])
    (chain.forgotten, chain.forgottenHash) = (last, newest.hash)
  }

  private func keep(
    _ event: EventRow, of retention: Retention, isLinked: Bool, _ chain: inout Chain,
    _ database: Database
  ) throws {
    let hash = event.hash(after: chain.archives[retention].newestHash)
    chain.archives[retention].newestHash = hash
    chain.archives[retention].count += 1
    guard isLinked else { return }
    try database.execute(
      sql: "UPDATE events SET hash = ? WHERE id = ?", arguments: [hash.blob, event.id])
  }

  /// Forgets the oldest events of a class where more are kept than may be.
  private func bound(
    _ retention: Retention, _ chain: inout Chain, _ database: Database
  ) throws {
    var kept = chain.archives[retention]
    guard kept.count > keptMax(retention) else { return }
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT * FROM events WHERE id > ? AND id <= ?
        AND \(Self.isOne(of: retention.kinds.map(Int.init).sorted())) ORDER BY id
        """, arguments: [kept.forgotten, chain.forgotten])
    var gone: [Int64] = []
    while kept.count > keptMax(retention), let row = try rows.next() {
      let event = EventRow(row)
      guard Retention(event) == retention else { continue }
      gone.append(event.id)
      (kept.forgotten, kept.forgottenHash) = (event.id, event.hash)
      kept.count -= 1
    }
    for id in gone {
      try database.execute(sql: "DELETE FROM events WHERE id = ?", arguments: [id])
    }
    chain.archives[retention] = kept
  }

  private func keptMax(_ retention: Retention) -> Int64 {
    min(retention.row.most, eventsKept)
  }
}
