import DosingCore
import Foundation
import GRDB
import Testing

@testable import Journal

/// A journal that is read page by page, as over the link, and what is copied from it.
@Suite struct PagedJournalTests {
  /// Bodies of all sizes, some of them far longer than a page.
  private func contents() -> [Entry.Content] {
    func started(_ length: Int) -> Entry.Content {
      var started = Started()
      started.state = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
      started.rig = sha256(of: [1, 2, 3])
      return .started(started)
    }
    var contents = [started(16_384), .ended, started(0), started(3_700), started(3_701)]
    for length in stride(from: 3_500, through: 3_900, by: 7) { contents.append(started(length)) }
    for count in 0..<300 { contents.append(.steps(Array(0..<Int64(count % 40)))) }
    return contents + [started(16_384), started(16_384), .ended]
  }

  private func filled(_ folder: Folder) throws -> Journal {
    let journal = try folder.journal()
    let entries = contents().enumerated().map { entry(Int64($0.offset), $0.element) }
    try journal.commit(state(1, prescription: [9, 9]), entries)
    return journal
  }

  private func all(_ paged: PagedJournal) throws -> [EventRow] {
    var (rows, last) = ([EventRow](), Int64(0))
    while true {
      let next = try paged.rows(after: last)
      if next.rows.isEmpty { return rows }
      rows += next.rows
      last = next.last
    }
  }

  @Test("R-091 Page by page everything comes as it stands there, however long it is")
  func same() throws {
    let folder = try Folder()
    let journal = try filled(folder)
    var pages = 0
    let paged = PagedJournal { asked in
      pages += 1
      let page = try journal.page(asked)
      #expect(page.count <= RecordsBody.capacity)
      return page
    }
    let rows = try all(paged)
    #expect(rows.count == contents().count)
    #expect(try rows == journal.rows(after: 0, atMost: 100_000).rows)
    // Nearly all pages are full.
    #expect(pages < rows.count / 2)
    #expect(try paged.head() == journal.head())
    #expect(try paged.head().newest == Int64(rows.count))
    for record in [[1, 2, 3], [9, 9]] as [[UInt8]] {
      let stored = try #require(try paged.storedDocument(sha256(of: record)))
      #expect(stored.document(sha256(of: record)) == record)
    }
    #expect(try paged.storedDocument(sha256(of: [7])) == nil)
  }

  @Test("R-091 A search backwards finds what a look at the whole table finds, in bounded steps")
  func search() throws {
    let folder = try Folder()
    let journal = try folder.journal()
    var entries: [Entry] = []
    for index in Int64(0)..<13_000 {
      let content: Entry.Content =
        switch index {
        case 17, 9_000: .keyChanged(KeyChange())
        case 40, 12_000: .started(Started())
        case 3_000: .extraDoseEnded(DoseEnd())
        default: index % 3 == 0 ? .ended : .ticksMissed(1)
        }
      entries.append(entry(index, content))
    }
    try journal.commit(state(1), entries)
    let paged = PagedJournal { try journal.page($0) }
    for kinds in [[16], [1], [11], [2], [4], [2, 4], [1, 11, 16], [9], [], [63, 2]] as [[UInt8]] {
      for later in [Int64(0), 1, 3, 5_000, 30_000] {
        for last in [Int64.max, 12_001, 41, 0] {
          #expect(
            try paged.newestEvent(of: kinds, before: later, upTo: last)
              == journal.newestEvent(of: kinds, before: later, upTo: last),
            "\(kinds) \(later) \(last)")
        }
      }
    }
    for kinds in [[16], [1, 11], [2], [9], [63]] as [Set<UInt8>] {
      for after in [Int64(0), 17, 9_000, 12_999, 13_000, 20_000] {
        var (found, last, pages) = ([EventRow](), after, 0)
        repeat {
          let next = try paged.rows(after: last, of: kinds)
          if next.rows.isEmpty { break }
          found += next.rows
          last = next.last
          pages += 1
        } while pages < 1_000
        let wanted = try journal.rows(after: after, of: kinds, atMost: 100_000)
        #expect(found == wanted.rows, "\(kinds) after \(after)")
        // Whoever asks for more asks from the end on.
        #expect(try paged.rows(after: last, of: kinds).last == max(after, 13_000))
        #expect(wanted.last == max(after, 13_000))
      }
    }
    // One step looks at a few thousand events, whatever is asked.
    var asked = AskRecordsBody(.newestEvent)
    (asked.event, asked.kinds) = (.max, 1 << 11)
    var result = SearchResult()
    var reader = ByteReader(try bytes(journal.page(asked)))
    result.layout(&reader)
    #expect(result == SearchResult(found: 0, left: 13_000 - Journal.searchedAtOnce, later: 0))
  }

  private func bytes(_ page: RecordsBody) -> [UInt8] { (0..<page.count).map { page[$0] } }

  @Test("R-091 R-096 What is forgotten or changes between two pages is never put together")
  func changesMeanwhile() throws {
    let folder = try Folder()
    let journal = try folder.journal(eventsKept: 500)
    var started = Started()
    started.state = [UInt8](repeating: 7, count: 10_000)
    let long = (1...600).map { entry($0, .started(started)) }
    try journal.commit(state(1), long)
    // Behind the first page of the oldest event, it and many more are forgotten.
    var isFirst = true
    let paged = PagedJournal { asked in
      let page = try journal.page(asked)
      if isFirst {
        isFirst = false
        try journal.commit(state(2), (1...1_000).map { entry(600 + $0) })
      }
      return page
    }
    let rows = try paged.rows(after: 0).rows
    // No more starts are kept than there are newest events.
    #expect(rows.first?.id == 101)
    #expect(try rows.first?.numbered.entry.tick == 101)
    // The head is of one moment, though a commit comes between its pages.
    var commit: Int64 = 2
    func change() throws {
      commit += 1
      var new = state(commit)
      new.body = [UInt8](repeating: UInt8(truncatingIfNeeded: commit), count: 12_000)
      try journal.commit(new, [])
    }
    try change()
    let changing = PagedJournal { asked in
      let page = try journal.page(asked)
      try change()
      return page
    }
    let before = try journal.head()
    #expect(try changing.head() == before)
    #expect(commit > 5)
    // Somebody else who begins meanwhile lets it begin again.
    func disturbed(_ times: Int) -> PagedJournal {
      var left = times
      return PagedJournal { asked in
        let page = try journal.page(asked)
        guard left > 0 else { return page }
        left -= 1
        try change()
        _ = try journal.page(AskRecordsBody(.head))
        return page
      }
    }
    #expect(try disturbed(3).head() == journal.head())
    #expect(throws: JournalError.busy) { try disturbed(.max).head() }
  }

  @Test("R-056 A pump that sends anything else is refused, and never waited for")
  func lyingPump() throws {
    let folder = try Folder()
    let journal = try filled(folder)
    var seed: UInt64 = 1
    func random() -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return seed >> 33
    }
    var refused = 0
    for round in 0..<120 {
      let paged = PagedJournal { asked in
        let page = try journal.page(asked)
        var altered = RecordsBody()
        altered.mark = round % 3 == 0 ? random() : page.mark
        altered.length = round % 5 == 0 ? UInt32(truncatingIfNeeded: random()) : page.length
        let end = round % 7 == 0 ? Int(random() % 3_841) : page.count
        let place = Int(random() % 200)
        for index in 0..<end {
          let byte = index < page.count ? page[index] : UInt8(truncatingIfNeeded: random())
          altered.append(index == place ? byte ^ UInt8(truncatingIfNeeded: random() | 1) : byte)
        }
        return altered
      }
      do {
        _ = try paged.head()
        _ = try paged.newestEvent(of: [2])
        _ = try paged.rows(after: 0)
        _ = try paged.storedDocument(sha256(of: [1, 2, 3]))
      } catch { refused += 1 }
    }
    #expect(refused > 80)
    // Pages without end, and pages with nothing in them.
    var endless = RecordsBody()
    (endless.mark, endless.length) = (1, .max)
    #expect(throws: JournalError.self) { try PagedJournal { _ in endless }.head() }
    while endless.count < RecordsBody.capacity { endless.append(0xff) }
    let pump = PagedJournal { _ in endless }
    #expect(throws: JournalError.self) { try pump.head() }
    #expect(throws: JournalError.self) { try pump.rows(after: 0) }
  }

  @Test("R-091 A copy is the journal of the moment at which it was begun, and is linked")
  func copy() throws {
    let folder = try Folder()
    let journal = try filled(folder)
    var changes = LinkChanges()
    changes.keys[KeyID(7)] = KeyRecord.blank
    try journal.keep(changes, [])
    let paged = PagedJournal { try journal.page($0) }
    let head = try paged.head()
    let newest = try journal.newestState()
    do {
      let copy = try JournalCopy(path: folder.path("copy.sqlite"), head: head)
      try journal.commit(state(2), [entry(9_000)])
      let rows = try all(paged)
      try copy.add(rows.prefix { $0.id <= head.newest })
      for digest in [head.rig, head.prescription].compactMap(\.self) {
        try copy.add(document: try #require(try paged.storedDocument(digest)))
      }
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(files.filter { $0.hasPrefix("copy") } == ["copy.sqlite"])
    let copy = try Journal(path: folder.path("copy.sqlite"), serial: "BP-1", isReader: true)
    #expect(copy.lineage == journal.lineage)
    #expect(try copy.newestState() == newest)
    let report = try copy.verify()
    #expect(report.firstBroken == nil && report.events == head.newest)
    #expect(try copy.linkMemory().keys.isEmpty && !journal.linkMemory().keys.isEmpty)
  }
}
