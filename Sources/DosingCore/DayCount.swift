internal import Quantities

/// The account as it stood at the last midnight of the therapy clock, so that today can be told.
public struct DayCount: Sendable, BitwiseCopyable {
  /// The first tick of tomorrow.
  private(set) var ends: Tick
  private var prescribedBefore: Int64 = 0
  private var stepsBefore: Int64 = 0

  init(ends: Tick) { self.ends = ends }

  mutating func begin(_ account: Account, at tick: Tick, ticksPerDay: Int64) {
    while ends <= tick { ends = ends + TickCount(ticksPerDay) }
    prescribedBefore = account.prescribed
    stepsBefore = account.steps
  }

  public func prescribed(_ account: Account) -> Int64 { account.prescribed - prescribedBefore }

  public func steps(_ account: Account) -> Int64 { account.steps - stepsBefore }
}
