internal import DosingCore
internal import GRDB
internal import Glibc

/// The durable memory of one pump: its newest state, and every event since it was new.
///
/// A commit is on the disk, as far as the disk tells the truth, when `commit` returns. For one thread.
public final class Journal {
  /// The newest events are kept, so many of them: what a pump at 0.15 mL/d does in half a year.
  public static let eventsKept: Int64 = 1_000_000
  /// So many are forgotten at once, so that a commit seldom has to.
  static let eventsForgottenAtOnce: Int64 = 1_000
  /// Above that length of the file fewer events are kept, in bytes: twice what so many of them take.
  public static let bytesMax: Int64 = 448 << 20
  /// But these, however long they are.
  static let eventsKeptAtLeast: Int64 = 10_000
  /// Of the write-ahead log once it was written into the database, in bytes.
  static let logSizeMax = 4 << 20

  /// The random name of this pump's history: 16 bytes.
  public let lineage: [UInt8]
  public let serial: String
  let database: DatabaseQueue
  var chain: Chain
  /// Documents that are known to be in the journal.
  private var documents = KnownDocuments()
  /// The head that was begun to be told last. Its rest is told of the same moment: beside a flood of commits
  /// nobody would ever get a whole one.
  var headToldOf: [UInt8] = []
  let eventsKept: Int64
  let bytesMax: Int64

  /// Opens the journal of a pump.
  ///
  /// - Parameters:
  ///   - serial: the pump's; nil to read whichever journal it is.
  ///   - makesNew: makes the journal where it is missing, under a random lineage, or as the next part of a
  ///     history that goes on.
  ///   - isReader: for looking only. Whoever writes has the journal for himself, and is `busy` for others.
  public init(
    path: String, serial: String?, makesNew: Bool = false, goingOn past: Past? = nil,
    isReader: Bool = false, eventsKept: Int64 = Journal.eventsKept,
    bytesMax: Int64 = Journal.bytesMax
  ) throws(JournalError) {
    (self.eventsKept, self.bytesMax) = (eventsKept, bytesMax)
    do {
      let begins = makesNew ? serial.map { (serial: $0, past: past) } : nil
      let opened = try Self.open(path, serial, begins, isReader: isReader)
      if let serial, opened.serial != serial { throw JournalError.otherPump(opened.serial) }
      (database, self.serial, lineage, chain) = opened
    } catch {
      // Only whoever reads does not make it.
      if isReader, unsafe access(path, F_OK) != 0, errno == ENOENT,
        (error as? DatabaseError)?.resultCode == .SQLITE_CANTOPEN
      {
        throw .missing
      }
      let error = JournalError(error)
      let isReadOnly = isOnReadOnlyFileSystem(path)
      // SQLite tells of a read-only file system as of a file that cannot be opened, or locked.
      switch error {
      case .noPermission where isReadOnly, .inputOutput where isReadOnly: throw .readOnly
      default: throw error
      }
    }
  }

  /// Where the history comes from that a new journal goes on with.
  public struct Past: Sendable {
    public var lineage: [UInt8]
    /// Of the newest event before it; the origin where that is not known.
    var chain: Chain

    /// Of the history of that name nothing else is known.
    public init(lineage: [UInt8]) { (self.lineage, chain) = (lineage, Chain()) }

    init(lineage: [UInt8], chain: Chain) { (self.lineage, self.chain) = (lineage, chain) }

    /// The newest event before it; 0 where that is not known.
    public var newestEvent: Int64 { chain.newest }
  }

  /// What another journal would need to go on after this one.
  public var past: Past { Past(lineage: lineage, chain: chain) }

  private typealias Opened = (
    database: DatabaseQueue, serial: String, lineage: [UInt8], chain: Chain
  )

  private static func open(
    _ path: String, _ serial: String?, _ begins: (serial: String, past: Past?)?, isReader: Bool
  ) throws -> Opened {
    func open(_ path: String) throws -> Opened {
      let database = try DatabaseQueue(path: path, configuration: configuration(isReader: isReader))
      let found = try prepare(database, begins, isReader: isReader)
      return (database, found.serial, found.lineage, found.chain)
    }
    do {
      return try open(path)
    } catch {
      // A reader wants an index of the log, which on a disk that takes nothing cannot be made. Without a
      // log none is needed, as long as nobody writes: which whoever holds the directory knows.
      let nobodyWrites = serial != nil || isOnReadOnlyFileSystem(path)
      guard isReader, nobodyWrites, unsafe access(path, R_OK) == 0,
        (error as? DatabaseError)?.isOfTheDisk ?? false
      else { throw error }
      if hasLog(path) {
        guard let copy = JournalInMemory(of: path) else { throw error }
        return try open(copy.path)
      }
      return try open(unchanging(path))
    }
  }

  private static func configuration(isReader: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = isReader
    configuration.journalMode = isReader ? .default : .wal
    configuration.busyMode = .timeout(2)
    configuration.label = "journal"
    if !isReader {
      // Nobody else's lock can hold up the pump, and there is no file of locks that others could open.
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
    }
    return configuration
  }

  /// Checks whose database it is, brings it to the newest schema, and reads what is kept in memory.
  private static func prepare(
    _ database: DatabaseQueue, _ begins: (serial: String, past: Past?)?, isReader: Bool
  ) throws -> (serial: String, lineage: [UInt8], chain: Chain) {
    let migrator = Schema.migrator
    try database.read { database in
      let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
      let isEmpty = try !database.hasMigrations
      if isEmpty, try database.schemaHasTables { throw JournalError.notAJournal }
      if isEmpty, begins == nil { throw JournalError.missing }
      if !isEmpty, id != Schema.applicationID { throw JournalError.notAJournal }
      if try migrator.hasBeenSuperseded(database) { throw JournalError.newerSchema }
    }
    if !isReader {
      try database.writeWithoutTransaction { database in
        // A commit that is not on the disk is none.
        try database.execute(sql: "PRAGMA synchronous = FULL")
        // A commit touches a few pages; what is locked in memory should not be more than that needs.
        try database.execute(sql: "PRAGMA cache_size = -512")
        // The log does not keep the size that it once needed.
        try database.execute(sql: "PRAGMA journal_size_limit = \(logSizeMax)")
      }
      try migrator.migrate(database)
      if let begins { try database.write { try begin($0, begins.serial, begins.past) } }
      // What was read may not be on the disk: a sync that failed before the last process died told only
      // that process. Written anew it is.
      try database.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      }
    }
    return try database.read { database in
      let head = try JournalHead(database)
      guard let chain = head.wholeChain else {
        throw JournalError.damaged("it does not say whose it is")
      }
      return (head.serial, head.lineage, chain)
    }
  }

  private static func begin(_ database: Database, _ serial: String, _ past: Past?) throws {
    guard try Int.fetchOne(database, sql: "SELECT count(*) FROM pump") == 0 else { return }
    var generator = SystemRandomNumberGenerator()
    let lineage =
      past?.lineage ?? (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    // What was before it counts as forgotten: its hash stays.
    let before = past?.chain ?? Chain()
    try database.execute(
      sql: "INSERT INTO pump VALUES (1, ?, ?)", arguments: [serial, lineage.blob])
    try database.execute(
      sql: "INSERT INTO chain (id, forgotten, forgotten_hash) VALUES (1, ?, ?)",
      arguments: [before.newest, before.newestHash.blob])
  }

  // MARK: Writing

  /// Makes a state, the events up to it and the changes of the link durable, all or nothing.
  ///
  /// - Parameter signing: how the head of the chain is signed, where that is due or events are forgotten.
  /// - Returns: whether it was signed.
  @discardableResult
  public func commit(
    _ state: JournalState, _ entries: [Entry], _ link: LinkChanges = LinkChanges(),
    signing: Signing? = nil
  ) throws(JournalError) -> Bool {
    do {
      var chain = chain
      var written: [[UInt8]] = []
      let isSigned = try database.write { database in
        written = try keepDocuments(of: state, database)
        let isSigned = try append(entries, signing, to: &chain, database)
        try Self.write(link, database)
        try write(state, chain, database)
        return isSigned
      }
      self.chain = chain
      documents.add(written)
      return isSigned
    } catch {
      throw JournalError(error)
    }
  }

  /// Throws where nothing can be made durable: writes the first page, whatever stands in it, and changes
  /// nothing that means anything.
  public func touch() throws(JournalError) {
    do {
      try database.write { try $0.execute(sql: "PRAGMA user_version = 0") }
    } catch {
      throw JournalError(error)
    }
  }

  private func keepDocuments(
    of state: JournalState, _ database: Database
  ) throws -> [[UInt8]] {
    var written: [[UInt8]] = []
    for body in [state.rig, state.prescription].compactMap(\.self) {
      if documents.contains(body) { continue }
      try database.execute(
        sql: "INSERT OR IGNORE INTO documents VALUES (?, ?, ?)",
        arguments: [sha256(of: body).blob, body.blob, Int64(RecordLayout.document)])
      written.append(body)
    }
    return written
  }

  /// What is forgotten is signed with what there is then: a chain that was cut begins elsewhere.
  func append(
    _ entries: [Entry], _ signing: Signing?, to chain: inout Chain, _ database: Database
  ) throws -> Bool {
    for entry in entries { try append(entry, to: &chain, database) }
    let isCut = try forget(&chain, database)
    guard let signing, isCut || signing.isDue else { return false }
    try append(
      signing.entry(chain, serial: serial, lineage: lineage), to: &chain, database)
    return true
  }

  private func append(_ entry: Entry, to chain: inout Chain, _ database: Database) throws {
    let event = EventRow(entry, id: chain.newest + 1, after: chain.newestHash)
    try event.insert(database)
    (chain.newest, chain.newestHash) = (event.id, event.hash)
  }

  private func write(_ state: JournalState, _ chain: Chain, _ database: Database) throws {
    let rig = documents.digest(of: state.rig)
    let prescription = state.prescription.map { documents.digest(of: $0) } ?? []
    let digest = state.digest(rig: rig, prescription: prescription)
    try database.cachedStatement(
      sql: "REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ).execute(arguments: [
      state.commit, state.generation, state.tick, state.utc, state.boot, state.bootID.blob,
      state.leaseEnd, state.isSettled, rig.blob, prescription.blob, state.body.blob,
      chain.newest, chain.newestHash.blob, digest.blob, Int64(StateLayout.newest),
      state.witnesses.kernel,
      state.witnesses.battery,
    ])
  }

  // MARK: Reading

  /// The newest commit; nil where there was none yet.
  public func newestState() throws(JournalError) -> JournalState? {
    do {
      return try database.read { database in
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM state") else { return nil }
        guard let rig = try Self.document(row.bytes("rig"), database) else {
          throw JournalError.damaged("the record of the rig is missing or altered")
        }
        let digest = row.bytes("prescription")
        let prescription = digest.isEmpty ? nil : try Self.document(digest, database)
        if !digest.isEmpty, prescription == nil {
          throw JournalError.damaged("the record of the prescription is missing or altered")
        }
        let state = JournalState(
          commit: row["commit_number"], generation: row["generation"], tick: row["tick"],
          time: MachineTime(
            utc: row["utc_ns"], boot: row["boot_ns"], monotonic: 0, bootID: row.bytes("boot_id")),
          witnesses: row.witnesses, leaseEnd: row["lease_end"], isSettled: row["is_settled"],
          rig: rig,
          prescription: prescription, body: row.bytes("body"))
        // SQLite itself does not notice a bit that flipped.
        let whole = state.digest(rig: row.bytes("rig"), prescription: digest)
        guard row.bytes("digest") == whole else {
          throw JournalError.damaged("the newest state is altered")
        }
        return state
      }
    } catch {
      throw JournalError(error)
    }
  }

  /// The record with that digest; nil where it is missing or is not what its digest says.
  public func document(_ digest: [UInt8]) throws(JournalError) -> [UInt8]? {
    do {
      return try database.read { try Self.document(digest, $0) }
    } catch {
      throw JournalError(error)
    }
  }

  private static func document(_ digest: [UInt8], _ database: Database) throws -> [UInt8]? {
    try storedDocument(digest, database)?.document(digest)
  }

  /// The same as its table has it; nil where it is missing or is not what its digest says.
  public func storedDocument(_ digest: [UInt8]) throws(JournalError) -> StoredRow? {
    do {
      return try database.read { try Self.storedDocument(digest, $0) }
    } catch {
      throw JournalError(error)
    }
  }

  static func storedDocument(_ digest: [UInt8], _ database: Database) throws -> StoredRow? {
    let row = try Row.fetchOne(
      database, sql: "SELECT * FROM documents WHERE digest = ?", arguments: [digest.blob])
    guard let stored = try row.map({ try StoredRow($0) }), stored.document(digest) != nil else {
      return nil
    }
    return stored
  }
}

extension Row {
  /// Of a state. A journal that can only be read may be of a schema that knew none.
  fileprivate var witnesses: ClockWitnesses {
    ClockWitnesses(
      kernel: hasColumn("kernel_utc_ns") ? self["kernel_utc_ns"] : nil,
      battery: hasColumn("battery_utc_ns") ? self["battery_utc_ns"] : nil)
  }
}
