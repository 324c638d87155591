public import DosingCore
public import Hardware
public import Quantities

/// The recorded tick loop in virtual time: no tick is waited for, and those that do nothing but accrue are
/// passed over at once.
public struct VirtualEngine: ~Copyable {
  public private(set) var loop: RecordedLoop
  private let clock: VirtualClock
  private let period: Int64
  /// The time of tick 0 on the rig's clock.
  private let epoch: Nanoseconds
  /// Executes every tick, which is what passing over them is held against.
  private let skips: Bool
  /// The number of the next tick.
  public private(set) var next: Int64
  /// The next tick has begun: whatever was known before it was told, and something may have been decided.
  public private(set) var hasBegun = false
  /// How many ticks did not run before the next one, and for how many ns of them the machine slept.
  private var missed: Int64 = 0
  private var suspended: Int64 = 0
  private var sampling: Sampling
  /// What the core hears of the sensors in the next tick.
  private var samples: SensorReadings?

  /// - Parameter epoch: the time of tick 0, with which the interlock was sealed.
  public init(
    loop: consuming RecordedLoop, clock: VirtualClock, epoch: Nanoseconds = .zero,
    skips: Bool = true
  ) {
    self.skips = skips
    self.epoch = epoch
    period = loop.loop.core.rig.tick.count
    next = loop.loop.core.now.number + 1
    sampling = Sampling(loop.loop.core.rig)
    self.loop = loop
    self.clock = clock
  }

  /// The time of a tick on the rig's clock.
  public func time(ofTick tick: Int64) -> Nanoseconds { epoch + Nanoseconds(tick * period) }

  /// Decides a request in the next tick.
  ///
  /// - Parameter id: its number, by which the journal knows what was asked.
  /// - Returns: also the commit that has to be durable before it acts; 0 for none.
  public mutating func decide(
    _ request: Request, id: Int64 = 0
  ) -> (answer: Answer, commit: Int64) {
    begin()
    return loop.decide(request, id: id, at: next)
  }

  /// Runs every tick up to, but not including, `end`, or until one decides more than to wait.
  ///
  /// Returns that decision and its tick; nil where `end` was reached.
  public mutating func run(until end: Int64) -> (tick: Int64, decision: Decision)? {
    while next < end {
      if skips, passQuietly(before: end) { continue }
      begin()
      let decision = loop.tick(next)
      next += 1
      hasBegun = false
      if decision.isEventful { return (next - 1, decision) }
    }
    return nil
  }

  private mutating func begin() {
    guard !hasBegun else { return }
    clock.set(time(ofTick: next))
    loop.begin(next, missed: missed, suspended: suspended, samples: samples)
    (missed, suspended, samples) = (0, 0, nil)
    hasBegun = true
  }

  /// True where any tick was passed over.
  private mutating func passQuietly(before end: Int64) -> Bool {
    // Something may have come between the last tick and the next one.
    guard samples == nil, loop.loop.core.now.number == next - 1 else { return false }
    let ticks = min(loop.quietTicks(), end - next)
    guard ticks > 0 else { return false }
    loop.passQuietly(ticks)
    clock.set(time(ofTick: next - 1))
    if loop.loop.completes { clock.pass(ticks: ticks, of: Nanoseconds(period)) }
    next += ticks
    return true
  }

  /// After so many ticks, or steps, another look is worth it whatever the sensors say.
  public var betweenLooks: (ticks: Int64, steps: Int64) {
    Sampling.between(on: loop.loop.core.rig)
  }

  /// A look at the sensors, of which the core hears in the next tick where that is worth it.
  ///
  /// - Precondition: the next tick has not begun.
  public mutating func look(_ readings: SensorReadings) {
    precondition(!hasBegun)
    samples = sampling.take(readings, at: next, steps: loop.loop.core.account.steps) ?? samples
  }

  /// The tick thread does not run for `count` ticks.
  ///
  /// - Precondition: the next tick has not begun.
  /// - Parameter isSuspended: because the machine sleeps.
  public mutating func skip(_ count: Int64, isSuspended: Bool = false) {
    precondition(!hasBegun)
    next += count
    missed += count
    if isSuspended { suspended += count * period }
  }

  /// The last word of an engine that ends in order.
  public mutating func settle() { loop.settle(at: next - 1) }
}

extension Decision {
  var isEventful: Bool {
    steps || basalChanged || extraDoseEnded || faultsChanged || wasLate || wantsCommit || tookBack
      || carriedOut
  }
}
