internal import Quantities

/// An amount in the old prescription and in the new one, both in the same whole units.
struct AmountChange {
  /// Nil where there is none.
  let old: Int128?
  let new: Int128?

  /// As in `+20 %`, and where it at least doubles or halves as in `+900 %, x 10` or `-90 %, / 10`.
  /// A percentage is rounded away from zero, so that no change looks smaller than it is.
  var text: String {
    guard old != new else { return "" }
    guard let old, old > 0 else { return "new" }
    guard let new else { return "ends" }
    let tenths = ((new - old).magnitude * 1000 + old.magnitude - 1) / old.magnitude
    let percent = "\(new > old ? "+" : "-")\(decimalText(Int64(clamping: tenths), per: 10)) %"
    let (larger, smaller) = (max(old, new), min(old, new))
    guard smaller > 0, larger >= 2 * smaller else { return percent }
    let factor = decimalText(Int64(clamping: larger * 10 / smaller), per: 10)
    return "\(percent), \(new > old ? "x" : "/") \(factor)"
  }

  /// Whether both are there and the new one is more than so many percent above the old one.
  func rises(byMoreThan percent: Int128) -> Bool {
    guard let old, let new, old > 0 else { return false }
    return (new - old) * 100 > old * percent
  }

  /// Whether both are there and the new one is more than so many percent below the old one.
  func falls(byMoreThan percent: Int128) -> Bool {
    guard let old, let new, old > 0 else { return false }
    return (old - new) * 100 > old * percent
  }

  /// Whether one of the two is at least so many times the other.
  func differs(byFactor factor: Int128) -> Bool {
    guard let old, let new, old > 0, new > 0 else { return false }
    return max(old, new) >= min(old, new) * factor
  }
}
