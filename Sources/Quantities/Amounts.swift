/// A volume of liquid, in whole picolitres.
public struct Volume: Quantity {
  public static var baseUnit: StaticString { "pL" }
  public var picolitres: Int64
  public init(picolitres: Int64) { self.picolitres = picolitres }
  public init(baseUnits: Int64) { picolitres = baseUnits }
  public var baseUnits: Int64 { picolitres }

  /// The volume that holds `mass` at `concentration`; nil where it does not fit.
  public init?(of mass: Mass, at concentration: Concentration, rounded: Rounding) {
    // ng / (ng/mL) is mL; a millilitre is 1e9 pL.
    guard
      let picolitres = scaled(
        mass.nanograms, by: 1_000_000_000, over: concentration.nanogramsPerMillilitre,
        rounded: rounded)
    else { return nil }
    self.picolitres = picolitres
  }
}

/// A mass of drug, in whole nanograms.
public struct Mass: Quantity {
  public static var baseUnit: StaticString { "ng" }
  public var nanograms: Int64
  public init(nanograms: Int64) { self.nanograms = nanograms }
  public init(baseUnits: Int64) { nanograms = baseUnits }
  public var baseUnits: Int64 { nanograms }

  /// The mass held by `volume` at `concentration`; nil where it does not fit.
  public init?(in volume: Volume, at concentration: Concentration, rounded: Rounding) {
    guard
      let nanograms = scaled(
        volume.picolitres, by: concentration.nanogramsPerMillilitre, over: 1_000_000_000,
        rounded: rounded)
    else { return nil }
    self.nanograms = nanograms
  }
}

/// Mass of drug in a volume of solution, in whole nanograms per millilitre.
public struct Concentration: Quantity {
  public static var baseUnit: StaticString { "ng/mL" }
  public var nanogramsPerMillilitre: Int64
  public init(nanogramsPerMillilitre: Int64) {
    self.nanogramsPerMillilitre = nanogramsPerMillilitre
  }
  public init(baseUnits: Int64) { nanogramsPerMillilitre = baseUnits }
  public var baseUnits: Int64 { nanogramsPerMillilitre }
}

/// Mass of drug in a length of time, in whole nanograms per day.
///
/// A day rather than an hour, because clinicians prescribe by the day and an hourly or minutely
/// dose is a whole number of daily ones.
public struct DoseRate: Quantity {
  public static var baseUnit: StaticString { "ng/d" }
  public var nanogramsPerDay: Int64
  public init(nanogramsPerDay: Int64) { self.nanogramsPerDay = nanogramsPerDay }
  public init(baseUnits: Int64) { nanogramsPerDay = baseUnits }
  public var baseUnits: Int64 { nanogramsPerDay }

  /// The dose rate that `flow` carries at `concentration`; nil where it does not fit.
  public init?(of flow: FlowRate, at concentration: Concentration, rounded: Rounding) {
    guard
      let nanogramsPerDay = scaled(
        flow.picolitresPerDay, by: concentration.nanogramsPerMillilitre, over: 1_000_000_000,
        rounded: rounded)
    else { return nil }
    self.nanogramsPerDay = nanogramsPerDay
  }
}

/// A pressure above that of the surroundings, in whole pascals.
public struct Pressure: Quantity {
  public static var baseUnit: StaticString { "Pa" }
  public var pascals: Int64
  public init(pascals: Int64) { self.pascals = pascals }
  public init(baseUnits: Int64) { pascals = baseUnits }
  public var baseUnits: Int64 { pascals }
}

/// Volume of liquid in a length of time, in whole picolitres per day.
public struct FlowRate: Quantity {
  public static var baseUnit: StaticString { "pL/d" }
  public var picolitresPerDay: Int64
  public init(picolitresPerDay: Int64) { self.picolitresPerDay = picolitresPerDay }
  public init(baseUnits: Int64) { picolitresPerDay = baseUnits }
  public var baseUnits: Int64 { picolitresPerDay }

  /// The flow that carries `dose` at `concentration`; nil where it does not fit.
  public init?(of dose: DoseRate, at concentration: Concentration, rounded: Rounding) {
    guard
      let picolitresPerDay = scaled(
        dose.nanogramsPerDay, by: 1_000_000_000, over: concentration.nanogramsPerMillilitre,
        rounded: rounded)
    else { return nil }
    self.picolitresPerDay = picolitresPerDay
  }
}
