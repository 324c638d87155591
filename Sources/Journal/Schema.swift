internal import GRDB

/// The tables of the journal, as a list of migrations. One that was released is never changed.
enum Schema {
  /// "ITBP", in the head of the file: says whose database it is.
  static let applicationID: Int32 = 0x4954_4250

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 state and events") { database in
      try database.execute(sql: first)
    }
    migrator.registerMigration("2 find the starts") { database in
      // Only a start touches it: an index of all events would be a page more in every commit.
      try database.execute(sql: "CREATE INDEX starts ON events (id) WHERE kind = 1")
    }
    migrator.registerMigration("3 keys and the link") { database in
      try database.execute(sql: third)
    }
    migrator.registerMigration("4 numbers of layouts") { database in
      // What was written before is of the first layout of each.
      for table in ["documents", "state", "events", "keys", "link"] {
        try database.execute(
          sql: "ALTER TABLE \(table) ADD COLUMN layout INTEGER NOT NULL DEFAULT 1")
      }
    }
    migrator.registerMigration("5 who vouches for UTC") { database in
      for witness in ["kernel", "battery"] {
        try database.execute(sql: "ALTER TABLE state ADD COLUMN \(witness)_utc_ns INTEGER")
      }
    }
    migrator.registerMigration("7 find the changes of keys") { database in
      try database.execute(sql: "CREATE INDEX key_changes ON events (id) WHERE kind = 16")
    }
    migrator.registerMigration("8 what is kept of the forgotten") { database in
      try database.execute(sql: "ALTER TABLE chain ADD COLUMN archives BLOB NOT NULL DEFAULT x''")
    }
    migrator.registerMigration("9 what the link counts") { database in
      try database.execute(sql: ninth)
    }
    return migrator
  }

  /// The number of the newest of them.
  static var newest: String { String(migrator.migrations.last?.prefix { $0 != " " } ?? "") }

  /// The kinds of entries that have an index of their own.
  static let indexedKinds: Set<UInt8> = [1, 16]

  private static let first = """
    PRAGMA application_id = \(applicationID);
    CREATE TABLE pump (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      serial TEXT NOT NULL,
      lineage BLOB NOT NULL
    );
    CREATE TABLE documents (
      digest BLOB PRIMARY KEY,
      body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      commit_number INTEGER NOT NULL,
      generation INTEGER NOT NULL,
      tick INTEGER NOT NULL,
      utc_ns INTEGER NOT NULL,
      boot_ns INTEGER NOT NULL,
      boot_id BLOB NOT NULL,
      lease_end INTEGER NOT NULL,
      is_settled INTEGER NOT NULL,
      rig BLOB NOT NULL,
      prescription BLOB NOT NULL,
      body BLOB NOT NULL,
      newest_event INTEGER NOT NULL,
      newest_hash BLOB NOT NULL,
      digest BLOB NOT NULL
    );
    CREATE TABLE events (
      id INTEGER PRIMARY KEY,
      tick INTEGER NOT NULL,
      utc_ns INTEGER NOT NULL,
      monotonic_ns INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      body BLOB NOT NULL,
      hash BLOB NOT NULL
    );
    CREATE TABLE chain (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      forgotten INTEGER NOT NULL,
      forgotten_hash BLOB NOT NULL
    );
    """

  private static let ninth = """
    CREATE TABLE paces (
      key INTEGER PRIMARY KEY,
      boot_id BLOB NOT NULL,
      asked BLOB NOT NULL
    );
    CREATE TABLE counts (
      code INTEGER PRIMARY KEY,
      count INTEGER NOT NULL
    );
    """

  private static let third = """
    CREATE TABLE keys (
      id INTEGER PRIMARY KEY,
      body BLOB NOT NULL,
      digest BLOB NOT NULL
    );
    CREATE TABLE link (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      stop_origin INTEGER NOT NULL
    );
    """
}

extension Journal {
  /// The newest form in which a journal is written; what is older is brought to it when a pump opens it.
  public static var newestForm: String { Schema.newest }
}
