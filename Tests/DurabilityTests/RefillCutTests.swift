import DosingCore
import Quantities
import Simulation
import Testing

/// The power goes while a step of a refill is being written down, at each write to the disk: basal goes on, what
/// was confirmed is kept, nothing half done is believed, and whoever comes back can go on.
@Suite struct RefillCutTests {
  private static let lot = Label(utf8: "A-7".utf8) ?? .none
  private static let aspirated = Volume(picolitres: 199_000_000_000)
  private static let filled = Volume(picolitres: 150_000_000_000)

  private static let steps = [
    SupplyChange(.begin, concentration: Concentration(nanogramsPerMillilitre: 1_000_000)),
    SupplyChange(.aspirated, volume: aspirated), SupplyChange(.filled, volume: filled, lot: lot),
    SupplyChange(.finish),
  ]
  /// What it waits for: before the first, and after each of them.
  private static let stages: [Refill.Stage] = [.none, .begun, .aspirated, .filled, .none]

  /// Whether it was confirmed: the pump says that it is durable, and acts by it.
  private func tell(_ bench: DurableBench, _ step: Int) -> Bool {
    let (answer, commit) = bench.pump.ask(.supply(Self.steps[step]))
    #expect(answer.isAccepted, "\(step): \(answer)")
    bench.run(for: .seconds(3))
    return bench.pump.durableCommit >= commit && bench.pump.actedCommit >= commit
  }

  private func strengths(_ bench: DurableBench) -> [Int64] {
    let line = bench.pump.status.line
    return (0..<line.count).map { line[$0].concentration.nanogramsPerMillilitre }
  }

  /// A millilitre stayed behind, and mixes.
  private func isMixed(_ bench: DurableBench) -> Bool {
    (996_000..<997_000).contains(strengths(bench).last ?? 0)
  }

  /// How far the pump is, of the steps: the last and the first stage are told apart by what is in the line.
  private func told(_ bench: DurableBench) -> Int {
    let stage = bench.pump.refill.stage
    if stage == .none { return strengths(bench).count > 1 ? 4 : 0 }
    return Self.stages.firstIndex(of: stage) ?? -1
  }

  @Test("R-083 R-129 A power cut at any write of any step of a refill", arguments: 0..<4)
  func cut(step: Int) throws {
    var (kept, lost) = (0, 0)
    for writes in UInt64(1)...80 {
      let bench = try DurableBench(seed: writes)
      bench.run(for: .minutes(1))
      for before in 0..<step { #expect(tell(bench, before)) }
      bench.machine.disk.cutPower(afterWrites: writes)
      let isConfirmed = tell(bench, step)
      let wasCut = !bench.machine.hasPower
      let steps = bench.pump.account.steps
      try bench.restart(afterPowerCut: .seconds(40))
      let now = told(bench)
      #expect(now == step + 1 || (now == step && !isConfirmed), "write \(writes): \(now)")
      if now == step + 1 { kept += 1 } else { lost += 1 }
      try expectWhole(bench, now)
      bench.run(for: .minutes(2))
      #expect(bench.pump.mode == .continuous && bench.pump.account.steps > steps)
      for after in now..<4 { #expect(tell(bench, after), "write \(writes), \(after)") }
      #expect(bench.pump.refill.stage == .none && isMixed(bench))
      if !wasCut { break }
    }
    #expect(kept > 0 && lost > 0, "\(kept) kept, \(lost) lost")
  }

  /// What was told is there as it was told, or not at all.
  private func expectWhole(_ bench: DurableBench, _ told: Int) throws {
    let refill = bench.pump.refill
    if (1...3).contains(told) {
      #expect(refill.announced == Concentration(nanogramsPerMillilitre: 1_000_000))
    }
    if (2...3).contains(told) { #expect(refill.aspirated == Self.aspirated) }
    #expect(refill.filled == (told == 3 ? Self.filled : .zero))
    #expect((refill.lot == Self.lot) == (told == 3))
    // From aspirated on the head takes in what may be the stronger of the two.
    let most = strengths(bench).last ?? 0
    switch told {
    case 0, 1: #expect(most == 500_000)
    case 4: #expect(isMixed(bench), "\(most)")
    default: #expect(most == 1_000_000)
    }
    #expect(bench.pump.board.on[.reservoirUnknown] == (told == 2 || told == 3))
  }
}
