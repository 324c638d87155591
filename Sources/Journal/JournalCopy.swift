internal import GRDB

/// A journal that is made anew from the rows of another, as it was at one moment, for whoever looks at it
/// elsewhere. It holds no keys, and nothing of what the link remembers.
public final class JournalCopy {
  private let database: DatabaseQueue

  /// - Parameters:
  ///   - path: of a file that does not exist.
  ///   - head: of the moment.
  public init(path: String, head: JournalHead) throws(JournalError) {
    do {
      var configuration = Configuration()
      configuration.label = "copy"
      configuration.prepareDatabase { database in
        // What is not finished is thrown away, whole.
        try database.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
      }
      database = try DatabaseQueue(path: path, configuration: configuration)
      try Schema.migrator.migrate(database)
      try database.write { database in
        try head.pump.insert(into: "pump", database)
        try head.begin.insert(into: "chain", database)
        try head.state?.insert(into: "state", database)
      }
    } catch {
      throw JournalError(error)
    }
  }

  /// The next events.
  public func add(_ rows: ArraySlice<EventRow>) throws(JournalError) {
    do {
      try database.write { database in
        for row in rows { try row.insert(database) }
      }
    } catch {
      throw JournalError(error)
    }
  }

  public func add(document: StoredRow) throws(JournalError) {
    do {
      try database.write { try document.insert(into: "documents", $0) }
    } catch {
      throw JournalError(error)
    }
  }
}
