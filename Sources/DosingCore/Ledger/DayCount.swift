internal import Quantities

/// The account as it stood at the last midnight of the therapy clock, so that today can be told.
public struct DayCount: Sendable, BitwiseCopyable {
  /// The first tick of tomorrow.
  private(set) var ends: Tick
  private var prescribedBefore: Int128 = 0
  private var deliveredBefore: Int128 = 0

  init(ends: Tick) { self.ends = ends }

  mutating func begin(_ account: Account, at tick: Tick, ticksPerDay: Int64) {
    let days = (tick - ends).count / ticksPerDay + 1
    ends = ends + TickCount(days * ticksPerDay)
    prescribedBefore = account.prescribed
    deliveredBefore = account.delivered
  }

  /// The clock was set: tomorrow begins at another tick.
  mutating func move(to tick: Tick) { ends = tick }

  /// - Parameter perStep: what a step is worth in a record that tells steps, as those of before there were
  ///   lines do; nil where it tells what was delivered.
  mutating func layout(_ coder: inout some FrameCoder, perStep: Int128?) {
    layout(&coder, perStep: perStep) { units, coder in coder.field(magnitude: &units) }
  }

  /// - Parameter field: how an amount is laid out.
  mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, perStep: Int128?, field: (inout Int128, inout Coder) -> Void
  ) {
    coder.field(&ends)
    field(&prescribedBefore, &coder)
    guard let perStep else { return field(&deliveredBefore, &coder) }
    var steps: Int64 = 0
    coder.field(magnitude: &steps)
    let (product, overflows) = Int128(steps).multipliedReportingOverflow(by: perStep)
    if overflows { coder.fail() }
    deliveredBefore = overflows ? 0 : product
  }

  public func prescribed(_ account: Account) -> Int128 { account.prescribed - prescribedBefore }

  public func delivered(_ account: Account) -> Int128 { account.delivered - deliveredBefore }
}
