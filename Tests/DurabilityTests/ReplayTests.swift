import DosingCore
import Durability
import Journal
import Quantities
import Simulation
import Testing

@Suite struct ReplayTests {
  /// Copies the journal of a history into one on another disk, with one entry changed.
  private func replay(
    seed: UInt64, change: (Int64, inout Entry) -> Void = { _, _ in }
  ) throws -> Replay.Report {
    let history = try CrashHistory(
      seed: seed, plan: CrashHistory.Plan(lives: 12, powerCuts: 30))
    try history.run()
    #expect(history.oracle.faults == [])
    let machine = SimulatedMachine(seed: seed)
    var report: Replay.Report?
    try history.inspect { journal in
      let state = try #require(try journal.newestState())
      let copy = try Journal(path: machine.journalPath, serial: "BP-1", makesNew: true)
      for order in history.orders {
        var with = state
        with.prescription = order.prescription.recordBytes
        try copy.commit(with, [])
      }
      var entries: [Entry] = []
      try journal.forEachEntry { id, entry in
        var entry = entry
        change(id, &entry)
        entries.append(entry)
        return true
      }
      try copy.commit(state, entries)
      report = try Replay(copy).run()
    }
    return try #require(report)
  }

  @Test("R-092 Every decision of a journal is made again", arguments: [UInt64(11), 12, 13, 15])
  func same(seed: UInt64) throws {
    let report = try replay(seed: seed)
    #expect(report.difference == nil)
    #expect(
      report.starts >= 8 && report.decisions > 100 && report.ticks > 500,
      "\(report)")
  }

  @Test("R-092 How far the record goes is told by its newest tick, whatever was written last")
  func newestTick() throws {
    let machine = SimulatedMachine(seed: 1)
    let journal = try Journal(path: machine.journalPath, serial: "BP-1", makesNew: true)
    let none = try Replay(journal).run()
    #expect(none.lastTick == 0 && none.lastUTC == 0 && none.starts == 0)
    let state = JournalState(
      commit: 1, generation: 1, tick: 9, time: machine.clocks.now, leaseEnd: 0, isSettled: true,
      rig: [1], prescription: nil, body: [1])
    try journal.commit(
      state,
      [(3, 30), (8, 80), (5, 90)].map { tick, utc in
        Entry(tick: tick, utc: utc, monotonic: utc, content: .requestActed)
      })
    let report = try Replay(journal).run()
    #expect(report.lastTick == 8 && report.lastUTC == 90 && report.entriesSkipped == 3)
  }

  @Test("R-092 The first difference is named by its tick and field")
  func different() throws {
    /// Changes the first entry behind the 60th for which `body` returns true.
    func first(_ body: @escaping (inout Entry) -> Bool) throws -> Replay.Difference {
      var isDone = false
      let report = try replay(seed: 12) { id, entry in
        if id > 60, !isDone { isDone = body(&entry) }
      }
      #expect(isDone)
      return try #require(report.difference)
    }
    let later = try first { entry in
      guard case .steps(var ticks) = entry.content, ticks.count > 1 else { return false }
      ticks[1] += 1
      entry.content = .steps(ticks)
      return true
    }
    #expect(later.field == "step" && later.recorded == "none" && later.replayed == "made")
    let refused = try first { entry in
      guard case .requested(var requested) = entry.content, requested.reason == 0 else {
        return false
      }
      requested.reason = RefusalReason.lockout.rawValue
      entry.content = .requested(requested)
      return true
    }
    #expect(refused.field.hasPrefix("answer to request") && refused.replayed == "accepted")
    let lease = try first { entry in
      guard case .committed(var committed) = entry.content else { return false }
      committed.leaseEnd += 1
      entry.content = .committed(committed)
      return true
    }
    #expect(lease.field == "end of the lease")
    let account = try first { entry in
      guard case .committed(var committed) = entry.content, committed.account != nil else {
        return false
      }
      committed.stepsInDoubt += 1
      entry.content = .committed(committed)
      return true
    }
    #expect(account.field == "steps in doubt")
  }
}
