import Quantities
import Testing

@Suite struct ShownTests {
  @Test("R-041 What is shown is cut, or rounded up where that is asked for by name")
  func roundingIsNamed() {
    let volume = Volume(picolitres: 1_234_567_891)
    #expect(volume.shown(decimals: 3) == "1.234 mL")
    #expect(volume.shown(decimals: 3, rounded: .up) == "1.235 mL")
    #expect(volume.shown(decimals: 0) == "1 mL")
    #expect(volume.shown(decimals: 0, rounded: .up) == "2 mL")
    #expect(volume.shown(decimals: 9) == "1.234567891 mL")
  }

  @Test("R-041 Trailing zeros are not shown, and zero is zero")
  func noTrailingZeros() {
    #expect(Mass(nanograms: 1_500).shown(decimals: 3) == "1.5 mcg")
    #expect(Mass(nanograms: 2_000).shown(decimals: 3) == "2 mcg")
    #expect(Mass.zero.shown(decimals: 3, rounded: .up) == "0 mcg")
  }

  @Test("R-041 A number below zero keeps its sign, and nothing is written as minus zero")
  func negatives() {
    #expect(Mass(nanograms: -1_500).fileText == "-1.5 ug")
    #expect(Mass(nanograms: -1).shown(decimals: 0) == "0 mcg")
    #expect(Mass(nanograms: -1).shown(decimals: 0, rounded: .up) == "-1 mcg")
    #expect(decimalText(.min, per: 1) == "-9223372036854775808")
  }

  @Test("R-041 A unit that is no power of ten ends after 18 places")
  func repeatingDecimals() {
    let unit = Unit("ug/h", 24_000)
    #expect(DoseRate(nanogramsPerDay: 1_000).text(in: unit, decimals: 4) == "0.0416 ug/h")
    #expect(DoseRate(nanogramsPerDay: 1_000).text(in: unit) == "0.041666666666666666 ug/h")
    #expect(DoseRate(nanogramsPerDay: 36_000).text(in: unit) == "1.5 ug/h")
  }

  @Test("R-041 More than 18 places are not written")
  func manyPlaces() {
    #expect(decimalText(1, per: 3, decimals: 40) == "0.333333333333333333")
  }
}
