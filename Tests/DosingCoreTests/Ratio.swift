import BigInt

/// An exact number: two integers of any size, in lowest terms.
struct Ratio: Comparable, Hashable, CustomStringConvertible {
  let numerator: BigInt
  let denominator: BigInt

  init(big numerator: BigInt, over denominator: BigInt = 1) {
    precondition(denominator > 0)
    let divisor = numerator.greatestCommonDivisor(with: denominator)
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
  }

  init(_ numerator: Int64, _ denominator: Int64 = 1) {
    self.init(big: BigInt(numerator), over: BigInt(denominator))
  }

  init(_ whole: Int128) { self.init(big: BigInt(whole)) }

  static let zero = Ratio(Int64(0))

  static func + (left: Ratio, right: Ratio) -> Ratio {
    Ratio(
      big: left.numerator * right.denominator + right.numerator * left.denominator,
      over: left.denominator * right.denominator)
  }

  static func - (left: Ratio, right: Ratio) -> Ratio { left + right * Ratio(Int64(-1)) }

  static func * (left: Ratio, right: Ratio) -> Ratio {
    Ratio(big: left.numerator * right.numerator, over: left.denominator * right.denominator)
  }

  /// - Precondition: `right` is above zero.
  static func / (left: Ratio, right: Ratio) -> Ratio {
    Ratio(big: left.numerator * right.denominator, over: left.denominator * right.numerator)
  }

  static func < (left: Ratio, right: Ratio) -> Bool {
    left.numerator * right.denominator < right.numerator * left.denominator
  }

  /// The whole part of a number that is not negative.
  var floor: BigInt { numerator / denominator }

  /// The number, where it is whole and fits.
  var whole: Int128? { denominator == 1 ? Int128(exactly: numerator) : nil }

  var description: String { "\(numerator)/\(denominator)" }
}
