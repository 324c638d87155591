internal import Quantities

/// The account as it stood at the last midnight of the therapy clock, so that today can be told.
public struct DayCount: Sendable, BitwiseCopyable {
  /// The first tick of tomorrow.
  private(set) var ends: Tick
  private var prescribedBefore: Int128 = 0
  private var stepsBefore: Int64 = 0

  init(ends: Tick) { self.ends = ends }

  mutating func begin(_ account: Account, at tick: Tick, ticksPerDay: Int64) {
    let days = (tick - ends).count / ticksPerDay + 1
    ends = ends + TickCount(days * ticksPerDay)
    prescribedBefore = account.prescribed
    stepsBefore = account.steps
  }

  /// The clock was set: tomorrow begins at another tick.
  mutating func move(to tick: Tick) { ends = tick }

  mutating func layout(_ coder: inout some FrameCoder) {
    layout(&coder) { units, coder in coder.field(magnitude: &units) }
  }

  /// - Parameter field: how an amount is laid out.
  mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, field: (inout Int128, inout Coder) -> Void
  ) {
    coder.field(&ends)
    field(&prescribedBefore, &coder)
    coder.field(magnitude: &stepsBefore)
  }

  public func prescribed(_ account: Account) -> Int128 { account.prescribed - prescribedBefore }

  public func steps(_ account: Account) -> Int64 { account.steps - stepsBefore }
}
