public import DosingCore
public import Hardware
internal import Quantities

/// The tick loop in virtual time: no tick is waited for, and those that do nothing but accrue are passed over
/// at once.
public struct VirtualEngine: ~Copyable {
  public private(set) var loop: TickLoop
  private let clock: VirtualClock
  private let period: Int64
  /// Executes every tick, which is what passing over them is held against.
  private let skips: Bool
  /// The number of the next tick.
  public private(set) var next: Int64 = 0

  public init(loop: consuming TickLoop, clock: VirtualClock, skips: Bool = true) {
    self.skips = skips
    period = loop.core.rig.tick.count
    self.loop = loop
    self.clock = clock
  }

  /// Decides a request in the next tick.
  public mutating func decide(_ request: Request) -> Answer {
    clock.set(Nanoseconds(next * period))
    return loop.decide(request, at: next)
  }

  /// Runs every tick up to, but not including, `end`, or until one decides more than to wait.
  ///
  /// Returns that decision and its tick; nil where `end` was reached.
  public mutating func run(until end: Int64) -> (tick: Int64, decision: Decision)? {
    while next < end {
      if skips, passQuietly(before: end) { continue }
      clock.set(Nanoseconds(next * period))
      loop.begin(next)
      let decision = loop.tick(next).decision
      next += 1
      if decision.isEventful { return (next - 1, decision) }
    }
    return nil
  }

  /// True where any tick was passed over.
  private mutating func passQuietly(before end: Int64) -> Bool {
    // Something may have come between the last tick and the next one.
    guard loop.core.now.number == next - 1 else { return false }
    let ticks = min(loop.quietTicks(), end - next)
    guard ticks > 0 else { return false }
    loop.passQuietly(ticks)
    clock.set(Nanoseconds((next - 1) * period))
    clock.pass(ticks: ticks, of: Nanoseconds(period))
    next += ticks
    return true
  }

  /// The tick thread does not run for `count` ticks.
  public mutating func skip(_ count: Int64) { next += count }
}

extension Decision {
  var isEventful: Bool {
    steps || basalChanged || extraDoseEnded || faultsChanged || wasLate
  }
}
