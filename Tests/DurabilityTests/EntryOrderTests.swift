import DosingCore
import Durability
import Engine
import Journal
import Quantities
import SeededNumbers
import Simulation
import Testing

/// What the tick does, and what sensors and link tell beside it, in one order.
@Suite struct EntryOrderTests {
  @Test(
    "R-091 R-092 No entry has an earlier tick than the one before it, whenever it was told",
    arguments: [UInt64(1), 2, 3, 4, 5, 6])
  func randomLife(seed: UInt64) throws {
    let bench = try KeeperBench()
    var random = SplitMix64(seed: seed)
    try bench.program()
    var told = 0
    for round in 1...400 {
      for _ in 0..<random.number(0...25) { bench.tick() }
      let now = bench.core.now.number
      // What the link has to say, of a while ago or of just now.
      let tick = max(0, now - random.number(0...40))
      switch random.number(0...9) {
      case 0, 1:
        bench.keeper.tell(LinkChanges(), [.linkCounted([])], at: tick, isUrgent: false)
        told += 1
      case 2:
        bench.keeper.tell(LinkChanges(), [.framesRefused([1])], at: tick, isUrgent: false)
        told += 1
      case 3:
        let changes = bench.key(number: Int64(round))
        bench.keeper.tell(changes, [.keyChanged(KeyChange())], at: now, isUrgent: true)
        told += 1
      case 4: _ = bench.ask(.stop)
      case 5: _ = bench.ask(.resume)
      case 6: _ = bench.ask(.acknowledge)
      default: break
      }
      let fails = random.number(0...9) == 0
      bench.disk.setFaults(writes: fails ? 1_000 : 0)
      if random.number(0...2) > 0 { bench.keeper.turn() }
    }
    bench.disk.setFaults()
    bench.run(1)
    bench.end()

    var (newest, found, steps) = (Int64.min, 0, 0)
    try bench.journal.forEachEntry { id, entry in
      #expect(entry.tick >= newest, "entry \(id)")
      newest = entry.tick
      switch entry.content {
      case .linkCounted, .framesRefused, .keyChanged: found += 1
      case .steps(let ticks):
        steps += ticks.count
        #expect(ticks.first == entry.tick)
      default: break
      }
      return true
    }
    #expect(found == told && told > 50)
    #expect(Int64(steps) == bench.core.account.steps && steps > 5)
    let chain = try bench.journal.verify()
    #expect(chain.firstBroken == nil)
    let report = try Replay(bench.journal).run()
    #expect(report.difference == nil)
    #expect(report.entriesSkipped == 0 && report.decisions > 50)
  }

  @Test("R-091 What the link tells at once is dated when it was told, though no commit comes")
  func urgentWithoutCommit() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(200)
    let now = bench.core.now.number
    bench.keeper.tell(
      bench.key(number: 1), [.keyChanged(KeyChange())], at: now, isUrgent: true)
    #expect(bench.keeper.turn())
    let newest = try #require(
      try bench.journal.entries(after: 0, atMost: 1_000).last { numbered in
        if case .keyChanged = numbered.entry.content { true } else { false }
      })
    #expect(newest.entry.tick == now)
    bench.run(50)
    bench.end()
    #expect(try Replay(bench.journal).run().difference == nil)
  }
}
