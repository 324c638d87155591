internal import Quantities

/// A dose at an even rate: its units spread over its ticks, the remainder as evenly as whole units allow.
struct EvenDose: BitwiseCopyable {
  let units: Int128
  /// 1 or more.
  let ticks: Int64
  private let wholePerTick: Int128
  private let remainder: Int64

  init(units: Int128, ticks: Int64) {
    self.units = units
    self.ticks = ticks
    let (whole, rest) = units.quotientAndRemainder(dividingBy: Int128(ticks))
    (wholePerTick, remainder) = (whole, Int64(truncatingIfNeeded: rest))
  }

  /// What has accrued, or was missed, when so many ticks have passed.
  func unitsAccrued(after passed: Int64, rounded: Rounding = .down) -> Int128 {
    if passed <= 0 { return 0 }
    if passed >= ticks { return units }
    // Both factors are below 2^34: a dose takes no longer than a day.
    let (quotient, rest) = (remainder * passed).quotientAndRemainder(dividingBy: ticks)
    let part = rounded == .up && rest > 0 ? quotient + 1 : quotient
    return wholePerTick * Int128(passed) + Int128(part)
  }

  /// The most basal per tick beside which the dose stays within the fastest flow; below 0 where it never
  /// does.
  func mostBasal(
    maxRate: FlowRate, concentration: Concentration, scale: AccountScale
  ) -> Int128 {
    scale.perTick(quantaPerDay: AccountScale.quanta(maxRate, at: concentration))
      - wholePerTick - (remainder > 0 ? 1 : 0)
  }
}

extension Rig {
  /// How many ticks a length of time takes; a part of a tick counts whole.
  func wholeTicks(_ time: Nanoseconds) -> Int64 { (time.count + tick.count - 1) / tick.count }
}
