import DosingCore
import Durability
import Journal
import Simulation
import Testing

/// Questions about the journal between the link thread and the journal thread.
@Suite struct JournalPagesTests {
  @Test("R-111 A bounded number of questions waits, the oldest is answered first, a few in a turn")
  func bounded() throws {
    let bench = try KeeperBench()
    try bench.program()
    let pages = bench.keeper.pages
    var tickets: [JournalPages.Ticket] = []
    for _ in 0..<JournalPages.questionsMax {
      tickets.append(try #require(pages.ask(AskRecordsBody(.head))))
    }
    #expect(pages.ask(AskRecordsBody(.head)) == nil)
    #expect(tickets.allSatisfy { pages.take($0) == nil })
    var left = tickets.count
    while left > 0 {
      let count = bench.keeper.answerPages()
      #expect(count > 0 && count <= 4)
      // What nobody has fetched counts, too.
      if left == tickets.count { #expect(pages.ask(AskRecordsBody(.head)) == nil) }
      for ticket in tickets.dropFirst(tickets.count - left).prefix(count) {
        let page = try #require(pages.take(ticket)?.page)
        #expect(page.count > 100 && page.length >= UInt32(page.count))
      }
      left -= count
      let next = pages.ask(AskRecordsBody(.head))
      pages.forget(try #require(next))
    }
    #expect(bench.keeper.answerPages() == 0)
    // Each is told once.
    #expect(tickets.allSatisfy { pages.take($0) == nil })
  }

  @Test("R-093 A journal that cannot be read is told as that")
  func unreadable() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(50)
    var asked = AskRecordsBody(.document)
    asked.digest[0] = 1
    let unknown = try #require(bench.keeper.pages.ask(asked))
    #expect(bench.keeper.answerPages() == 1)
    let missing = try #require(bench.keeper.pages.take(unknown)?.page)
    #expect(missing.length == 0 && missing.count == 0)
    // More than SQLite keeps in memory, so that the disk is asked.
    let many = [Entry.Content](repeating: .linkCounted([]), count: 20_000)
    bench.keeper.tell(LinkChanges(), many, at: 60, isUrgent: false)
    bench.end()
    bench.disk.kill()
    let ticket = try #require(bench.keeper.pages.ask(AskRecordsBody(.events)))
    #expect(bench.keeper.answerPages() == 1)
    let outcome = try #require(bench.keeper.pages.take(ticket))
    #expect(outcome.page == nil)
  }
}
