import DosingCore
import Durability
import Journal
import Plant
import Quantities
import Simulation
import Testing

/// What the core heard of the load cell stands in the journal, and is enough to decide the same again.
@Suite struct WeighedReplayTests {
  @Test(
    "R-134 What is decided by a weight is decided again by replay, and not without what was heard"
  )
  func replay() throws {
    let bench = try DurableBench(seed: 5, weighed: true)
    bench.run(for: .hours(2))
    // Two millilitres are gone at once: somebody has spilled them.
    bench.pump.byHand { $0.reservoir.aspirate(microlitres: 2_000) }
    bench.run(for: .hours(1))
    #expect(bench.pump.board.on[.weightDiffers])
    try bench.restart()
    bench.run(for: .hours(1))
    #expect(bench.pump.board.on[.weightDiffers])
    // A needle of something.
    bench.pump.byHand { $0.reservoir.fill(microlitres: 4_000, concentration: 500_000) }
    bench.run(for: .hours(1))
    #expect(bench.pump.board.on[.reservoirUnknown])
    bench.end()
    let report = try bench.replay { _ in true }
    #expect(report.difference == nil)
    #expect(report.starts == 2 && report.decisions > 500)
    var dropped = 0
    let deaf = try bench.replay { entry in
      guard case .sampled = entry.content else { return true }
      dropped += 1
      return false
    }
    #expect(dropped > 200 && deaf.difference?.field == "faults")
  }

  @Test(
    "R-134 Looks with nothing between them are each of their own tick, as of a pump that is stopped"
  )
  func stopped() throws {
    let bench = try DurableBench(seed: 6, weighed: true)
    bench.run(for: .hours(1))
    #expect(bench.pump.ask(.stop).answer.isAccepted)
    bench.run(for: .hours(1))
    // Whoever leans on it and goes away, twice, for less than it takes to be believed; and then for longer.
    for (milligrams, minutes) in [(900.0, 4), (0, 4), (900, 4), (0, 9), (900, 15)]
      as [(Double, Int64)]
    {
      bench.scale?.cell.offsetMilligrams = milligrams
      bench.run(for: .minutes(minutes))
    }
    #expect(bench.pump.board.on[.reservoirUnknown] || bench.pump.board.on[.notEmptying])
    bench.end()
    let report = try bench.replay { _ in true }
    #expect(report.difference == nil && report.decisions > 1)
  }

  @Test("R-134 A day of 0.6 mL is 2,640 samples at the most, of less than 200 bytes each")
  func growth() throws {
    var sizes: [Int] = []
    var samples = 0
    for weighed in [false, true] {
      let bench = try DurableBench(seed: 5, weighed: weighed)
      bench.run(for: .days(1))
      bench.end()
      samples = try bench.samples()
      sizes.append(bench.machine.disk.contents("journal.sqlite", atMost: 1 << 28)?.count ?? 0)
    }
    #expect(sizes[0] > 0 && (1_440...2_640).contains(samples), "\(samples)")
    #expect(sizes[1] - sizes[0] < samples * 200, "\(sizes) \(samples)")
  }
}

extension DurableBench {
  private func journal() throws -> Journal {
    machine.disk.setFaults()
    return try Journal(path: machine.journalPath, serial: "BP-1", makesNew: true)
  }

  /// The journal with the entries that `keeps` says, replayed.
  fileprivate func replay(_ keeps: (Entry) -> Bool) throws -> Replay.Report {
    let journal = try journal()
    let state = try #require(try journal.newestState())
    let other = SimulatedMachine(seed: 6)
    let copy = try Journal(path: other.journalPath, serial: "BP-1", makesNew: true)
    var entries: [Entry] = []
    try journal.forEachEntry { _, entry in
      if keeps(entry) { entries.append(entry) }
      return true
    }
    try copy.commit(state, entries)
    return try Replay(copy).run()
  }

  fileprivate func samples() throws -> Int {
    var count = 0
    try journal().forEachEntry { _, entry in
      if case .sampled = entry.content { count += 1 }
      return true
    }
    return count
  }
}
