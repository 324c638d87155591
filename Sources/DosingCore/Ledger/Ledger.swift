internal import Quantities

/// Where every step goes: the account, both rolling windows with their ceilings, the line, and the
/// reservoir.
public struct Ledger: Sendable, BitwiseCopyable {
  public internal(set) var account = Account(perStep: 1)
  public internal(set) var hour: RollingWindow<61>
  public internal(set) var day: RollingWindow<97>
  var hourCeiling = Ceiling()
  var dayCeiling = Ceiling()
  var reservoir: ReservoirGauge
  public internal(set) var line: Line
  /// Units of account that a step moves of what holds 1 ng/mL.
  let perStepAtOne: Int128
  /// What the next step gives, by the line.
  private(set) var worth = StepWorth()
  public internal(set) var today: DayCount
  /// Steps since the pump was new that may have been made and were not counted.
  public internal(set) var stepsInDoubt: Int64 = 0
  /// Basal that waited for the storage, and for the drive, and what was missing since a tick was late.
  private(set) var storageLoss = HourOfLoss(total: 0)
  private(set) var driveLoss = HourOfLoss(total: 0)
  private(set) var lateLoss = HourOfLoss(total: 0)

  init(rig: Rig, tomorrow: Tick) {
    hour = RollingWindow(ticksPerBucket: rig.ticks(Limits.hourBucket))
    day = RollingWindow(ticksPerBucket: rig.ticks(Limits.dayBucket))
    reservoir = ReservoirGauge(rig)
    line = Line(rig)
    // What a step moves hangs on the concentration by a factor alone.
    let one = Concentration(nanogramsPerMillilitre: 1)
    perStepAtOne = AccountScale(rig: rig, concentration: one).perStep
    today = DayCount(ends: tomorrow)
  }

  /// The most steps that can have been made since the pump was new: no more than there was to give.
  var stepsUpper: Int64 { account.steps + stepsInDoubt }

  mutating func countStep() {
    account.makeStep()
    hour.countStep(worth)
    day.countStep(worth)
  }

  mutating func uncountStep(_ reason: Account.Deficit) {
    hour.uncountStep(worth)
    day.uncountStep(worth)
    account.unmakeStep(reason)
  }

  /// A step of a prime, which is nobody's dose.
  mutating func countPrime() {
    account.moveStep(1)
    hour.countStep(worth)
    day.countStep(worth)
  }

  mutating func uncountPrime() {
    hour.uncountStep(worth)
    day.uncountStep(worth)
    account.moveStep(-1)
  }

  /// What a prime may give at the tip if all that it moves mixes binds extra doses as if it had.
  mutating func countMixed(_ sum: Int64) {
    hour.count(excess: sum)
    day.count(excess: sum)
  }

  /// Looks at what is at the tip now: from the next step on that is what one is worth.
  mutating func lookAtTip() {
    line.pass(account.steps)
    guard line.isFilled else { return }
    let tip = line.tip(after: account.steps, doubts: stepsInDoubt)
    // Nothing that is on its way holds drug: nothing can be ordered either.
    guard tip.charge > 0 else { return }
    worth = tip.worth
    account.setWorth(
      charge: Int128(tip.charge) * perStepAtOne, gift: Int128(tip.worth.gift) * perStepAtOne)
  }

  mutating func accrueExtra(_ units: Int128) {
    account.accrueExtra(units)
    hour.countExtra(units: units)
    day.countExtra(units: units)
  }

  /// Steps that may have been made, dated now: they bind extra doses, the reservoir and the report.
  mutating func doubt(_ steps: Int64) {
    let given = reservoir.upper(account.steps, doubts: stepsInDoubt)
    let most = max(0, reservoir.stepsInAll - given)
    let doubted = min(steps, most)
    stepsInDoubt += doubted
    hour.count(doubts: doubted, inBucket: hour.currentNumber)
    day.count(doubts: doubted, inBucket: day.currentNumber)
  }

  /// Of the steps that were counted, so many may not have been made: what they would have moved is where it was
  /// before them, or where they were counted to. The limits count them as given.
  mutating func doubtMade(_ steps: Int64) {
    line.stay(steps)
    reservoir.stay(steps)
    stepsInDoubt += steps
  }

  /// Goes on at a count that is known from elsewhere, with a line that was read from there.
  ///
  /// - Parameter placesAreKnown: else each boundary may be as far as the tip.
  mutating func goOn(atSteps steps: Int64, inDoubt: Int64, placesAreKnown: Bool) {
    account.goOn(atSteps: steps)
    stepsInDoubt = max(stepsInDoubt, inDoubt)
    if !placesAreKnown { stepsInDoubt += line.length }
  }

  /// Makes the buckets of `tick` the current ones.
  mutating func advance(to tick: Tick) {
    let minute = hour.currentNumber
    hour.advance(to: tick)
    day.advance(to: tick)
    if hour.currentNumber != minute { advanceLosses(fromMinute: minute) }
  }

  private mutating func advanceLosses(fromMinute minute: Int64) {
    let each = HourOfLoss.minutesPerBucket
    let begun = hour.currentNumber / each - minute / each
    for _ in 0..<Int(truncatingIfNeeded: min(begun, Int64(HourOfLoss.buckets))) {
      storageLoss.begin(total: account.deficit(.noLease))
      driveLoss.begin(total: account.deficit(.driveFailed))
      lateLoss.begin(total: account.deficit(.lateTick))
    }
  }

  /// Goes on as an account that a tick left, of which nobody wrote down when its steps were made. Each is
  /// dated by what has accrued since it, which takes a while.
  ///
  /// - Parameters:
  ///   - primed: so many of the first steps were those of a prime, with which nobody was charged.
  ///   - newestIsDoubtful: nobody knows whether the newest step was made.
  ///   - ticks: how long it took at the least until so many units had accrued before `last`.
  mutating func catchUp(
    with trace: AccountTrace, primed: Int64, newestIsDoubtful: Bool, to last: Tick,
    _ ticks: (_ units: Int128) -> Int128
  ) {
    let before = account.steps
    let charged = before + primed
    var since = take(trace, chargedAfter: charged)
    if newestIsDoubtful, account.steps > charged {
      since -= account.perStep
      account.doubtStep()
    } else if newestIsDoubtful {
      account.moveStep(-1)
    }
    // What is older than the longest window need not be counted.
    let most = Int64(clamping: Int128(day.ticksPerBucket) * Int128(Limits.dayBuckets))
    for made in before..<account.steps {
      let tip = line.tip(after: made, doubts: stepsInDoubt)
      if made >= charged { since -= Int128(tip.charge) * perStepAtOne }
      if account.steps - made > most { continue }
      advance(to: Tick(last.number - Int64(clamping: ticks(since + account.pending))))
      hour.countStep(tip.worth)
      day.countStep(tip.worth)
    }
    advance(to: last)
  }

  /// Takes over how far an account has come. Returns what the steps since this one were charged with.
  private mutating func take(_ trace: AccountTrace, chargedAfter first: Int64) -> Int128 {
    var (charged, given) = (Int128(0), Int128(0))
    for made in account.steps..<trace.steps {
      let tip = line.tip(after: made, doubts: stepsInDoubt)
      if made >= first {
        (charged, given) = (charged + Int128(tip.charge), given + Int128(tip.worth.gift))
      }
      // As it was when the newest of them was made.
      worth = tip.worth
      account.setWorth(
        charge: Int128(tip.charge) * perStepAtOne, gift: Int128(tip.worth.gift) * perStepAtOne)
    }
    account.goOn(as: trace, withoutDrug: (charged - given) * perStepAtOne)
    return charged * perStepAtOne
  }

  /// The count of steps that a window may hold in which the tip may give so much, and the head so many.
  ///
  /// - Parameters:
  ///   - made: the steps that are in it, and what the tip gave with them.
  mutating func stepsMax(
    _ units: Int128, _ ofRig: Int64, made: Int64, given: Int64
  ) -> Int64 {
    let left = units / perStepAtOne - Int128(given)
    if left < 0 { return min(ofRig, made - stepsAbove(-left)) }
    let more = line.steps(payedBy: left, from: account.steps, .gifts)
    return more > ofRig ? ofRig : min(ofRig, made + more)
  }

  /// What was lost before is none of the last hour.
  mutating func forgetLosses() {
    storageLoss = HourOfLoss(total: account.deficit(.noLease))
    lateLoss = HourOfLoss(total: account.deficit(.lateTick))
    forgetDriveLoss()
  }

  mutating func forgetDriveLoss() {
    driveLoss = HourOfLoss(total: account.deficit(.driveFailed))
  }

  /// - Precondition: traps where something was lost or made up.
  mutating func checkInvariants() {
    account.checkInvariants()
    hour.checkInvariants()
    day.checkInvariants()
  }

  /// How many steps of what is at the tip are too many.
  private mutating func stepsAbove(_ gift: Int128) -> Int64 {
    let each = Int128(max(1, worth.gift))
    return Int64(clamping: (gift + each - 1) / each)
  }

  /// - Parameters:
  ///   - concentration: what the pump holds by a record of before there were lines; nil where the record
  ///     tells what is in the line.
  mutating func layout(_ coder: inout some FrameCoder, alone concentration: Concentration?) {
    let isAlone = concentration != nil
    account.layout(&coder, tellsDelivered: !isAlone)
    hour.layout(&coder, tellsGifts: !isAlone)
    day.layout(&coder, tellsGifts: !isAlone)
    let perStep = isAlone ? account.perStep : nil
    hourCeiling.layout(&coder, perStep: perStep)
    dayCeiling.layout(&coder, perStep: perStep)
    today.layout(&coder, perStep: perStep)
    coder.field(magnitude: &stepsInDoubt)
    if let concentration { return holdAlone(concentration) }
    line.layout(&coder)
    reservoir.layout(&coder)
  }

  /// Whether a step is worth what one of this rig's head can be.
  var isOfItsRig: Bool { line.isFilled && account.perStep % perStepAtOne == 0 }

  /// The pump has never held anything else.
  mutating func holdAlone(_ concentration: Concentration) {
    guard concentration.nanogramsPerMillilitre > 0 else { return }
    line.fill(concentration)
    hour.countAs(concentration.nanogramsPerMillilitre)
    day.countAs(concentration.nanogramsPerMillilitre)
  }
}
