// Text is for the programs; a core on bare metal neither reads nor writes it.
#if !hasFeature(Embedded)

  /// A unit of measure as people write it, after UCUM, and how many base units it is.
  public struct Unit: Sendable {
    public let symbol: String
    public let baseUnits: Int64

    public init(_ symbol: String, _ baseUnits: Int64) {
      self.symbol = symbol
      self.baseUnits = baseUnits
    }
  }

  /// A quantity that can be read from text and written to it.
  public protocol WrittenQuantity: Quantity {
    /// Every accepted unit. UCUM has no `mcg`; it is accepted because clinicians write it.
    static var units: [Unit] { get }
    /// The name of the base unit, the finest value there is.
    static var baseUnitSymbol: String { get }
    /// The unit in which a value is written to files.
    static var fileUnit: Unit { get }
    /// The unit in which a value is shown to people.
    static var shownUnit: Unit { get }
  }

  extension Volume: WrittenQuantity {
    public static let units = [
      Unit("mL", 1_000_000_000), Unit("uL", 1_000_000), Unit("nL", 1_000), Unit("pL", 1),
    ]
    public static let baseUnitSymbol = "pL"
    public static let fileUnit = Unit("mL", 1_000_000_000)
    public static let shownUnit = Unit("mL", 1_000_000_000)
  }

  extension Mass: WrittenQuantity {
    public static let units = [
      Unit("ug", 1_000), Unit("mcg", 1_000), Unit("ng", 1), Unit("mg", 1_000_000),
    ]
    public static let baseUnitSymbol = "ng"
    public static let fileUnit = Unit("ug", 1_000)
    public static let shownUnit = Unit("mcg", 1_000)
  }

  extension Concentration: WrittenQuantity {
    public static let units = [
      Unit("ug/mL", 1_000), Unit("mcg/mL", 1_000), Unit("ng/mL", 1), Unit("mg/mL", 1_000_000),
    ]
    public static let baseUnitSymbol = "ng/mL"
    public static let fileUnit = Unit("ug/mL", 1_000)
    public static let shownUnit = Unit("mcg/mL", 1_000)
  }

  extension DoseRate: WrittenQuantity {
    public static let units = [
      Unit("ug/d", 1_000), Unit("mcg/d", 1_000), Unit("ug/h", 24_000), Unit("mcg/h", 24_000),
      Unit("mg/d", 1_000_000),
    ]
    public static let baseUnitSymbol = "ng/d"
    public static let fileUnit = Unit("ug/d", 1_000)
    public static let shownUnit = Unit("mcg/d", 1_000)
  }

  extension FlowRate: WrittenQuantity {
    public static let units = [
      Unit("mL/d", 1_000_000_000), Unit("mL/h", 24_000_000_000), Unit("uL/d", 1_000_000),
      Unit("uL/h", 24_000_000), Unit("uL/min", 1_440_000_000),
    ]
    public static let baseUnitSymbol = "pL/d"
    public static let fileUnit = Unit("mL/d", 1_000_000_000)
    public static let shownUnit = Unit("mL/d", 1_000_000_000)
  }

  extension Pressure: WrittenQuantity {
    public static let units = [Unit("kPa", 1_000), Unit("Pa", 1)]
    public static let baseUnitSymbol = "Pa"
    public static let fileUnit = Unit("kPa", 1_000)
    public static let shownUnit = Unit("kPa", 1_000)
  }

  extension Nanoseconds: WrittenQuantity {
    public static let units = [
      Unit("d", 86_400_000_000_000), Unit("h", 3_600_000_000_000), Unit("min", 60_000_000_000),
      Unit("s", 1_000_000_000), Unit("ms", 1_000_000), Unit("us", 1_000), Unit("ns", 1),
    ]
    public static let baseUnitSymbol = "ns"
    public static let fileUnit = Unit("s", 1_000_000_000)
    public static let shownUnit = Unit("s", 1_000_000_000)
  }

#endif
