import DosingCore
import Durability
import Journal
import Quantities
import Simulation
import Testing

/// The copies beside the journal hold what is in the line: a journal that is lost must not turn 1,000 ug/mL
/// back into the 500 ug/mL that the order names.
@Suite struct HeldTests {
  /// A pump that was refilled with 1,000 ug/mL under an order of 500 ug/mL.
  private func refilled() throws -> KeeperBench {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(200)
    for step in [
      SupplyChange(.begin, concentration: Concentration(nanogramsPerMillilitre: 1_000_000)),
      SupplyChange(.aspirated, volume: Volume(picolitres: 199_000_000_000)),
      SupplyChange(.filled, volume: Volume(picolitres: 150_000_000_000)),
      SupplyChange(.finish),
    ] {
      #expect(bench.ask(.supply(step)).isAccepted)
      bench.run(3)
    }
    return bench
  }

  /// What is at the tip, and behind it, in ng/mL.
  private func line(_ pump: borrowing RestoredPump) -> [Int64] {
    let line = pump.core.ledger.line
    return (0..<line.count).map { line[$0].concentration.nanogramsPerMillilitre }
  }

  /// The flow of basal, in pL/d.
  private func flow(_ pump: borrowing RestoredPump) -> Int64 {
    var (core, status) = (pump.core, Status(serial: .none))
    core.report(to: &status)
    return status.flow.picolitresPerDay
  }

  private func restoration(
    _ bench: borrowing KeeperBench, _ record: SafeBasalRecord, made trace: TickTrace? = nil
  ) -> Restoration {
    Restoration(
      rig: bench.core.rig, clock: WeekTime(sinceMonday: .zero),
      time: bench.history.machine.clocks,
      trace: { _ in trace }, safeBasal: record, firstTickIn: .milliseconds(50))
  }

  @Test(
    "R-089 R-126 A journal that is gone after a refill: what is stronger is dosed for, which alarms"
  )
  func journalGone() throws {
    let bench = try refilled()
    let both = bench.copies.both
    let record = try #require(both[0])
    #expect(both[1] == record && record.steps > 0)
    let held = bench.core.ledger.line.reservoir.nanogramsPerMillilitre
    #expect(held > 900_000)
    let pump = restoration(bench, record).restore(nil)
    #expect(line(pump) == [500_000, held])
    #expect(pump.core.ledger.account.steps >= record.steps)
    #expect(pump.core.board[.lineUncertain]?.priority == .high)
    // Safe basal, of what is in the reservoir.
    let order = try #require(pump.core.therapy).prescription
    let ofStronger = (order.safeBasal ?? .zero).nanogramsPerDay * 1_000_000 / held * 1_000
    #expect(abs(flow(pump) - ofStronger) <= 1_000_000, "\(flow(pump)) \(ofStronger)")
    // The run page tells how far the line has come: nothing is in doubt.
    var core = bench.core
    let known = restoration(bench, record, made: core.trace(stepIsUnderWay: false))
      .restore(nil)
    #expect(line(known) == [500_000, held])
    #expect(!known.core.board.on[.lineUncertain])
    #expect(abs(flow(known) - ofStronger * held / 500_000) <= 4_000_000)
  }

  @Test("R-089 R-126 A journal that was put back from before a refill does not undo it")
  func journalPutBack() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(200)
    let before = try #require(try bench.journal.newestState())
    let refilled = try refilled()
    let record = try #require(refilled.copies.both[0])
    let pump = restoration(refilled, record).restore(before)
    #expect(line(pump) == [500_000, refilled.core.ledger.line.reservoir.nanogramsPerMillilitre])
    #expect(pump.core.board[.lineUncertain]?.priority == .high)
  }

  @Test("R-084 R-129 The copies follow each step of a refill, and none of the motor")
  func follows() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(200)
    let before = try #require(bench.copies.both[0])
    bench.run(2_000)
    #expect(bench.copies.both[0]?.generation == before.generation)
    #expect(bench.core.account.steps > before.steps)
    let begin = SupplyChange(
      .begin, concentration: Concentration(nanogramsPerMillilitre: 1_000_000))
    #expect(bench.ask(.supply(begin)).isAccepted)
    bench.run(3)
    let after = try #require(bench.copies.both[0])
    #expect(after.generation > before.generation && after.held != before.held)
    // A pump whose journal is gone knows that somebody is refilling it.
    #expect(restoration(bench, after).restore(nil).core.refill.stage == .begun)
    // What cannot be read changes nothing.
    var broken = after
    broken.held.removeLast()
    let pump = restoration(bench, broken).restore(nil)
    #expect(line(pump) == [500_000])
    #expect(pump.remarks.contains { $0.contains("cannot be read") })
    broken.held = []
    #expect(line(restoration(bench, broken).restore(nil)) == [500_000])
  }
}
