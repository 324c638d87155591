import Quantities
import Testing

@Suite struct ArithmeticTests {
  @Test("R-041 Scaling is exact, and rounds the way that is named")
  func scalingRounds() {
    #expect(scaled(10, by: 10, over: 3, rounded: .down) == 33)
    #expect(scaled(10, by: 10, over: 3, rounded: .up) == 34)
    #expect(scaled(9, by: 10, over: 3, rounded: .up) == 30)
    #expect(scaled(0, by: 10, over: 3, rounded: .up) == 0)
  }

  @Test("R-041 Scaling goes through 128 bits and says where the result does not fit")
  func scalingExtremes() {
    #expect(scaled(.max, by: .max, over: .max, rounded: .down) == .max)
    #expect(scaled(.max, by: .max, over: .max, rounded: .up) == .max)
    #expect(scaled(.max, by: 2, over: 1, rounded: .down) == nil)
    #expect(scaled(.max, by: .max, over: 1, rounded: .down) == nil)
    #expect(scaled(.max, by: 7, over: .max, rounded: .up) == 7)
    #expect(scaled(1, by: 1, over: .max, rounded: .down) == 0)
    #expect(scaled(1, by: 1, over: .max, rounded: .up) == 1)
    #expect(scaled(.max, by: 4, over: 4, rounded: .up) == .max)
    #expect(scaled(.max / 2, by: 5, over: 2, rounded: .down) == nil)
  }

  @Test("R-041 Scaling below zero, or over zero, stops the program")
  func scalingPreconditions() async {
    await #expect(processExitsWith: .failure) { _ = scaled(-1, by: 1, over: 1, rounded: .down) }
    await #expect(processExitsWith: .failure) { _ = scaled(1, by: -1, over: 1, rounded: .down) }
    await #expect(processExitsWith: .failure) { _ = scaled(1, by: 1, over: 0, rounded: .down) }
  }

  @Test("R-041 The greatest common divisor divides both")
  func divisors() {
    #expect(greatestCommonDivisor(12, 18) == 6)
    #expect(greatestCommonDivisor(0, 5) == 5)
    #expect(greatestCommonDivisor(5, 0) == 5)
    #expect(greatestCommonDivisor(Int128(1) << 100, Int128(1) << 90) == Int128(1) << 90)
  }

  @Test("R-041 Volume, mass and concentration convert into one another")
  func conversions() {
    let strength = Concentration(nanogramsPerMillilitre: 500_000)
    // A step of 15.625 nL at 500 ug/mL is 7.8125 ng.
    let step = Volume(picolitres: 15_625)
    #expect(Mass(in: step, at: strength, rounded: .down)?.nanograms == 7)
    #expect(Mass(in: step, at: strength, rounded: .up)?.nanograms == 8)
    #expect(Volume(of: Mass(nanograms: 1), at: strength, rounded: .down)?.picolitres == 2_000)
    let odd = Concentration(nanogramsPerMillilitre: 300_000)
    #expect(Volume(of: Mass(nanograms: 1), at: odd, rounded: .down)?.picolitres == 3_333)
    #expect(Volume(of: Mass(nanograms: 1), at: odd, rounded: .up)?.picolitres == 3_334)
  }

  @Test("R-041 Dose rate and flow convert into one another")
  func rates() {
    let strength = Concentration(nanogramsPerMillilitre: 300_000)
    let flow = FlowRate(picolitresPerDay: 48_000_001)
    #expect(DoseRate(of: flow, at: strength, rounded: .down)?.nanogramsPerDay == 14_400)
    #expect(DoseRate(of: flow, at: strength, rounded: .up)?.nanogramsPerDay == 14_401)
    let dose = DoseRate(nanogramsPerDay: 100)
    #expect(FlowRate(of: dose, at: strength, rounded: .down)?.picolitresPerDay == 333_333)
    #expect(FlowRate(of: dose, at: strength, rounded: .up)?.picolitresPerDay == 333_334)
  }

  @Test("R-041 A conversion that does not fit is nil")
  func conversionsThatDoNotFit() {
    let weak = Concentration(nanogramsPerMillilitre: 1)
    #expect(Volume(of: Mass(nanograms: .max), at: weak, rounded: .down) == nil)
    #expect(
      Mass(
        in: Volume(picolitres: .max), at: Concentration(nanogramsPerMillilitre: .max),
        rounded: .down) == nil)
    #expect(FlowRate(of: DoseRate(nanogramsPerDay: .max), at: weak, rounded: .up) == nil)
    #expect(
      DoseRate(
        of: FlowRate(picolitresPerDay: .max), at: Concentration(nanogramsPerMillilitre: .max),
        rounded: .up) == nil)
  }

  @Test("R-041 Amounts of one kind add, subtract and compare")
  func sums() {
    #expect(Mass(nanograms: 3) + Mass(nanograms: 4) == Mass(nanograms: 7))
    #expect(Mass(nanograms: 3) - Mass(nanograms: 4) < .zero)
    #expect(max(Volume(picolitres: 2), Volume(picolitres: 3)).picolitres == 3)
  }
}
