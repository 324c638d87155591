public import DosingCore
internal import GRDB

/// What the link has to remember, as far as it is new.
public struct LinkChanges: Sendable {
  /// Keys that were enrolled, revoked or used: each whole, as it is now.
  public var keys: [KeyID: KeyRecord] = [:]
  /// Nil where it is as before.
  public var stopOrigin: StopOrigin?

  public init() {}

  public var isEmpty: Bool { keys.isEmpty && stopOrigin == nil }

  /// What came later counts.
  public mutating func merge(_ later: LinkChanges) {
    keys.merge(later.keys) { $1 }
    stopOrigin = later.stopOrigin ?? stopOrigin
  }
}

/// What a link that starts has to know.
public struct LinkMemory: Sendable {
  public var keys: [KeyRecord] = []
  public var stopOrigin = StopOrigin.none
  /// Keys whose record was altered: they are not believed.
  public var keysDamaged = 0

  public init() {}
}

extension Journal {
  /// Makes changes of the link and their events durable, without a commit of the engine.
  ///
  /// - Precondition: there was one, whose state says where the chain of events ends.
  /// - Returns: whether the head of the chain was signed: see `commit`.
  @discardableResult
  public func keep(
    _ link: LinkChanges, _ entries: [Entry], signing: Signing? = nil
  ) throws(JournalError) -> Bool {
    do {
      var chain = chain
      let isSigned = try database.write { database in
        let isSigned = try append(entries, signing, to: &chain, database)
        try Self.write(link, database)
        try database.execute(
          sql: "UPDATE state SET newest_event = ?, newest_hash = ?",
          arguments: [chain.newest, chain.newestHash.blob])
        return isSigned
      }
      self.chain = chain
      return isSigned
    } catch {
      throw JournalError(error)
    }
  }

  static func write(_ link: LinkChanges, _ database: Database) throws {
    for record in link.keys.values {
      let body = record.journalBytes
      try database.execute(
        sql: "REPLACE INTO keys VALUES (?, ?, ?, ?)",
        arguments: [
          Int64(bitPattern: record.id.raw), body.blob, sha256(of: body).blob, RecordLayout.key,
        ])
    }
    if let origin = link.stopOrigin {
      try database.execute(
        sql: "REPLACE INTO link VALUES (1, ?, 1)", arguments: [Int64(origin.rawValue)])
    }
  }

  /// The keys and what else the link remembers.
  public func linkMemory() throws(JournalError) -> LinkMemory {
    do {
      return try database.read { database in
        // A journal that can only be read may be of an older schema.
        guard try database.tableExists("keys") else { return LinkMemory() }
        var memory = LinkMemory()
        for row in try Row.fetchAll(database, sql: "SELECT body, digest FROM keys ORDER BY id") {
          let body = row.bytes("body")
          if let record = KeyRecord(journalBytes: body), row.bytes("digest") == sha256(of: body) {
            memory.keys.append(record)
          } else {
            memory.keysDamaged += 1
          }
        }
        let origin = try UInt8.fetchOne(database, sql: "SELECT stop_origin FROM link")
        memory.stopOrigin = origin.flatMap(StopOrigin.init) ?? .none
        return memory
      }
    } catch {
      throw JournalError(error)
    }
  }
}

extension KeyRecord {
  fileprivate var journalBytes: [UInt8] {
    var (writer, record) = (ByteWriter(), self)
    record.layout(&writer)
    return writer.bytes
  }

  fileprivate init?(journalBytes bytes: [UInt8]) {
    var (reader, record) = (ByteReader(bytes), KeyRecord.blank)
    record.layout(&reader)
    guard reader.isComplete else { return nil }
    self = record
  }
}
