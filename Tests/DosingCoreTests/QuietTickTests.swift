import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

@Suite struct QuietTickTests {
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
