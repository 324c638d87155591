import DosingCore
import Foundation
import GRDB
import Quantities
import Testing

@testable import Journal

/// A folder that goes with the value.
final class Folder {
  let url: URL

  init() throws {
    url = URL(fileURLWithPath: "/tmp/pump-journal-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String = "journal.sqlite") -> String { url.appendingPathComponent(name).path }

  func journal(
    serial: String? = "BP-1", isReader: Bool = false, eventsKept: Int64 = Journal.eventsKept
  ) throws -> Journal {
    try Journal(
      path: path(), serial: serial, makesNew: !isReader, isReader: isReader,
      eventsKept: eventsKept)
  }

  /// Does something to the database behind the journal's back.
  func alter(_ sql: String) throws {
    try DatabaseQueue(path: path()).writeWithoutTransaction { try $0.execute(sql: sql) }
  }

  func fault(_ open: (Folder) throws -> Void) -> JournalError? {
    do {
      try open(self)
      return nil
    } catch {
      return error as? JournalError
    }
  }
}

func state(_ commit: Int64, prescription: [UInt8]? = nil) -> JournalState {
  JournalState(
    commit: commit, generation: 1, tick: commit * 100,
    time: MachineTime(
      utc: 1_000 + commit, boot: 2_000 + commit, monotonic: 0,
      bootID: [UInt8](repeating: 3, count: 16)),
    leaseEnd: commit * 10, isSettled: false, rig: [1, 2, 3], prescription: prescription,
    body: [UInt8](repeating: UInt8(truncatingIfNeeded: commit), count: 300))
}

func entry(_ tick: Int64, _ content: Entry.Content = .ticksMissed(1)) -> Entry {
  Entry(tick: tick, utc: 5 * tick, monotonic: 7 * tick, content: content)
}

extension Journal {
  func all() throws -> [(id: Int64, entry: Entry)] {
    var all: [(id: Int64, entry: Entry)] = []
    try forEachEntry {
      all.append((id: $0, entry: $1))
      return true
    }
    return all
  }
}

@Suite struct JournalTests {
  @Test("R-086 The newest commit is what is read again, whole")
  func newestState() throws {
    let folder = try Folder()
    var lineages: Set<[UInt8]> = []
    for commit in Int64(1)...5 {
      let wanted = state(commit, prescription: commit > 2 ? [9, UInt8(commit)] : nil)
      do {
        let journal = try folder.journal()
        #expect(try journal.newestState()?.commit == (commit > 1 ? commit - 1 : nil))
        try journal.commit(wanted, [entry(commit)])
        #expect(try journal.newestState() == wanted)
        lineages.insert(journal.lineage)
      }
      #expect(try folder.journal(isReader: true).newestState() == wanted)
    }
    let again = try folder.journal()
    #expect(try again.newestState()?.commit == 5)
    #expect(lineages == [again.lineage] && again.lineage.count == 16)
    #expect(try again.document(sha256(of: [9, 3])) == [9, 3])
  }

  @Test("R-080 A commit is synced: write-ahead log, synchronous = FULL")
  func isSynced() throws {
    let folder = try Folder()
    let journal = try folder.journal()
    let (mode, synchronous) = try journal.database.read {
      (
        try String.fetchOne($0, sql: "PRAGMA journal_mode"),
        try Int.fetchOne($0, sql: "PRAGMA synchronous")
      )
    }
    #expect(mode == "wal")
    #expect(synchronous == 2)
  }

  @Test("Every kind of entry is kept and read again as it was")
  func entries() throws {
    var started = Started()
    started.state = [1, 2, 3]
    started.rig = [UInt8](repeating: 4, count: 32)
    started.stepsInDoubt = 5
    started.discardedExtraDose = true
    var requested = Requested()
    requested.id = 6
    requested.user = 7
    requested.process = -1
    requested.reason = 8
    requested.frame = Array("frame".utf8)
    var committed = Committed()
    committed.commit = 9
    committed.account = Account(perStep: 10)
    var readings = SensorReadings()
    readings.pressure = SensorReading(.good, value: -11)
    let contents: [Entry.Content] = [
      .started(started), .ended, .requested(requested), .ticksMissed(12),
      .steps([100, 101, 5_000_000_000, 5_000_000_001]), .steps([]), .stepRefused(.notYet),
      .stepRefused(.driveFailed), .stepRefused(.window(hourSteps: 17, daySteps: 18)),
      .leaseGranted(commit: 13, end: 14), .committed(committed), .committed(Committed()),
      .alarms(0x8001), .basalChanged(8),
      .extraDoseEnded(
        DoseEnd(kind: 2, dose: Mass(nanograms: 30), cancelled: Mass(nanograms: 29))),
      .requestTakenBack,
      .clockTrusted(late: -15), .eventsLost(16), .sampled(readings),
      .fault(FaultChange(code: 19, priority: 2, raised: 20)), .requestActed, .suspended(21),
      .outputsFailed(9), .journalBegun(JournalBegun(cause: 4, after: 22)), .storageTold(3),
      .requestsCounted(RequestsCounted(key: KeyID(23), user: 24, count: 25)),
    ]
    let folder = try Folder()
    try folder.journal().commit(
      state(1), contents.enumerated().map { entry(Int64($0.offset), $0.element) })
    let read = try folder.journal(isReader: true).all()
    #expect(read.map(\.id) == Array(1...Int64(contents.count)))
    for (index, wanted) in contents.enumerated() {
      #expect("\(read[index].entry.content)" == "\(wanted)")
      #expect(read[index].entry.tick == Int64(index))
      #expect(read[index].entry.utc == 5 * Int64(index))
      #expect(read[index].entry.monotonic == 7 * Int64(index))
    }
  }

  @Test("An entry that was cut or altered is refused or read, never trapped on")
  func alteredEntries() {
    for kind in UInt8(0)...26 {
      for layout in UInt16(0)...3 {
        for length in 0..<40 {
          for byte in [UInt8(0), 1, 0x7f, 0xff] {
            _ = Entry.Content(
              kind: kind, layout: layout, body: [UInt8](repeating: byte, count: length))
          }
        }
      }
    }
  }

  @Test(
    "R-091 The first broken link of the chain is found",
    arguments: [
      ("UPDATE events SET body = x'0000000000000001' WHERE id = 40", Int64(40)),
      ("UPDATE events SET tick = tick + 1 WHERE id = 17", 17),
      ("UPDATE events SET utc_ns = 0 WHERE id = 1", 1),
      ("UPDATE events SET kind = 14 WHERE id = 50", 50),
      ("UPDATE events SET layout = 2 WHERE id = 44", 44),
      ("UPDATE events SET hash = zeroblob(32) WHERE id = 33", 33),
      ("DELETE FROM events WHERE id = 20", 20),
      ("DELETE FROM events WHERE id > 45", 46),
      ("DELETE FROM events WHERE id < 5", 1),
      ("INSERT INTO events VALUES (51, 1, 1, 1, 2, x'', zeroblob(32), 1)", 51),
    ])
  func brokenChain(_ sql: String, _ first: Int64) throws {
    let folder = try Folder()
    do {
      let journal = try folder.journal()
      for tick in Int64(1)...25 { try journal.commit(state(tick), [entry(tick), entry(tick)]) }
      #expect(try journal.verify() == ChainReport(events: 50, first: 1, firstBroken: nil))
    }
    try folder.alter(sql)
    #expect(try folder.journal(isReader: true).verify().firstBroken == first)
  }

  @Test("R-096 The oldest events are forgotten, and the chain still holds")
  func bounded() throws {
    let folder = try Folder()
    let journal = try folder.journal(eventsKept: 2_000)
    var entries: [Entry] = []
    for tick in Int64(1)...100 { entries.append(entry(tick)) }
    for commit in Int64(1)...100 { try journal.commit(state(commit), entries) }
    let report = try journal.verify()
    #expect(report.firstBroken == nil)
    #expect(report.events >= 2_000 && report.events <= 2_000 + 1_100)
    #expect(report.first == 10_000 - report.events + 1)
    #expect(try journal.all().first?.id == report.first)
  }
}

@Suite struct JournalFaultTests {
  @Test("R-093 Each thing that can be wrong with a journal is told apart, with its remedy")
  func faults() throws {
    func journal(_ prepare: (Folder) throws -> Void) throws -> JournalError? {
      let folder = try Folder()
      try prepare(folder)
      return folder.fault { _ = try $0.journal().newestState() }
    }
    #expect(try journal { _ in } == nil)
    #expect(
      try journal {
        try "not a database, though long enough to be read as one".write(
          toFile: $0.path(), atomically: true, encoding: .utf8)
      } == .notAJournal)
    #expect(
      try journal { try $0.alter("CREATE TABLE other (id INTEGER)") } == .notAJournal)
    #expect(
      try journal { folder in
        _ = try Journal(path: folder.path(), serial: "BP-2", makesNew: true)
      } == .otherPump("BP-2"))
    #expect(
      try journal { folder in
        _ = try folder.journal()
        try folder.alter("INSERT INTO grdb_migrations VALUES ('9 of another time')")
      } == .newerSchema)
    #expect(
      try journal { folder in
        try folder.journal().commit(state(1), [])
        try folder.alter("UPDATE state SET tick = 7")
      } == .damaged("the newest state is altered"))
    #expect(
      try journal { folder in
        try folder.journal().commit(state(1), [])
        try folder.alter("UPDATE documents SET body = x'00'")
      } == .damaged("the record of the rig is missing or altered"))
    let nothing = try Folder()
    #expect(nothing.fault { _ = try $0.journal(isReader: true) } == .missing)
    let every: [JournalError] = [
      .missing, .noPermission, .readOnly, .diskFull, .inputOutput(1), .busy, .damaged("x"),
      .notAJournal, .otherPump("BP-2"), .newerSchema,
    ]
    #expect(Set(every.map(\.sentence)).count == every.count)
  }

  @Test("R-093 An older schema is brought to the newest, and nothing is lost")
  func olderSchema() throws {
    let folder = try Folder()
    do {
      let journal = try folder.journal()
      try journal.commit(state(1), [entry(1), entry(2)])
    }
    try folder.alter(
      """
      DROP INDEX starts;
      DELETE FROM grdb_migrations WHERE identifier = '2 find the starts';
      """)
    let journal = try folder.journal()
    #expect(try journal.newestState() == state(1))
    #expect(try journal.verify().events == 2)
    let indices = try journal.database.read {
      try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE type = 'index'")
    }
    #expect(indices.contains("starts"))
  }

  @Test("R-093 A commit that fails leaves what was there, and the next one goes on with it")
  func failedCommit() throws {
    let folder = try Folder()
    let journal = try folder.journal()
    try journal.commit(state(1), [entry(1)])
    let size = try journal.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
    try journal.database.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA max_page_count = \(size + 1)")
    }
    let many = (0..<500).map { entry($0) }
    #expect(folder.fault { _ in try journal.commit(state(2), many) } == .diskFull)
    #expect(try journal.newestState() == state(1))
    try journal.database.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA max_page_count = 100000")
    }
    try journal.commit(state(3), many)
    #expect(try journal.newestState() == state(3))
    #expect(try journal.verify() == ChainReport(events: 501, first: 1, firstBroken: nil))
  }
}

@Suite struct LinkMemoryTests {
  private func used(_ number: Int64, _ origin: StopOrigin? = nil) -> LinkChanges {
    var record = KeyRecord.blank
    record.id = KeyID(7)
    record.newestNumber = number
    var changes = LinkChanges()
    changes.keys[record.id] = record
    changes.stopOrigin = origin
    return changes
  }

  @Test("R-101 Of what came to the same key the later counts, before it is durable and after")
  func laterCounts() throws {
    let journal = try Folder().journal()
    var changes = used(1, .unsigned)
    changes.merge(used(2))
    #expect(changes.keys.values.map(\.newestNumber) == [2] && changes.stopOrigin == .unsigned)
    try journal.commit(state(1), [], changes)
    #expect(try journal.linkMemory().keys.map(\.newestNumber) == [2])
    try journal.keep(used(3, StopOrigin.none), [])
    let memory = try journal.linkMemory()
    #expect(memory.keys.map(\.newestNumber) == [3])
    #expect(memory.stopOrigin == .none && memory.keysDamaged == 0)
  }

  @Test("R-101 A key whose record was altered is not believed, though it can be read")
  func alteredKey() throws {
    let folder = try Folder()
    try folder.journal().commit(state(1), [], used(4))
    try folder.alter("CREATE TABLE kept AS SELECT body FROM keys")
    try folder.journal().keep(used(9), [])
    #expect(try folder.journal(isReader: true).linkMemory().keys.map(\.newestNumber) == [9])
    // An earlier record of the same key, whole in itself: its numbers would be used once more.
    try folder.alter("UPDATE keys SET body = (SELECT body FROM kept)")
    let memory = try folder.journal(isReader: true).linkMemory()
    #expect(memory.keys.isEmpty && memory.keysDamaged == 1)
  }
}

@Suite struct SafeBasalTests {
  private final class Memory: CopyStorage, @unchecked Sendable {
    var copies: [[UInt8]?] = [nil, nil]
    func read(_ copy: Int) -> [UInt8]? { copies[copy] }
    func write(_ copy: Int, _ bytes: [UInt8]) throws(JournalError) { copies[copy] = bytes }
  }

  private func record(_ generation: Int64, isStopped: Bool = false) -> SafeBasalRecord {
    SafeBasalRecord(
      generation: generation, lineage: [UInt8](repeating: 5, count: 16), isStopped: isStopped,
      isHardStopped: false, rig: [1, 2], prescription: nil, tick: 3, leaseEnd: 4)
  }

  @Test("R-089 Of two whole copies the newer one counts, and a torn one never")
  func copies() throws {
    let memory = Memory()
    #expect(SafeBasalCopies(memory).record == nil)
    var copies = SafeBasalCopies(memory)
    try copies.write(record(1))
    #expect(SafeBasalCopies(memory).record == record(1))
    #expect(memory.copies == [record(1).bytes, record(1).bytes])
    // The process died between the two, whichever was first.
    for place in 0...1 {
      memory.copies = [record(1).bytes, record(1).bytes]
      memory.copies[place] = record(2, isStopped: true).bytes
      #expect(SafeBasalCopies(memory).record == record(2, isStopped: true))
    }
    let whole = record(3).bytes
    for place in whole.indices {
      var torn = whole
      torn[place] ^= 0x40
      memory.copies = [torn, record(1).bytes]
      let found = SafeBasalCopies(memory)
      #expect(found.record == record(1))
      #expect(found.hasDamage)
      #expect(SafeBasalRecord(Array(whole.prefix(place))) == nil)
    }
  }

  @Test("R-089 The newer copy counts, whether its safe basal is lower or higher", arguments: 0...1)
  func newerOrder(place: Int) throws {
    func record(_ generation: Int64, _ rate: Int64) -> SafeBasalRecord {
      var record = self.record(generation)
      record.rate = DoseRate(nanogramsPerDay: rate)
      return record
    }
    for (old, new) in [(200_000, 300_000), (300_000, 200_000)] as [(Int64, Int64)] {
      let memory = Memory()
      memory.copies = [record(1, old).bytes, record(1, old).bytes]
      memory.copies[place] = record(2, new).bytes
      #expect(SafeBasalCopies(memory).record?.rate == DoseRate(nanogramsPerDay: new))
    }
  }

  @Test("R-089 A record holds what it says, of whichever time, and nothing else")
  func holds() {
    let plain = record(1)
    var later = plain
    (later.generation, later.tick, later.leaseEnd) = (2, 300, 400)
    (later.steps, later.stepsInDoubt) = (500, 60)
    func holds(_ record: SafeBasalRecord, what other: SafeBasalRecord) -> Bool {
      record.holds(
        isStopped: other.isStopped, isHardStopped: other.isHardStopped, lineage: other.lineage,
        rig: other.rig, prescription: other.prescription, doseChange: other.doseChange,
        held: other.held)
    }
    #expect(holds(plain, what: later))
    let changes: [(inout SafeBasalRecord) -> Void] = [
      { $0.isStopped = true }, { $0.isHardStopped = true }, { $0.rig = [9] },
      { $0.prescription = [9] }, { $0.lineage[0] = 9 }, { $0.doseChange = 9 },
      { $0.held = [9] },
    ]
    for change in changes {
      var other = later
      change(&other)
      #expect(!holds(plain, what: other) && !holds(other, what: plain))
    }
  }
}
