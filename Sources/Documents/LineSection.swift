internal import DosingCore
internal import Quantities

/// A length of catheter.
struct Length: WrittenQuantity {
  static let units = [Unit("cm", 10_000_000), Unit("mm", 1_000_000), Unit("m", 1_000_000_000)]
  static let baseUnitSymbol = "nm"
  static let fileUnit = units[0]
  static let shownUnit = units[0]
  static var baseUnit: StaticString { "nm" }

  var baseUnits: Int64
}

/// What a catheter holds in a length of it.
struct VolumePerLength: WrittenQuantity {
  static let units = [
    Unit("uL/cm", 100_000_000), Unit("uL/mm", 1_000_000_000), Unit("mL/m", 1_000_000_000),
  ]
  static let baseUnitSymbol = "pL/m"
  static let fileUnit = units[0]
  static let shownUnit = units[0]
  static var baseUnit: StaticString { "pL/m" }

  var baseUnits: Int64
}

extension StrictYAML {
  /// The section `line` of a rig file.
  mutating func rigLine(_ value: Value) -> RigLine? {
    let keys = mapping(
      value, required: ["pump_tubing", "catheter_length", "catheter_volume"],
      optional: ["mixing", "tolerance", "prime_rate"])
    let tubing = quantity(keys["pump_tubing"], as: Volume.self)
    let length = quantity(keys["catheter_length"], as: Length.self)
    let perLength = quantity(keys["catheter_volume"], as: VolumePerLength.self)
    let (mixing, tolerance) = (permille(keys["mixing"]), permille(keys["tolerance"]))
    let primeRate = quantity(keys["prime_rate"], as: FlowRate.self)
    guard let tubing, let length, let perLength, let catheter = volume(length, perLength, value)
    else { return nil }
    var line = RigLine(pumpTubing: tubing, catheter: catheter, primeRate: primeRate)
    if let mixing { line.mixingPermille = mixing }
    if let tolerance { line.tolerancePermille = tolerance }
    return line
  }

  /// What all of the catheter holds; an error of the section where that is not whole.
  private mutating func volume(
    _ length: Length, _ perLength: VolumePerLength, _ section: Value
  ) -> Volume? {
    let product = Int128(length.baseUnits) * Int128(perLength.baseUnits)
    // nm x pL/m: a metre is 1e9 nm.
    let (picolitres, rest) = product.quotientAndRemainder(dividingBy: 1_000_000_000)
    guard rest == 0 else {
      report(
        section,
        "catheter_length x catheter_volume is not a whole number of pL; write fewer decimal places")
      return nil
    }
    guard let picolitres = Int64(exactly: picolitres) else {
      report(section, "catheter_length x catheter_volume is too large")
      return nil
    }
    return Volume(picolitres: picolitres)
  }
}
