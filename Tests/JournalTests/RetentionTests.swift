import DosingCore
import Foundation
import GRDB
import Testing

@testable import Journal

private let own = TestKey(id: KeyID(1))

/// What is kept of events that newer ones push out.
@Suite struct RetentionTests {
  private static let refused: Entry.Content = {
    var requested = Requested()
    (requested.id, requested.reason) = (1, 7)
    return .requested(requested)
  }()

  /// One of each class, the table's own rows in order.
  private static let ofEachClass: [Entry.Content] = [
    .started(Started()), .keyChanged(KeyChange()), .requested(Requested()), refused,
    .fault(FaultChange()), .suspended(1), .signed(SignedHead()),
  ]

  @Test("R-091 A history that goes on in a journal that holds no event yet is whole")
  func begunAndEmpty() throws {
    let folder = try Folder()
    let old = try folder.journal()
    try old.commit(state(1), Self.ofEachClass.map { entry(1, $0) })
    let next = try Journal(
      path: folder.path("next.sqlite"), serial: "BP-1", makesNew: true, goingOn: old.past)
    let report = try next.verify()
    #expect(report.firstBroken == nil && report.events == 0 && report.first == 8)
    #expect(next.past.newestEvent == 7)
  }

  /// A flood of what is forgotten, with something of every class before it.
  private func flooded(_ folder: Folder, commits: Int64 = 12, kept: Int64 = 2_000) throws -> Journal
  {
    let journal = try folder.journal(eventsKept: kept)
    try journal.commit(
      state(1), Self.ofEachClass.enumerated().map { entry(Int64($0.offset), $0.element) })
    for commit in 2...commits {
      let flood = (1...500).map { entry(commit * 1_000 + $0) }
      try journal.commit(state(commit), flood, signing: own.signing(at: commit, isDue: false))
    }
    return journal
  }

  @Test("R-096 R-125 What says who did what outlasts any flood of what does not, and is linked")
  func outlasts() throws {
    let folder = try Folder()
    var found: ChainReport?
    do {
      let journal = try flooded(folder)
      let report = try journal.verify(own.verifier)
      found = report
      #expect(report.firstBroken == nil && report.kept >= Int64(Self.ofEachClass.count))
      #expect(report.events >= 2_000 && report.events <= 4_000 && report.first > 2_000)
      let all = try journal.all()
      for (index, content) in Self.ofEachClass.enumerated() {
        #expect(all[index].id == Int64(index) + 1)
        #expect("\(all[index].entry.content)" == "\(content)")
      }
      // Each time something was forgotten, what there was then was signed.
      #expect(report.signatures?.fault == nil)
      #expect(report.signatures?.newest?.head.forgotten == report.first - 1)
    }
    // Nothing of that hangs on memory.
    #expect(try folder.journal(isReader: true).verify(own.verifier) == found)
  }

  @Test("R-096 Each class is bounded by itself: the oldest of it go, and no other's")
  func bounded() throws {
    let folder = try Folder()
    // No class may hold more than the newest there are.
    let journal = try folder.journal(eventsKept: 300)
    try journal.commit(state(1), [entry(0, .keyChanged(KeyChange()))])
    for commit in Int64(2)...40 {
      try journal.commit(state(commit), (1...100).map { entry(commit * 1_000 + $0, Self.refused) })
    }
    let report = try journal.verify()
    #expect(report.firstBroken == nil && report.kept == 301)
    let kept = try journal.all().filter { $0.id < report.first }
    #expect(kept.first?.id == 1 && kept[1].id == report.first - 300)
    #expect(kept.dropFirst().map(\.id) == Array((report.first - 300)..<report.first))
  }

  @Test(
    "R-125 What was kept cannot be altered, left out, put in or cut without being found",
    arguments: [
      ("UPDATE events SET utc_ns = 1 WHERE id = 3", Int64(3)),
      ("DELETE FROM events WHERE id = 1", 2_000), ("DELETE FROM events WHERE id = 5", 2_000),
      ("UPDATE events SET kind = 11, body = x'' WHERE id = 2", 2),
      ("INSERT INTO events VALUES (700, 1, 1, 1, 2, x'', zeroblob(32), 1)", 700),
    ])
  func alteredKept(_ sql: String, _ broken: Int64) throws {
    let folder = try Folder()
    _ = try flooded(folder)
    try folder.alter(sql)
    let found = try #require(try folder.journal(isReader: true).verify().firstBroken)
    #expect(broken < 2_000 ? found == broken : found >= broken)
  }

  @Test("R-125 A beginning that was cut is told, though all its hashes are made anew")
  func cutBeginning() throws {
    for sql in [
      // As if more had been forgotten.
      """
      UPDATE chain SET forgotten = forgotten + 500,
        forgotten_hash = (SELECT hash FROM events WHERE id = forgotten + 500);
      DELETE FROM events WHERE id <= (SELECT forgotten FROM chain)
        AND id > (SELECT forgotten FROM chain) - 500;
      """,
      // As if nothing had been kept.
      "DELETE FROM events WHERE id <= (SELECT forgotten FROM chain); UPDATE chain SET archives = x''",
    ] {
      let folder = try Folder()
      let first = try flooded(folder).verify().first
      try folder.alter(sql)
      let report = try folder.journal(isReader: true).verify(own.verifier)
      #expect(report.firstBroken == nil)
      #expect(report.signatures?.fault == .beginIsCut(signed: first))
    }
  }

  @Test(
    "R-125 An event that was altered before it was pushed out is found for as long as it is kept")
  func alteredBefore() throws {
    let folder = try Folder()
    _ = try flooded(folder, commits: 2)
    try folder.alter("UPDATE events SET utc_ns = 1 WHERE id = 4")
    do {
      let journal = try folder.journal(eventsKept: 2_000)
      for commit in Int64(3)...14 {
        try journal.commit(state(commit), (1...500).map { entry(commit * 1_000 + $0) })
      }
      #expect(journal.newestForgotten >= 2_000)
    }
    #expect(try folder.journal(isReader: true).verify().firstBroken == 4)
  }

  @Test("R-096 Above its length the file holds fewer events, and what is kept stays")
  func length() throws {
    let folder = try Folder()
    let bytesMax: Int64 = 8 << 20
    let journal = try Journal(
      path: folder.path(), serial: "BP-1", makesNew: true, bytesMax: bytesMax)
    try journal.commit(state(1), [entry(0, .keyChanged(KeyChange()))])
    for commit in Int64(2)...120 {
      try journal.commit(
        state(commit), (1...500).map { entry(commit * 1_000 + $0, .steps(Array(0..<40))) })
    }
    let report = try journal.verify()
    #expect(report.firstBroken == nil && report.kept == 1 && report.events >= 10_000)
    let bytes = try journal.database.read { database in
      try (Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0)
        * (Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0)
    }
    #expect(bytes <= bytesMax + bytesMax / 8)
  }

  @Test("R-096 What all classes may take stays below the length of the file by half of it")
  func table() {
    let worst = Retention.allCases.reduce(Int64(0)) { $0 + $1.row.most * $1.row.longest }
    #expect(worst * 2 < Journal.bytesMax, "\(worst)")
    // No kind is in two classes, and none of the bookkeeping in any.
    let kinds = Retention.allCases.flatMap { Array($0.row.kinds) }
    #expect(Set(kinds).count == kinds.count)
    #expect(Set(kinds).isDisjoint(with: [4, 5, 6, 7, 8, 15]))
  }

  @Test("R-091 R-096 Page by page the same comes of what was kept, whatever is asked for")
  func pages() throws {
    let folder = try Folder()
    let journal = try flooded(folder, commits: 40)
    let paged = PagedJournal { try journal.page($0) }
    for kinds in [[], [1], [3], [16], [18], [4], [20, 25]] as [Set<UInt8>] {
      var (found, last) = ([EventRow](), Int64(0))
      while true {
        let next = try paged.rows(after: last, of: kinds)
        if next.rows.isEmpty { break }
        found += next.rows
        last = next.last
      }
      let wanted = try journal.rows(after: 0, of: kinds, atMost: 100_000).rows
      #expect(found == wanted && !wanted.isEmpty, "\(kinds)")
      for later in [Int64(0), 1, 4_000] where !kinds.isEmpty {
        #expect(
          try paged.newestEvent(of: kinds.sorted(), before: later)
            == journal.newestEvent(of: kinds.sorted(), before: later))
      }
    }
    let copy = try JournalCopy(path: folder.path("copy"), head: journal.head())
    try copy.add(journal.rows(after: 0, atMost: 100_000).rows[...])
    let report = try Journal(path: folder.path("copy"), serial: nil, isReader: true).verify()
    #expect(report == (try journal.verify()) && report.kept > 0)
  }

  @Test("R-119 A journal of an earlier version, which kept nothing, goes on and keeps from then on")
  func earlierVersion() throws {
    let folder = try Folder()
    try folder.journal().commit(state(1), (1...1_500).map { entry($0) })
    try folder.alter(
      """
      ALTER TABLE chain DROP COLUMN archives;
      DELETE FROM grdb_migrations WHERE identifier LIKE '8 %';
      """)
    #expect(try folder.journal(isReader: true).verify().events == 1_500)
    let journal = try folder.journal(eventsKept: 300)
    try journal.commit(state(2), [entry(1_501, .keyChanged(KeyChange()))])
    for commit in Int64(3)...5 {
      try journal.commit(state(commit), (1...1_000).map { entry(commit * 1_000 + $0) })
    }
    let report = try journal.verify()
    #expect(report.firstBroken == nil && report.kept == 1 && report.first > 2_000)
  }
}
