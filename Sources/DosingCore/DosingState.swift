public import Quantities

/// What is delivered now, and why. In order of precedence.
public enum DeliveryMode: UInt8, Sendable, BitwiseCopyable {
  case hardStop = 1
  case stoppedByCommand = 2
  /// Nobody knows what was given in the last 24 h.
  case noHistory = 10
  case noTherapy = 3
  case reservoirEmpty = 4
  case safeBasal = 5
  case stopped = 6
  case minimum = 7
  case continuous = 8
  case flex = 9
}

/// An extra dose that is over.
public struct EndedExtraDose: Sendable, BitwiseCopyable {
  public internal(set) var kind: ExtraDose.Kind
  public internal(set) var start: Tick
  public internal(set) var end: Tick
  /// Asked for, and given up because it was cancelled, in units of account.
  public internal(set) var units: Int64
  public internal(set) var discarded: Int64

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&kind)
    coder.field(&start)
    coder.field(&end)
    coder.field(magnitude: &units)
    coder.field(magnitude: &discarded)
  }
}

/// The engine's whole memory of dosing. A tick is, in this order:
///
/// 1. `decide(_:at:)` for each request that came since the last tick;
/// 2. `step(_:)`: what has accrued, and whether the motor makes a step now;
/// 3. `stepRefused(_:)` if a step was decided and the interlock did not let it pass;
/// 4. `propose()` if the decision wants a commit.
///
/// Where what it does is written down, `grant(_:end:at:)` comes before all of these.
///
/// The state knows no clock but the number of the tick. The same calls give the same decisions.
public struct DosingState: ~Copyable {
  // What a quiet tick touches.
  public internal(set) var now = Tick(-1)
  /// The first tick at which there is more to do than to accrue basal.
  var attention = Tick(0)
  var basalPerTick: Int64 = 0
  public internal(set) var account = Account(perStep: 1)

  // What a step touches.
  var lease = Lease()
  private var delivers = false
  var hourStepsMax: Int64 = 0
  var dayStepsMax: Int64 = 0
  public internal(set) var hour: RollingWindow<61>
  public internal(set) var day: RollingWindow<97>
  var reservoir: ReservoirGauge

  // The rest.
  public let rig: Rig
  var clockAtTickZero: WeekTime
  /// Somebody vouches for the therapy clock.
  public internal(set) var clockIsTrusted = true
  public internal(set) var therapy: Therapy?
  public internal(set) var alarms = AlarmTable()
  public internal(set) var extraDose: ExtraDose?
  public internal(set) var lastExtraDose: EndedExtraDose?
  var patientBoluses = PatientBolusStarts()
  var stoppedByCommand = false
  var lastInterlockDefect: Tick?
  var stopEscalates = Tick.never
  public internal(set) var today: DayCount
  /// What happened while a request was decided; the next step reports it.
  var happened = Decision()
  public internal(set) var ticksMissed: Int64 = 0

  // What a restart leaves behind.
  /// Steps since the pump was new that may have been made and were not counted.
  public internal(set) var stepsInDoubt: Int64 = 0
  var restarts = RestartTimes()
  /// When `AlarmCode.accountUncertain` ends by itself.
  var accountCertainAt = Tick.never
  /// What ran before a program that is not durable yet.
  var before: BeforeRequest?

  /// A new pump: the reservoir full, nothing delivered in the last 24 h, nothing prescribed.
  ///
  /// - Parameter clock: the therapy clock at tick 0, cut to a whole tick.
  public init(rig: Rig, clock: WeekTime) {
    self.rig = rig
    clockAtTickZero = WeekTime(
      sinceMonday: Nanoseconds(clock.sinceMonday.count / rig.tick.count * rig.tick.count))
    hour = RollingWindow(ticksPerBucket: rig.ticks(Limits.hourBucket))
    day = RollingWindow(ticksPerBucket: rig.ticks(Limits.dayBucket))
    reservoir = ReservoirGauge(rig)
    let left = Nanoseconds.days(1) - clockAtTickZero.sinceMidnight
    today = DayCount(ends: Tick(rig.ticks(left)))
  }

  // MARK: The tick

  /// Lets time pass up to this tick and decides whether the motor makes a step.
  public mutating func step(_ inputs: TickInputs) -> Decision {
    if inputs.tick < attention && inputs.tick.number == now.number + 1 {
      now = inputs.tick
      accrue()
      var decision = Decision()
      if account.stepIsDue { takeStep(&decision) }
      return decision
    }
    return attend(at: inputs.tick)
  }

  @inline(__always)
  private mutating func accrue() {
    account.accrue(basalPerTick)
    if extraDose != nil { accrueExtraDose() }
  }

  /// The part of a tick that is not needed in every tick. Kept out of line, as are the other rare
  /// parts, so that a quiet tick does not pay for their frames.
  @inline(never)
  private mutating func attend(at tick: Tick) -> Decision {
    precondition(tick >= now)
    if tick > now {
      passTime(to: tick)
      updateAlarms()
      latch()
    }
    var decision = happened
    happened = Decision()
    if account.stepIsDue { takeStep(&decision) }
    checkInvariants()
    return decision
  }

  /// A whole step is due. It is made if every check permits; else it waits.
  @inline(never)
  private mutating func takeStep(_ decision: inout Decision) {
    guard delivers else { return account.clamp(.stepWaited) }
    guard account.steps < lease.end else { return account.clamp(.noLease) }
    guard hour.stepsTotal < hourStepsMax && day.stepsTotal < dayStepsMax else {
      return refuseByLimit()
    }
    account.makeStep()
    hour.countStep()
    day.countStep()
    decision.steps = true
    // The tick after this one will see to it.
    if stepsUpper >= reservoir.nextMark || account.steps >= lease.askAt { attention = now }
  }

  /// A basal step met a limit, which admission should have made impossible.
  private mutating func refuseByLimit() {
    account.dropStep(.limit)
    cancelExtraDose()
    raise(.basalRefusedByLimit)
    latch()
    // What happened is reported by the next tick.
    attention = now
  }

  /// Takes back the step that the last call of `step(_:)` decided.
  public mutating func stepRefused(_ refusal: StepRefusal) {
    hour.uncountStep()
    day.uncountStep()
    account.unmakeStep()
    guard refusal == .window else { return }
    account.dropStep(.limit)
    cancelExtraDose()
    raise(.interlockDisagrees)
    let again = lastInterlockDefect.map { now - $0 < TickCount(rig.ticks(.hours(24))) } ?? false
    if again { raise(.hardStop) }
    lastInterlockDefect = now
    latch()
    attention = now
  }

  // MARK: Time

  /// Everything between the last tick and this one: one tick's worth accrues, the rest was missed.
  mutating func passTime(to tick: Tick) {
    let missed = (tick - now).count - 1
    hour.advance(to: tick)
    day.advance(to: tick)
    accrue()
    if missed > 0 { miss(missed) }
    now = tick
    if let extraDose, extraDose.ticksLeft == 0 { endExtraDose(at: extraDose.end) }
    if tick >= today.ends { today.begin(account, at: tick, ticksPerDay: rig.ticks(.days(1))) }
  }

  @inline(never)
  private mutating func accrueExtraDose() {
    guard let amount = extraDose?.accrue() else { return }
    account.accrueExtra(amount)
    hour.countExtra(units: amount)
    day.countExtra(units: amount)
  }

  /// Books `count` ticks that did not run, which begin one tick after the last one that did.
  private mutating func miss(_ count: Int64) {
    ticksMissed += count
    happened.wasLate = true
    let from = clock(at: now + TickCount(1))
    let basal =
      followsSchedule
      ? therapy?.schedule.units(from: from, ticks: count) ?? 0 : basalPerTick * count
    account.miss(basal + (extraDose?.miss(count) ?? 0), .lateTick)
  }

  /// The therapy clock at a tick.
  public func clock(at tick: Tick) -> WeekTime {
    clockAtTickZero + Nanoseconds(tick.number * rig.tick.count)
  }

  /// Sets the rate for the time from now on, and when to look again.
  mutating func latch() {
    let mode = self.mode
    let before = basalPerTick
    delivers = mode.delivers
    basalPerTick = basalNow(in: mode)
    if basalPerTick != before { happened.basalChanged = true }
    attention = min(
      min(min(hour.start(ofBucket: 1), today.ends), min(stopEscalates, accountCertainAt)),
      leaseAttention)
    if followsSchedule, let left = therapy?.schedule.ticksLeft(at: clock(at: now)) {
      attention = min(attention, now + TickCount(left))
    }
    if let extraDose { attention = min(attention, extraDose.end) }
  }

  private func basalNow(in mode: DeliveryMode) -> Int64 {
    switch mode {
    case .hardStop, .stoppedByCommand, .noHistory, .noTherapy, .reservoirEmpty, .stopped: 0
    case .safeBasal: therapy?.safeBasalPerTick ?? 0
    case .minimum, .continuous, .flex:
      therapy?.schedule.unitsPerTick(at: clock(at: now)) ?? 0
    }
  }

  private var followsSchedule: Bool { mode.followsSchedule }

  public var mode: DeliveryMode {
    if alarms[.hardStop] != nil { return .hardStop }
    if stoppedByCommand { return .stoppedByCommand }
    if alarms[.noHistory] != nil { return .noHistory }
    guard let prescribed = therapy?.prescription.mode else { return .noTherapy }
    if alarms[.reservoirEmpty] != nil { return .reservoirEmpty }
    return switch prescribed {
    case .stopped: .stopped
    case .minimum: .minimum
    case .continuous: callsForSafeBasal ? .safeBasal : .continuous
    case .flex: callsForSafeBasal || !clockIsTrusted ? .safeBasal : .flex
    }
  }

  private var callsForSafeBasal: Bool { alarms.contains { $0.callsForSafeBasal } }

  // MARK: Alarms

  mutating func updateAlarms() {
    if stepsUpper >= reservoir.nextMark { passReservoirMark() }
    if now >= stopEscalates {
      stopEscalates = .never
      if alarms.raise(.stopped, priority: .high, at: now) { happened.alarmsChanged = true }
    }
    if now >= accountCertainAt {
      accountCertainAt = .never
      clear(.accountUncertain)
    }
    watchLease()
  }

  private mutating func passReservoirMark() {
    if stepsUpper >= reservoir.stepsToEmpty {
      cancelExtraDose()
      raise(.reservoirEmpty)
    } else {
      raise(.reservoirLow)
    }
    reservoir.pass(steps: stepsUpper)
  }

  mutating func raise(_ code: AlarmCode) {
    if alarms.raise(code, at: now) { happened.alarmsChanged = true }
  }

  mutating func clear(_ code: AlarmCode) {
    if alarms.clear(code) { happened.alarmsChanged = true }
  }

  // MARK: The end of an extra dose

  mutating func cancelExtraDose() {
    guard extraDose != nil else { return }
    endExtraDose(at: now)
  }

  mutating func endExtraDose(at end: Tick) {
    guard let ended = extraDose else { return }
    lastExtraDose = EndedExtraDose(
      kind: ended.kind, start: ended.start, end: end, units: ended.units,
      discarded: ended.unitsLeft)
    extraDose = nil
    happened.extraDoseEnded = true
  }

  // MARK: What can be asked

  /// What the reservoir holds by count of steps, rounded up to a picolitre.
  /// Steps in doubt count as made.
  public var reservoirContents: Volume { reservoir.contents(stepsMade: stepsUpper, rig: rig) }

  /// The most steps that can have been made since the pump was new.
  public var stepsUpper: Int64 { account.steps + stepsInDoubt }

  /// Units per tick of basal, and of the extra dose as a mean.
  public var unitsPerTick: (basal: Int64, extra: Int64) {
    (basalPerTick, extraDose.map { $0.units / $0.ticks } ?? 0)
  }

  /// When the next patient bolus would be outside lockout and allotment; nil where none is
  /// prescribed.
  public var patientBolusAllowedAt: Tick? {
    guard let bolus = therapy?.prescription.patientBolus else { return nil }
    return patientBoluses.allowedAt(
      bolus, lastEnd: extraDose?.end ?? lastExtraDose?.end, rig: rig)
  }

  public var patientBolusesIn24h: Int { patientBoluses.count(at: now, rig: rig) }

  /// - Precondition: traps where the state contradicts itself: better dead than wrong, since a dead
  ///   engine lets the heartbeat stop.
  func checkInvariants() {
    account.checkInvariants()
    hour.checkInvariants()
    day.checkInvariants()
  }
}

extension DeliveryMode {
  /// Whether a due step may be made.
  public var delivers: Bool {
    switch self {
    case .safeBasal, .minimum, .continuous, .flex: true
    case .hardStop, .stoppedByCommand, .noHistory, .noTherapy, .reservoirEmpty, .stopped: false
    }
  }

  var followsSchedule: Bool {
    switch self {
    case .minimum, .continuous, .flex: true
    case .hardStop, .stoppedByCommand, .noHistory, .noTherapy, .reservoirEmpty, .stopped,
      .safeBasal:
      false
    }
  }
}
