internal import Quantities

/// Where every step goes: the account, both rolling windows with their ceilings, and the reservoir.
public struct Ledger: Sendable, BitwiseCopyable {
  public internal(set) var account = Account(perStep: 1)
  public internal(set) var hour: RollingWindow<61>
  public internal(set) var day: RollingWindow<97>
  var hourCeiling = Ceiling()
  var dayCeiling = Ceiling()
  let reservoir: ReservoirGauge
  public internal(set) var today: DayCount
  /// Steps since the pump was new that may have been made and were not counted.
  public internal(set) var stepsInDoubt: Int64 = 0
  /// Basal that waited for the storage, and for the drive.
  private(set) var storageLoss = HourOfLoss(total: 0)
  private(set) var driveLoss = HourOfLoss(total: 0)

  init(rig: Rig, tomorrow: Tick) {
    hour = RollingWindow(ticksPerBucket: rig.ticks(Limits.hourBucket))
    day = RollingWindow(ticksPerBucket: rig.ticks(Limits.dayBucket))
    reservoir = ReservoirGauge(rig)
    today = DayCount(ends: tomorrow)
  }

  /// The most steps that can have been made since the pump was new: no more than there was to give.
  var stepsUpper: Int64 { account.steps + stepsInDoubt }

  mutating func countStep() {
    account.makeStep()
    hour.countStep()
    day.countStep()
  }

  mutating func uncountStep(_ reason: Account.Deficit) {
    hour.uncountStep()
    day.uncountStep()
    account.unmakeStep(reason)
  }

  mutating func accrueExtra(_ units: Int128) {
    account.accrueExtra(units)
    hour.countExtra(units: units)
    day.countExtra(units: units)
  }

  /// Steps that may have been made, dated now: they bind extra doses, the reservoir and the report.
  mutating func doubt(_ steps: Int64) {
    let most = max(0, reservoir.stepsInAll - stepsUpper)
    let doubted = min(steps, most)
    stepsInDoubt += doubted
    hour.count(doubts: doubted, inBucket: hour.currentNumber)
    day.count(doubts: doubted, inBucket: day.currentNumber)
  }

  /// Makes the buckets of `tick` the current ones.
  mutating func advance(to tick: Tick) {
    let minute = hour.currentNumber
    hour.advance(to: tick)
    day.advance(to: tick)
    let minutes = min(hour.currentNumber - minute, Int64(Limits.hourBuckets))
    for _ in 0..<Int(truncatingIfNeeded: minutes) {
      storageLoss.begin(total: account.deficit(.noLease))
      driveLoss.begin(total: account.deficit(.driveFailed))
    }
  }

  /// Counts steps that were made up to tick `last`, nobody wrote down when. Each is dated by what has accrued
  /// since it, which takes a while.
  ///
  /// - Parameter ticks: how long it took at the least until so many units had accrued before `last`.
  mutating func catchUp(steps: Int64, to last: Tick, _ ticks: (_ units: Int128) -> Int128) {
    // What is older than the longest window need not be counted.
    let most = Int128(day.ticksPerBucket) * Int128(Limits.dayBuckets)
    var since = Int128(min(steps, Int64(clamping: most))) - 1
    while since >= 0 {
      let passed = ticks(since * account.perStep + account.pending)
      advance(to: Tick(last.number - Int64(clamping: passed)))
      hour.countStep()
      day.countStep()
      since -= 1
    }
    advance(to: last)
  }

  /// What was lost before is none of the last hour.
  mutating func forgetLosses() {
    storageLoss = HourOfLoss(total: account.deficit(.noLease))
    driveLoss = HourOfLoss(total: account.deficit(.driveFailed))
  }

  /// - Precondition: traps where something was lost or made up.
  mutating func checkInvariants() {
    account.checkInvariants()
    hour.checkInvariants()
    day.checkInvariants()
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    account.layout(&coder)
    hour.layout(&coder)
    day.layout(&coder)
    hourCeiling.layout(&coder)
    dayCeiling.layout(&coder)
    today.layout(&coder)
    coder.field(magnitude: &stepsInDoubt)
  }
}
