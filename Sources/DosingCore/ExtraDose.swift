public import Quantities

/// A dose on top of basal: asked for once, delivered at an even rate, never made up.
public struct ExtraDose: Sendable, BitwiseCopyable {
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    case bolus = 1
    case patientBolus = 2
  }

  public private(set) var kind: Kind
  /// What was asked for, in units of account.
  public private(set) var units: Int64
  public private(set) var start: Tick
  /// How long it lasts from its start.
  public private(set) var ticks: Int64

  /// What has neither accrued nor been missed.
  private(set) var unitsLeft: Int64
  private(set) var ticksLeft: Int64

  // The rate, units / ticks, as a whole number and a remainder that carries over.
  private var wholePerTick: Int64
  private var remainderPerTick: Int64
  private var carry: Int64 = 0

  init(kind: Kind, units: Int64, ticks: Int64, start: Tick) {
    self.kind = kind
    self.units = units
    self.ticks = ticks
    self.start = start
    unitsLeft = units
    ticksLeft = ticks
    (wholePerTick, remainderPerTick) = units.quotientAndRemainder(dividingBy: ticks)
  }

  var end: Tick { start + TickCount(ticks) }

  /// Visits every field, to write the dose down or to read it.
  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&kind)
    coder.field(magnitude: &units)
    coder.field(&start)
    coder.field(magnitude: &ticks)
    coder.field(magnitude: &unitsLeft)
    coder.field(magnitude: &ticksLeft)
    coder.field(magnitude: &carry)
    let isWhole =
      ticks >= 1 && ticks < Int64.max / 4 && units < Int64.max / 4 && ticksLeft <= ticks
      && unitsLeft <= units && carry < ticks
    if !isWhole {
      coder.fail()
      (ticks, units) = (1, 0)
    }
    (wholePerTick, remainderPerTick) = units.quotientAndRemainder(dividingBy: ticks)
  }

  /// What accrues in the next tick. After the last one everything has accrued or was missed.
  mutating func accrue() -> Int64 {
    ticksLeft -= 1
    carry += remainderPerTick
    var amount = wholePerTick
    if carry >= ticks {
      carry -= ticks
      amount += 1
    }
    unitsLeft -= amount
    return amount
  }

  /// What would have accrued in the next `count` ticks, or in as many as are left.
  mutating func miss(_ count: Int64) -> Int64 {
    let missed = min(count, ticksLeft)
    ticksLeft -= missed
    let sum = Int128(remainderPerTick) * Int128(missed) + Int128(carry)
    let (whole, rest) = sum.quotientAndRemainder(dividingBy: Int128(ticks))
    carry = Int64(truncatingIfNeeded: rest)
    let amount = wholePerTick * missed + Int64(truncatingIfNeeded: whole)
    unitsLeft -= amount
    return amount
  }

  /// What has accrued, or was missed, when so many ticks of an even dose have passed.
  static func unitsAccrued(of units: Int64, over ticks: Int64, after passed: Int64) -> Int64 {
    if passed <= 0 { return 0 }
    if passed >= ticks { return units }
    return scaled(units, by: passed, over: ticks, rounded: .down) ?? units
  }

  /// How many ticks a dose of that duration takes; a part of a tick counts whole.
  static func ticks(_ duration: Nanoseconds, tick: Nanoseconds) -> Int64 {
    (duration.count + tick.count - 1) / tick.count
  }

  /// Whether basal and the dose together stay within the fastest flow.
  static func flowFits(
    units: Int64, ticks: Int64, basalPerTick: Int64, maxRate: FlowRate,
    concentration: Concentration, scale: AccountScale
  ) -> Bool {
    // units / ticks + basal <= flow x concentration / 1e9 ng/d, without dividing.
    let most =
      Int128(maxRate.picolitresPerDay) * Int128(concentration.nanogramsPerMillilitre)
      * Int128(scale.perTickAtOneNanogramPerDay)
    let wanted = Int128(units) + Int128(basalPerTick) * Int128(ticks)
    // Both sides stay below 2^127: the account's bounds are in AccountScale and Limits.
    return wanted * 1_000_000_000 <= most * Int128(ticks)
  }
}
