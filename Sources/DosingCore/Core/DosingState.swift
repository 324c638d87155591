public import Quantities

/// The engine's whole memory of dosing. A tick is, in this order:
///
/// 1. `learn(_:)` where there are facts: time passes up to the tick, and what is wrong is noticed;
/// 2. `decide(_:at:)` for each request that came since the last tick;
/// 3. `step(_:)`: whether the motor makes a step now; time passes where it did not yet;
/// 4. `stepEnded(_:)` where a step was decided;
/// 5. `propose()` if the decision wants a commit.
///
/// What has to be driven follows from the state by `outputs`. The state knows no clock but the number of
/// the tick. The same calls give the same decisions.
public struct DosingState: Sendable {
  // What a quiet tick touches.
  public internal(set) var now = Tick(-1)
  /// The first tick at which there is more to do than to accrue basal.
  var attention = Tick(0)
  var basalPerTick: Int128 = 0
  /// Where what is ordered goes while the gate is closed; nil where it accrues.
  private var withheld: Account.Deficit?
  private var delivers = false
  /// Whether basal that runs, or is withheld, is the scheduled one.
  private var followsSchedule = false
  public internal(set) var ledger: Ledger

  // What a step touches.
  var lease = Lease()
  /// The count of steps at which something has to be looked at next.
  private var nextMark: Int64 = 0
  private(set) var hourStepsMax: Int64 = 0
  private(set) var dayStepsMax: Int64 = 0
  /// The same by mass at the tip alone, in units of account.
  private(set) var hourMost: Int128 = 0
  private(set) var dayMost: Int128 = 0
  var failing = Failing()
  var storage = StorageTroubles.none

  // The rest.
  public let rig: Rig
  var therapyClock: TherapyClock
  var order: OrderInForce
  public internal(set) var board = FaultBoard()
  var doses = ExtraDoses()
  /// A refill that is under way.
  public internal(set) var refill = Refill()
  /// A prime or a purge that runs.
  public internal(set) var prime: Prime?
  /// Whoever replaced the line has said that it is where it belongs.
  public internal(set) var isConnected = true
  /// What the load cell says, for long and for short.
  var weight: ReservoirWeight
  var freeFlow = FreeFlowWatch()
  /// What the encoder says, and what is tried where the shaft stands; nil where it does not.
  var shaft = ShaftWatch()
  var attempts: Attempts?
  /// The same of the pressure, and of a line that is blocked.
  var pressure = PressureWatch()
  var unblocking: Attempts?
  var silence = SensorSilence()
  /// An accepted request that is not durable yet.
  var waiting = Transaction()
  /// The commits that were to hold the newest request that acts, and the newest that was taken back.
  public internal(set) var actedCommit: Int64 = 0
  public internal(set) var takenBackCommit: Int64 = 0
  /// What happened outside a step; the next one reports it.
  var happened = Decision()
  public internal(set) var ticksMissed: Int64 = 0

  // What a restart leaves behind.
  var restarts = RestartTimes()
  var stated: StatedHistory?

  /// A new pump: the reservoir full, nothing delivered in the last 24 h, nothing prescribed.
  ///
  /// - Parameter clock: the therapy clock at tick 0, cut to a whole tick.
  public init(rig: Rig, clock: WeekTime) {
    self.rig = rig
    therapyClock = TherapyClock(start: clock, tick: rig.tick)
    order = OrderInForce(noneOn: rig)
    let left = Nanoseconds.days(1) - therapyClock.atTickZero.sinceMidnight
    ledger = Ledger(rig: rig, tomorrow: Tick(rig.ticks(left)))
    weight = ReservoirWeight(showing: rig.reservoir.volume)
  }

  // MARK: The tick

  /// Lets time pass up to this tick and decides whether the motor makes a step.
  public mutating func step(_ tick: Tick) -> Decision {
    if tick < attention && tick.number == now.number + 1 {
      now = tick
      accrue()
      var decision = Decision()
      if ledger.account.stepIsDue { takeStep(&decision) }
      return decision
    }
    return attend(at: tick)
  }

  @inline(__always)
  private mutating func accrue() {
    accrueBasal(basalPerTick)
    if doses.running != nil { accrueExtraDose() }
  }

  /// What is ordered accrues, or is booked where the gate is closed.
  @inline(__always)
  private mutating func accrueBasal(_ units: Int128) {
    if let withheld {
      ledger.account.miss(units, withheld)
    } else {
      ledger.account.accrue(units)
    }
  }

  /// How many of the next ticks do nothing but accrue: no step is due in them, and nothing is to be looked
  /// at. As long as nobody tells or asks anything, `passQuietly(_:)` is the same as to run them one by one.
  ///
  /// Mutating, though nothing changes: else each call would be given a copy of the state.
  public mutating func quietTicks() -> Int64 {
    let quiet = (attention - now).count - 1
    if quiet <= 0 || withheld != nil { return max(0, quiet) }
    return max(0, min(quiet, ticksUntilDue() - 1))
  }

  /// How many ticks more until a step is due; `.max` where none ever is. 0 where that cannot be told.
  private mutating func ticksUntilDue() -> Int64 {
    let wanted = ledger.account.unitsUntilDue
    if let dose = doses.running { return dose.ticks(until: wanted, beside: basalPerTick) }
    if wanted <= 0 { return 0 }
    if basalPerTick <= 0 { return .max }
    return Int64(clamping: (wanted - 1) / basalPerTick + 1)
  }

  /// Lets so many ticks pass that do nothing but accrue.
  ///
  /// - Precondition: there are so many, as `quietTicks()` counts them.
  public mutating func passQuietly(_ ticks: Int64) {
    now = now + TickCount(ticks)
    accrueBasal(basalPerTick * Int128(ticks))
    if doses.running != nil { ledger.accrueExtra(doses.pass(ticks)) }
    precondition(now < attention && (withheld != nil || !ledger.account.stepIsDue))
  }

  /// The part of a tick that is not needed in every tick. Kept out of line, as are the other rare
  /// parts, so that a quiet tick does not pay for their frames.
  @inline(never)
  private mutating func attend(at tick: Tick) -> Decision {
    precondition(tick >= now)
    if tick > now { reach(tick) }
    var decision = happened
    happened = Decision()
    decision.mayChangeOutputs = true
    if prime != nil {
      takePrimeStep(&decision)
    } else if ledger.account.stepIsDue {
      takeStep(&decision)
    }
    ledger.checkInvariants()
    return decision
  }

  /// What became known in a tick, not before the last one. Time passes up to it.
  public mutating func learn(_ facts: TickFacts) {
    if facts.tick > now { passTime(to: facts.tick, suspended: rig.ticks(facts.suspended)) }
    take(facts)
    watch()
    latch()
  }

  /// Time passes up to a tick of which nothing else is known.
  mutating func reach(_ tick: Tick) {
    passTime(to: tick)
    watch()
    latch()
  }

  private mutating func take(_ facts: TickFacts) {
    if facts.suspended > .zero { raise(.suspended) }
    if let failed = facts.failedOutputs { failing.learn(failed, at: now) }
    if let troubles = facts.storage { storage = troubles }
    if let samples = facts.samples { take(samples) }
    if let utc = facts.utc { take(utc) }
    if let grant = facts.grant { take(grant) }
  }

  /// A whole step is due. It is made if every check permits; else it waits.
  @inline(never)
  private mutating func takeStep(_ decision: inout Decision) {
    guard delivers else { return ledger.account.clamp(.stepWaited) }
    guard ledger.account.steps < lease.end else { return ledger.account.clamp(.noLease) }
    guard ledger.hour.stepsTotal < hourStepsMax && ledger.day.stepsTotal < dayStepsMax else {
      return refuseByLimit()
    }
    ledger.countStep()
    decision.steps = true
    // The tick after this one will see to it.
    if ledger.account.steps >= nextMark { attention = now }
  }

  /// A basal step met a limit, which admission should have made impossible.
  private mutating func refuseByLimit() {
    ledger.account.dropStep(.limit)
    cancelExtraDose()
    raise(.basalRefusedByLimit)
    latch()
    // What happened is reported by the next tick.
    attention = now
  }

  /// What became of the step that the last call of `step(_:)` decided.
  ///
  /// - Parameter refusal: nil where it was made.
  @inline(__always)
  public mutating func stepEnded(_ refusal: StepRefusal?) {
    if refusal != nil || failing.driveSince != nil { endStep(refusal) }
  }

  @inline(never)
  private mutating func endStep(_ refusal: StepRefusal?) {
    // What happened is reported by the next tick.
    attention = now
    switch refusal {
    case nil: failing.driveSince = nil
    case .notYet: uncountStep(.stepWaited)
    case .driveFailed:
      uncountStep(.driveFailed)
      failing.driveSince = failing.driveSince ?? now
    case .window(let hour, let day):
      if uncountStep(.stepWaited) { ledger.account.dropStep(.limit) }
      cancelExtraDose()
      endPrime()
      raise(.interlockDisagrees)
      let differs =
        abs(hour - ledger.hour.stepsTotal) > Limits.interlockDifferenceMax
        || abs(day - ledger.day.stepsTotal) > Limits.interlockDifferenceMax
      if differs { raise(.hardStop) }
      latch()
    }
  }

  /// Returns whether it was one that somebody was charged with.
  @discardableResult
  private mutating func uncountStep(_ reason: Account.Deficit) -> Bool {
    if prime != nil {
      uncountPrimeStep()
      return false
    }
    ledger.uncountStep(reason)
    return true
  }

  // MARK: Time

  /// Everything between the last tick and this one: one tick's worth accrues, the rest was missed.
  ///
  /// - Parameter suspended: so many of the ticks between the machine slept.
  mutating func passTime(to tick: Tick, suspended: Int64 = 0) {
    let missed = (tick - now).count - 1
    // A tick in which something was decided and that did not run made no step.
    ledger.account.clamp(.lateTick)
    ledger.advance(to: tick)
    accrue()
    if missed > 0 {
      let slept = min(missed, max(0, suspended))
      if slept > 0 { miss(slept, .suspended) }
      if missed > slept { miss(missed - slept, .lateTick, after: slept) }
      ticksMissed += missed
      happened.wasLate = true
    }
    now = tick
    if let dose = doses.running, dose.ticksLeft == 0 { endExtraDose(at: dose.end) }
    if prime != nil { passPrime() }
    if tick >= ledger.today.ends {
      ledger.today.begin(ledger.account, at: tick, ticksPerDay: rig.ticks(.days(1)))
    }
  }

  @inline(never)
  private mutating func accrueExtraDose() {
    if let amount = doses.accrue() { ledger.accrueExtra(amount) }
  }

  /// Books `count` ticks that did not run, which begin one tick and `offset` more after the last one that
  /// did.
  private mutating func miss(_ count: Int64, _ reason: Account.Deficit, after offset: Int64 = 0) {
    let basal = ordered(from: now + TickCount(1 + offset), ticks: count)
    ledger.account.miss(basal + doses.pass(count), withheld ?? reason)
  }

  /// What basal is ordered for some ticks at which the rate of now is in force, or its schedule.
  mutating func ordered(from tick: Tick, ticks: Int64) -> Int128 {
    if !followsSchedule { return basalPerTick * Int128(ticks) }
    return order.schedule.units(from: therapyClock.at(tick), ticks: ticks)
  }

  /// Sets the rate for the time from now on, and when to look again.
  mutating func latch() {
    let before = basalPerTick
    let runs = mode.delivers
    // What a prime pushes is not basal, which waits meanwhile.
    delivers = runs && prime == nil
    withheld = runs || !order.exists ? nil : board.effect.withheld
    let isOrdered = runs || withheld != nil
    let ordered = order.therapy.prescription.mode
    followsSchedule =
      isOrdered && (ordered.delivers ? board.effect.rate == .scheduled : ordered == .stopped)
    let clock = therapyClock.at(now)
    ledger.lookAtTip()
    basalPerTick =
      followsSchedule
      ? order.schedule.unitsPerTick(at: clock) : isOrdered ? basalWithoutSchedule() : 0
    if basalPerTick != before { happened.basalChanged = true }
    if order.exists { setCeilings() } else { setCeilingsOfRig() }
    nextMark = min(
      ledger.reservoir.nextMark(ledger.account.steps, doubts: ledger.stepsInDoubt), lease.askAt)
    if ledger.line.count > 1 {
      nextMark = min(
        nextMark, ledger.line.nextMark(ledger.account.steps, doubts: ledger.stepsInDoubt))
    }
    if let end = attempts?.end { nextMark = min(nextMark, end) }
    if let end = unblocking?.end { nextMark = min(nextMark, end) }
    attention = min(
      min(min(ledger.hour.start(ofBucket: 1), ledger.today.ends), board.nextChange(rig: rig)),
      failing.attention(TickCount(rig.ticks(Limits.driveFailsAfter)), known: board.on))
    attention = min(attention, min(refillAttention(), sensorAttention()))
    if lease.isOn { attention = min(attention, leaseAttention()) }
    if followsSchedule, let left = order.schedule.ticksUntilChange(at: clock) {
      attention = min(attention, now + TickCount(left))
    }
    if let dose = doses.running { attention = min(attention, dose.end) }
    if prime != nil { attention = min(attention, now + TickCount(1)) }
    // A step may have been taken back, or happened outside a tick.
    if happened != Decision() { attention = now }
  }

  /// Safe basal; and keep-open, which is a flow, whatever is at the tip.
  ///
  /// Mutating, though nothing changes: else it would be given a copy of the state.
  private mutating func basalWithoutSchedule() -> Int128 {
    guard order.therapy.prescription.mode == .minimum else { return order.therapy.safeBasalPerTick }
    let charge = ledger.account.perStep / ledger.perStepAtOne
    let flow = Int128(rig.pump.keepOpenRate.picolitresPerDay) * charge
    return flow * Int128(order.therapy.scale.perTickAtOneQuantumPerDay)
  }

  /// What the windows may hold: levels, which a step does not move.
  private mutating func setCeilings() {
    let worths = ledger.worths(
      named: order.therapy.prescription.concentration, order.therapy.prescription.mode)
    let (hour, day) = (worths.limit(order.therapy.hour), worths.limit(order.therapy.day))
    hourMost = ledger.hourCeiling.units(hour, &ledger.hour, perStepAtOne: ledger.perStepAtOne)
    dayMost = ledger.dayCeiling.units(day, &ledger.day, perStepAtOne: ledger.perStepAtOne)
    hourStepsMax = ledger.stepsMax(
      hourMost, hour.stepsOfRig, made: ledger.hour.stepsTotal, given: ledger.hour.giftTotal)
    dayStepsMax = ledger.stepsMax(
      dayMost, day.stepsOfRig, made: ledger.day.stepsTotal, given: ledger.day.giftTotal)
  }

  /// Where nothing is ordered a prime alone moves the head.
  private mutating func setCeilingsOfRig() {
    hourStepsMax = prime == nil ? 0 : rig.steps(in: rig.maxVolume1h)
    dayStepsMax = prime == nil ? 0 : rig.steps(in: rig.maxVolume24h)
  }

  // MARK: Faults

  /// Holds every fault that has a cause against it.
  mutating func watch() {
    watchRefill()
    watchLine()
    watchContents()
    watchSensors()
    watchShaft()
    watchPressure()
    if board.on[.reservoirEmpty] || board.on[.hardStop] { endPrime() }
    watchClock()
    set(.orderNotValid, on: order.exists && !order.therapy.isValid)
    set(.copyFails, on: storage.overlaps(.copyFails))
    // Whoever acknowledges it before it is mended is told again.
    if storage.overlaps(.lost) { raise(.storageLost) }
    watchLease()
    watchDrive()
    if board.pass(to: now, rig: rig) { happened.faultsChanged = true }
    if board.effect.rate == .safe || board.effect.gate != .run { cancelExtraDose() }
    // What has happened is to be durable.
    if lease.isOn, happened.faultsChanged || happened.extraDoseEnded { happened.wantsCommit = true }
  }

  /// Losses are held against what an hour may lose, at the rate of now.
  private mutating func watchDrive() {
    let lasts = failing.lasts(TickCount(rig.ticks(Limits.driveFailsAfter)), at: now)
    let most = basalPerTick * Int128(rig.ticks(Limits.driveLoss))
    // What waits for an attempt is told as such.
    let losesMuch =
      delivers && attempts == nil && unblocking == nil
      && ledger.driveLoss.loss(total: ledger.account.deficit(.driveFailed)) > most
    set(.driveFails, on: lasts.drive || losesMuch, losesMuch ? .high : nil)
    set(.outputFails, on: lasts.output)
    let mayWait = basalPerTick * Int128(rig.ticks(Limits.slowLoss))
    let waits = ledger.storageLoss.loss(total: ledger.account.deficit(.noLease)) > mayWait
    set(.storageSlow, on: delivers && lease.isOn && waits)
    let isLate = ledger.lateLoss.loss(total: ledger.account.deficit(.lateTick)) > mayWait
    set(.ticksLate, on: delivers && isLate)
  }

  /// Before the first tick a fault is dated to it.
  private var sinceNow: Tick { max(now, Tick(0)) }

  mutating func raise(_ code: FaultCode, _ priority: AlarmPriority? = nil) {
    if board.raise(code, priority, at: sinceNow) { happened.faultsChanged = true }
  }

  mutating func end(_ code: FaultCode) {
    if board.end(code) { happened.faultsChanged = true }
  }

  mutating func set(_ code: FaultCode, on isOn: Bool, _ priority: AlarmPriority? = nil) {
    if board.set(code, on: isOn, priority, at: sinceNow) { happened.faultsChanged = true }
  }

  // MARK: The end of an extra dose

  mutating func cancelExtraDose() { endExtraDose(at: now) }

  mutating func endExtraDose(at end: Tick) {
    if doses.end(at: end) { happened.extraDoseEnded = true }
  }
}
