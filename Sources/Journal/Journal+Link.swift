public import DosingCore
internal import GRDB

/// What the link has to remember, as far as it is new.
public struct LinkChanges: Sendable {
  /// Keys that were enrolled, revoked or used: each whole, as it is now.
  public var keys: [KeyID: KeyRecord] = [:]
  /// Nil where it is as before.
  public var stopOrigin: StopOrigin?
  /// Of patients' keys that asked.
  public var paces: [KeyID: PatientPace] = [:]
  /// How often it was since the pump was new.
  public var counts: [LinkCount: Int64] = [:]

  public init() {}

  /// What came later counts.
  public mutating func merge(_ later: LinkChanges) {
    keys.merge(later.keys) { $1 }
    paces.merge(later.paces) { $1 }
    counts.merge(later.counts) { $1 }
    stopOrigin = later.stopOrigin ?? stopOrigin
  }
}

/// What a link that starts has to know.
public struct LinkMemory: Sendable {
  public var keys: [KeyRecord] = []
  public var stopOrigin = StopOrigin.none
  /// Keys whose record was altered: they are not believed.
  public var keysDamaged = 0
  public var paces: [KeyID: PatientPace] = [:]
  public var counts: [LinkCount: Int64] = [:]

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
    for (id, pace) in link.paces {
      try database.execute(
        sql: "REPLACE INTO paces VALUES (?, ?, ?)",
        arguments: [Int64(bitPattern: id.raw), pace.bootID.blob, pace.askedBytes.blob])
    }
    for (what, count) in link.counts {
      try database.execute(
        sql: "REPLACE INTO counts VALUES (?, ?)", arguments: [Int64(what.rawValue), count])
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
        if try database.tableExists("counts") { try Self.readCounts(&memory, database) }
        return memory
      }
    } catch {
      throw JournalError(error)
    }
  }

  private static func readCounts(_ memory: inout LinkMemory, _ database: Database) throws {
    for row in try Row.fetchAll(database, sql: "SELECT * FROM paces") {
      let id = KeyID(UInt64(bitPattern: row["key"] as Int64))
      memory.paces[id] = PatientPace(bootID: row.bytes("boot_id"), askedBytes: row.bytes("asked"))
    }
    for row in try Row.fetchAll(database, sql: "SELECT * FROM counts") {
      let what = LinkCount(rawValue: UInt16(clamping: row["code"] as Int64))
      memory.counts[what] = max(0, row["count"])
    }
  }
}

extension PatientPace {
  fileprivate var askedBytes: [UInt8] {
    var (writer, times) = (ByteWriter(), asked)
    for index in times.indices { writer.field(&times[index]) }
    return writer.bytes
  }

  fileprivate init(bootID: [UInt8], askedBytes bytes: [UInt8]) {
    var (reader, times) = (ByteReader(bytes), [Int64](repeating: 0, count: bytes.count / 8))
    for index in times.indices { reader.field(&times[index]) }
    self.init(bootID: bootID, asked: times)
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
