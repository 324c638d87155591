import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

@Suite struct QuietTickTests {
  @Test(
    "R-120 Where nothing accrues no step is ever due, and all ticks up to the next look are quiet")
  func nothingAccrues() {
    var state = DosingState(rig: .bench(), clock: midnight)
    var (next, passed) = (Int64(1), Int64(0))
    while next < 6_000 {
      let quiet = state.quietTicks()
      if quiet > 0 { state.passQuietly(quiet) } else { _ = state.step(Tick(next)) }
      (next, passed) = (next + max(1, quiet), passed + quiet)
    }
    // But for one at the end of each minute, and a few at the beginning.
    #expect(passed > 5_950 && passed < 6_000)
    #expect(state.account.steps == 0 && state.account.prescribed == 0)
  }

  @Test("R-120 How many ticks a dose takes to come to so much is told as if they were counted")
  func ticksOfADose() {
    var generator = SplitMix64(seed: 3)
    var counted = 0
    for _ in 0..<20_000 {
      let ticks = generator.number(1...30)
      var dose = ExtraDose(
        kind: .bolus, units: Int128(generator.number(1...60)), ticks: ticks, start: Tick(0))
      for _ in 0..<generator.number(0...(ticks - 1)) { _ = dose.accrue() }
      let (basal, wanted) = (Int128(generator.number(0...2)), Int128(generator.number(1...40)))
      let told = dose.ticks(until: wanted, beside: basal)
      var (sum, passed) = (Int128(0), Int64(0))
      while sum < wanted, dose.ticksLeft > 0 {
        sum += basal + dose.accrue()
        passed += 1
      }
      if sum >= wanted {
        counted += 1
        #expect(told == passed)
      } else {
        #expect(told > passed)
      }
    }
    #expect(counted > 5_000)
  }
}
