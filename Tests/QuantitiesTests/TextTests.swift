import Quantities
import Testing

/// What reading `text` as a quantity throws.
private func faultIn<Value: WrittenQuantity>(_ text: String, as: Value.Type) -> QuantityTextError? {
  do throws(QuantityTextError) {
    _ = try Value(text: text)
    return nil
  } catch {
    return error
  }
}

private let awkward: [Int64] = [
  0, 1, 7, 999, 1_000, 1_001, 24_000, 86_400, 123_456_789, 1_000_000_000, 48_000_000,
  12_345_678_901, 20_000_000_000, 9_999_999_999_999, .max,
]

private func survivesText<Value: WrittenQuantity>(_: Value.Type) throws {
  for count in awkward {
    let value = Value(baseUnits: count)
    #expect(try Value(text: value.fileText).baseUnits == count, "\(value.fileText)")
    for unit in Value.units where count % unit.baseUnits == 0 {
      #expect(try Value(text: value.text(in: unit)).baseUnits == count, "\(value.text(in: unit))")
    }
  }
}

private func refusesWhatIsNoQuantity<Value: WrittenQuantity>(_: Value.Type) {
  let symbols = Value.units.map(\.symbol)
  #expect(faultIn("5", as: Value.self) == .missingUnit(accepted: symbols))
  #expect(faultIn("5 furlong", as: Value.self) == .unknownUnit("furlong", accepted: symbols))
  for text in ["", " ", symbols[0]] {
    #expect(faultIn(text, as: Value.self) == .notANumber(""))
  }
}

@Suite struct TextTests {
  @Test("R-041 What is written to a file reads back as it was, in every unit")
  func roundTrips() throws {
    try survivesText(Volume.self)
    try survivesText(Mass.self)
    try survivesText(Concentration.self)
    try survivesText(DoseRate.self)
    try survivesText(FlowRate.self)
    try survivesText(Nanoseconds.self)
  }

  @Test("R-041 A missing unit, an unknown unit and no number at all are told apart, for every kind")
  func noUnitIsGuessed() {
    refusesWhatIsNoQuantity(Volume.self)
    refusesWhatIsNoQuantity(Mass.self)
    refusesWhatIsNoQuantity(Concentration.self)
    refusesWhatIsNoQuantity(DoseRate.self)
    refusesWhatIsNoQuantity(FlowRate.self)
    refusesWhatIsNoQuantity(Nanoseconds.self)
  }

  @Test("R-041 Each unit is worth what it says")
  func unitsAreRight() throws {
    #expect(try Volume(text: "1 mL").picolitres == 1_000_000_000)
    #expect(try Volume(text: "1 uL").picolitres == 1_000_000)
    #expect(try Volume(text: "1 nL").picolitres == 1_000)
    #expect(try Mass(text: "1 mg").nanograms == 1_000_000)
    #expect(try Mass(text: "1 ug").nanograms == 1_000)
    #expect(try Concentration(text: "2 mg/mL").nanogramsPerMillilitre == 2_000_000)
    #expect(try Concentration(text: "500 ug/mL").nanogramsPerMillilitre == 500_000)
    #expect(try DoseRate(text: "10 ug/h").nanogramsPerDay == 240_000)
    #expect(try DoseRate(text: "0.3 mg/d").nanogramsPerDay == 300_000)
    #expect(try FlowRate(text: "0.048 mL/d").picolitresPerDay == 48_000_000)
    #expect(try FlowRate(text: "1 mL/h").picolitresPerDay == 24_000_000_000)
    #expect(try FlowRate(text: "1 uL/h").picolitresPerDay == 24_000_000)
    #expect(try FlowRate(text: "1 uL/min").picolitresPerDay == 1_440_000_000)
    #expect(try Nanoseconds(text: "1 d") == .days(1))
    #expect(try Nanoseconds(text: "1.5 h") == .minutes(90))
    #expect(try Nanoseconds(text: "10 ms").count == 10_000_000)
    #expect(try Nanoseconds(text: "3 us").count == 3_000)
  }

  @Test(
    "R-041 Micro is read as people type it: the sign, and the Greek letter",
    arguments: ["\u{B5}", "\u{3BC}"])
  func micro(sign: String) throws {
    #expect(try Mass(text: "12.5 \(sign)g") == Mass(text: "12.5 ug"))
    #expect(try Concentration(text: "500 \(sign)g/mL") == Concentration(text: "500 ug/mL"))
    #expect(try Volume(text: "50 \(sign)L") == Volume(text: "50 uL"))
    #expect(faultIn("5 m\(sign)", as: Mass.self) != nil)
  }

  @Test("R-041 mcg is read as ug, written as ug and shown as mcg")
  func microgramsHaveTwoNames() throws {
    let mass = try Mass(text: "12.5 mcg")
    #expect(mass.nanograms == 12_500)
    #expect(mass.fileText == "12.5 ug")
    #expect(mass.shown(decimals: 3) == "12.5 mcg")
    #expect(try DoseRate(text: "10 mcg/h") == DoseRate(text: "240 ug/d"))
    #expect(try Concentration(text: "500 mcg/mL") == Concentration(text: "500 ug/mL"))
  }

  private static let others = [
    "5 mL", "5 ug/d", "5 UG", "5 Ug", "5 g", "5 ug ug", "5 ug.", "5 ug ",
  ]

  @Test("R-041 A unit of another quantity, or of another case, is unknown", arguments: others)
  func otherUnitsAreUnknown(text: String) throws {
    let fault = try #require(faultIn(text, as: Mass.self))
    guard case .unknownUnit(_, let accepted) = fault else {
      Issue.record("\(text) gave \(fault)")
      return
    }
    #expect(accepted == ["ug", "mcg", "ng", "mg"])
  }

  @Test("R-041 What is finer than the base unit is an error, not rounded")
  func finerThanTheBaseUnit() {
    #expect(faultIn("0.5 ng", as: Mass.self) == .notWhole(baseUnit: "ng"))
    #expect(faultIn("0.0001 ug", as: Mass.self) == .notWhole(baseUnit: "ng"))
    #expect(faultIn("1.2345 nL", as: Volume.self) == .notWhole(baseUnit: "pL"))
    #expect(faultIn("0.00001 ug/h", as: DoseRate.self) == .notWhole(baseUnit: "ng/d"))
  }

  @Test("R-041 Zeros behind the point do no harm")
  func trailingZeros() throws {
    #expect(try Mass(text: "1.500 ug").nanograms == 1_500)
    #expect(try Volume(text: "20.000 mL").picolitres == 20_000_000_000)
  }

  private static let tooLarge = [
    "9223372036854775808 ng", "9223372036854776 ug", "99999999999999999999 ng",
    "0.0000000000000000001 ug",
  ]

  @Test("R-041 What does not fit is out of range", arguments: tooLarge)
  func overflow(text: String) {
    #expect(faultIn(text, as: Mass.self) == .outOfRange)
  }

  @Test("R-041 The largest number that fits is read")
  func largest() throws {
    #expect(try Mass(text: "9223372036854775807 ng").nanograms == Int64.max)
    #expect(try Mass(text: Mass(nanograms: .max).fileText).nanograms == Int64.max)
  }

  private static let noNumbers = [
    "-5 ug", "+5 ug", "5, ug", "5,5 ug", "1.2.3 ug", ".5 ug", "5. ug", ". ug", "٣ ug", "5\tug",
    "0x10 ug", "--1 ug",
  ]

  @Test("R-041 Signs, exponents, commas and other writing are no number", arguments: noNumbers)
  func notNumbers(text: String) throws {
    let fault = try #require(faultIn(text, as: Mass.self))
    switch fault {
    case .notANumber: break
    case .unknownUnit: #expect(text == "0x10 ug", "the letter ends the number: \(text)")
    default: Issue.record("\(text) gave \(fault)")
    }
  }

  @Test("R-041 An exponent is not read as one")
  func exponents() throws {
    let fault = try #require(faultIn("1e3 ug", as: Mass.self))
    #expect(fault == .unknownUnit("e3 ug", accepted: ["ug", "mcg", "ng", "mg"]))
  }

  private static let spacings = [
    "5ug", "5 ug", "5    ug", "   5 ug",
  ]

  @Test("R-041 Spaces before the number and between number and unit are free", arguments: spacings)
  func spacing(text: String) throws {
    #expect(try Mass(text: text).nanograms == 5_000)
  }

  @Test("R-040 Each fault says what is wrong and what would be accepted")
  func descriptions() {
    #expect(
      faultIn("5 g", as: Mass.self)?.description == "unknown unit 'g'; accepted: ug, mcg, ng, mg")
    #expect(
      faultIn("5", as: Mass.self)?.description == "the unit is missing; accepted: ug, mcg, ng, mg")
    #expect(
      faultIn("0.5 ng", as: Mass.self)?.description
        == "is not a whole number of ng; write fewer decimal places")
    #expect(faultIn("x", as: Mass.self)?.description.hasPrefix("'' is not a decimal") == true)
    #expect(faultIn("99999999999999999999 ng", as: Mass.self)?.description == "is too large")
  }
}
