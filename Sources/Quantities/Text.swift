#if !hasFeature(Embedded)

  /// Why a text is not a quantity.
  public enum QuantityTextError: Error, Equatable, Sendable {
    case notANumber(String)
    case missingUnit(accepted: [String])
    case unknownUnit(String, accepted: [String])
    /// The value is finer than the base unit, given as its symbol.
    case notWhole(baseUnit: String)
    case outOfRange
  }

  extension QuantityTextError: CustomStringConvertible {
    public var description: String {
      switch self {
      case .notANumber(let text):
        "'\(text)' is not a decimal number; write digits with at most one point, as in 0.15"
      case .missingUnit(let accepted):
        "the unit is missing; accepted: \(accepted.joined(separator: ", "))"
      case .unknownUnit(let unit, let accepted):
        "unknown unit '\(unit)'; accepted: \(accepted.joined(separator: ", "))"
      case .notWhole(let baseUnit):
        "is not a whole number of \(baseUnit); write fewer decimal places"
      case .outOfRange:
        "is too large"
      }
    }
  }

  extension WrittenQuantity {
    /// Reads a decimal number and a unit, as in `0.048 mL/d`.
    ///
    /// A value that is not a whole number of base units is an error; nothing is rounded.
    public init(text: String) throws(QuantityTextError) {
      let trimmed = text.drop { $0 == " " }
      let number = trimmed.prefix { !$0.isLetter && $0 != " " }
      // Micro as people type it: the sign for it, and the Greek letter.
      let symbol = String(
        trimmed[number.endIndex...].drop { $0 == " " }.map {
          $0 == "\u{B5}" || $0 == "\u{3BC}" ? "u" : $0
        })
      let accepted = Self.units.map(\.symbol)
      let decimal = try Decimal(String(number))
      if symbol.isEmpty { throw .missingUnit(accepted: accepted) }
      guard let unit = Self.units.first(where: { $0.symbol == symbol }) else {
        throw .unknownUnit(symbol, accepted: accepted)
      }
      let product = Int128(decimal.digits) * Int128(unit.baseUnits)
      let (quotient, remainder) = product.quotientAndRemainder(dividingBy: Int128(decimal.divisor))
      if remainder != 0 { throw .notWhole(baseUnit: Self.baseUnitSymbol) }
      guard let count = Int64(exactly: quotient) else { throw .outOfRange }
      self.init(baseUnits: count)
    }

    /// The exact value in the unit of files, as in `300 ug/d`. Reading it back gives the same value.
    public var fileText: String { text(in: Self.fileUnit) }

    /// The value in the unit shown to people, cut after `decimals` places.
    public func shown(decimals: Int, rounded: Rounding = .down) -> String {
      text(in: Self.shownUnit, decimals: decimals, rounded: rounded)
    }

    /// The value in `unit` with at most `decimals` places (all that are needed where nil) and no
    /// trailing zeros.
    public func text(in unit: Unit, decimals: Int? = nil, rounded: Rounding = .down) -> String {
      let number = decimalText(
        baseUnits, per: unit.baseUnits, decimals: decimals, rounded: rounded)
      return "\(number) \(unit.symbol)"
    }
  }

  /// `count` / `divisor` in decimal digits without trailing zeros.
  ///
  /// - Parameter decimals: how many places at most; nil means all that are needed, which is finite
  ///   for every unit in `Units.swift` that is a power of ten and stops after 18 places otherwise.
  public func decimalText(
    _ count: Int64, per divisor: Int64, decimals: Int? = nil, rounded: Rounding = .down
  ) -> String {
    let places = min(decimals ?? 18, 18)
    var scale: Int128 = 1
    for _ in 0..<places { scale *= 10 }
    let magnitude = Int128(count.magnitude) * scale
    var (scaled, remainder) = magnitude.quotientAndRemainder(dividingBy: Int128(divisor))
    if rounded == .up && remainder > 0 { scaled += 1 }
    let whole = scaled / scale
    var fraction = String(scaled % scale)
    fraction = String(repeating: "0", count: max(0, places - fraction.count)) + fraction
    while fraction.last == "0" { fraction.removeLast() }
    let sign = count < 0 && scaled != 0 ? "-" : ""
    return fraction.isEmpty || places == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(fraction)"
  }

  /// A decimal number as `digits` / `divisor`, where the divisor is a power of ten.
  private struct Decimal {
    let digits: Int64
    let divisor: Int64

    init(_ text: String) throws(QuantityTextError) {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
        text.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || (48...57).contains($0) })
      else { throw .notANumber(text) }
      let fraction = parts.count == 2 ? parts[1] : ""
      guard fraction.count <= 18, let digits = Int64(parts[0] + fraction) else {
        throw .outOfRange
      }
      self.digits = digits
      var divisor: Int64 = 1
      for _ in 0..<fraction.count { divisor *= 10 }
      self.divisor = divisor
    }
  }

#endif
