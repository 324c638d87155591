public import Quantities

/// A dose on top of basal: asked for once, delivered at an even rate, never made up.
public struct ExtraDose: Sendable, BitwiseCopyable {
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    case bolus = 1
    case patientBolus = 2
  }

  public private(set) var kind: Kind
  /// What was asked for, in units of account.
  public private(set) var units: Int128
  public private(set) var start: Tick
  /// How long it lasts from its start.
  public private(set) var ticks: Int64

  /// What has neither accrued nor been missed.
  private(set) var unitsLeft: Int128
  private(set) var ticksLeft: Int64

  // The rate, units / ticks, as a whole number and a remainder that carries over.
  private(set) var wholePerTick: Int128
  private var remainderPerTick: Int64
  private var carry: Int64 = 0

  init(kind: Kind, units: Int128, ticks: Int64, start: Tick) {
    self.kind = kind
    self.units = units
    self.ticks = ticks
    self.start = start
    (unitsLeft, ticksLeft) = (units, ticks)
    (wholePerTick, remainderPerTick) = Self.rate(units, ticks)
  }

  private static func rate(_ units: Int128, _ ticks: Int64) -> (whole: Int128, remainder: Int64) {
    let (whole, rest) = units.quotientAndRemainder(dividingBy: Int128(ticks))
    return (whole, Int64(truncatingIfNeeded: rest))
  }

  var end: Tick { start + TickCount(ticks) }

  /// Visits every field, to write the dose down or to read it.
  ///
  /// - Parameter field: how an amount is laid out.
  mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, field: (inout Int128, inout Coder) -> Void
  ) {
    coder.field(&kind)
    field(&units, &coder)
    coder.field(&start)
    coder.field(magnitude: &ticks)
    field(&unitsLeft, &coder)
    coder.field(magnitude: &ticksLeft)
    coder.field(magnitude: &carry)
    check(&coder)
  }

  /// A dose takes a day of ticks at the most; one that was read may be anything.
  private mutating func check(_ coder: inout some FrameCoder) {
    let isWhole =
      ticks >= 1 && ticks < 1 << 31 && units < Int128.max / 4 && ticksLeft <= ticks
      && unitsLeft <= units && carry < ticks
    if !isWhole {
      coder.fail()
      (ticks, units) = (1, 0)
    }
    (wholePerTick, remainderPerTick) = Self.rate(units, ticks)
  }

  /// What accrues in the next tick. After the last one everything has accrued or was missed.
  mutating func accrue() -> Int128 {
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

  /// What accrues, or is missed, in the next `count` ticks, or in as many as are left: as much as `accrue`
  /// would come to tick by tick.
  mutating func pass(_ count: Int64) -> Int128 {
    let passed = min(count, ticksLeft)
    ticksLeft -= passed
    // Below 2^62: a dose takes less than 2^31 ticks.
    let sum = remainderPerTick * passed + carry
    let (whole, rest) = sum.quotientAndRemainder(dividingBy: ticks)
    carry = rest
    let amount = wholePerTick * Int128(passed) + Int128(whole)
    unitsLeft -= amount
    return amount
  }

  /// It went on, and somebody else has counted what accrued.
  mutating func goesOn(by units: Int128) { unitsLeft = max(0, unitsLeft - units) }

  /// How many ticks it takes until the dose and basal come to so much, if it lasts so long. 0 where that
  /// cannot be told.
  func ticks(until units: Int128, beside basalPerTick: Int128) -> Int64 {
    if units <= 0 { return 0 }
    // (basal + whole) n + (carry + remainder n) / ticks >= units, times ticks.
    let (wanted, isTooMuch) = units.multipliedReportingOverflow(by: Int128(ticks))
    let (whole, isTooFast) =
      (basalPerTick + wholePerTick).multipliedReportingOverflow(by: Int128(ticks))
    if isTooMuch || isTooFast { return 0 }
    let perTick = whole + Int128(remainderPerTick)
    if perTick <= 0 { return .max }
    return Int64(clamping: (wanted - Int128(carry) - 1) / perTick + 1)
  }

  /// What is left to accrue when so many ticks more have passed.
  func unitsLeft(after ticks: Int64) -> Int128 {
    var dose = self
    _ = dose.pass(max(0, ticks))
    return dose.unitsLeft
  }
}

/// An extra dose that is over.
public struct EndedExtraDose: Sendable, BitwiseCopyable {
  public private(set) var kind: ExtraDose.Kind
  public private(set) var start: Tick
  public private(set) var end: Tick
  /// Asked for, and given up because it was cancelled, in units of account.
  public private(set) var units: Int128
  public private(set) var discarded: Int128

  init(_ dose: ExtraDose, end: Tick) {
    (kind, start, units, discarded) = (dose.kind, dose.start, dose.units, dose.unitsLeft)
    self.end = end
  }

  /// - Parameter field: how an amount is laid out.
  mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, field: (inout Int128, inout Coder) -> Void
  ) {
    coder.field(&kind)
    coder.field(&start)
    coder.field(&end)
    field(&units, &coder)
    field(&discarded, &coder)
  }
}

#if !hasFeature(Embedded)
  extension ExtraDose.Kind: CaseIterable {}
#endif
