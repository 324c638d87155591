/// An amount counted in whole base units, so that sums and comparisons are exact.
///
/// Every conforming type names its base unit. Only operations that mean something are defined:
/// amounts of one kind add, subtract and compare; nothing else does without a named conversion.
public protocol Quantity: Comparable, Sendable, BitwiseCopyable {
  /// The amount, in the base unit of the type.
  var baseUnits: Int64 { get }
  init(baseUnits: Int64)
  /// How the base unit is written.
  static var baseUnit: StaticString { get }
}

extension Quantity {
  public static var zero: Self { Self(baseUnits: 0) }

  public static func + (left: Self, right: Self) -> Self {
    Self(baseUnits: left.baseUnits + right.baseUnits)
  }

  public static func - (left: Self, right: Self) -> Self {
    Self(baseUnits: left.baseUnits - right.baseUnits)
  }

  public static func < (left: Self, right: Self) -> Bool { left.baseUnits < right.baseUnits }
}

/// What to do with the part of a result that is less than one base unit.
public enum Rounding: Sendable, BitwiseCopyable {
  case down
  case up
}

/// `factor` x `other` / `divisor`, through 128 bits, or nil where the result does not fit 64 bits.
///
/// - Precondition: nothing is negative and `divisor` is not zero.
public func scaled(
  _ factor: Int64, by other: Int64, over divisor: Int64, rounded: Rounding
) -> Int64? {
  precondition(factor >= 0 && other >= 0 && divisor > 0)
  let product = Int128(factor) * Int128(other)
  var (quotient, remainder) = product.quotientAndRemainder(dividingBy: Int128(divisor))
  if rounded == .up && remainder > 0 { quotient += 1 }
  return quotient > Int128(Int64.max) ? nil : Int64(truncatingIfNeeded: quotient)
}

/// The largest number that divides both; `greatestCommonDivisor(0, n)` is `n`.
public func greatestCommonDivisor<Number: FixedWidthInteger>(
  _ first: Number, _ second: Number
) -> Number {
  var (larger, smaller) = (first, second)
  while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
  return larger
}
