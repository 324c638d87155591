internal import GRDBSQLite

/// The reference: the same tables and the same bytes, written by SQLite's own calls.
@safe final class BareLoop {
  private var database: OpaquePointer?
  private var insert: OpaquePointer?
  private var replace: OpaquePointer?
  private var id: Int64 = 0

  init(path: String) {
    check(unsafe sqlite3_open(path, &database))
    run(
      """
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE state (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
      CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
      """)
    check(
      unsafe sqlite3_prepare_v2(
        database, "INSERT INTO events VALUES (?, ?)", -1, &insert, nil))
    check(
      unsafe sqlite3_prepare_v2(database, "REPLACE INTO state VALUES (1, ?)", -1, &replace, nil))
  }

  deinit {
    unsafe sqlite3_finalize(insert)
    unsafe sqlite3_finalize(replace)
    unsafe sqlite3_close(database)
  }

  /// One durable transaction of a state and some events.
  func commit(state: [UInt8], events: [[UInt8]]) {
    run("BEGIN IMMEDIATE")
    for event in events {
      id += 1
      check(unsafe sqlite3_bind_int64(insert, 1, id))
      unsafe step(insert, event, at: 2)
    }
    unsafe step(replace, state, at: 1)
    run("COMMIT")
  }

  private func step(_ statement: OpaquePointer?, _ bytes: [UInt8], at index: Int32) {
    unsafe bytes.withUnsafeBytes { bytes in
      check(
        unsafe sqlite3_bind_blob(
          statement, index, bytes.baseAddress, Int32(bytes.count), nil))
      precondition(unsafe sqlite3_step(statement) == SQLITE_DONE)
    }
    check(unsafe sqlite3_reset(statement))
  }

  private func run(_ sql: String) { check(unsafe sqlite3_exec(database, sql, nil, nil, nil)) }

  private func check(_ code: Int32) { precondition(code == SQLITE_OK, "SQLite result \(code)") }
}
