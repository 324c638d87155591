import BigInt
import DosingCore
import Quantities

/// Predicts an engine from the plain data of rig and prescription and from what was asked of it, and
/// shares no code with it.
///
/// Every tick is judged in whole units of account, in this file's own sums. The size of the unit is
/// derived here, as an exact ratio, and every rate is proved to be a whole number of units, so that
/// nothing is rounded. Every request, and every ten-thousandth tick, is judged again in exact ratios
/// that are built up from nothing: ticks counted at each rate, doses, and steps.
struct Oracle {
  struct Running {
    let isPatients: Bool
    let dose: Mass
    let start: Int64
    let ticks: Int64
    /// The dose in units of account, and how many of its ticks have accrued or were missed.
    let units: Int128
    var passed: Int64 = 0

    var end: Int64 { start + ticks }

    /// What has accrued or was missed: the even dose, cut to a whole unit.
    var unitsPassed: Int128 {
      // Whole and rest apart, so that nothing overflows.
      let (whole, rest) = units.quotientAndRemainder(dividingBy: Int128(ticks))
      return whole * Int128(passed) + rest * Int128(passed) / Int128(ticks)
    }
  }

  struct Rate {
    /// In billionths of a nanogram per day, of which every rate is a whole number.
    let exact: Int128
    /// In units of account per tick.
    let units: Int128
    var ticksAccrued: Int64 = 0
    var ticksMissed: Int64 = 0
  }

  let rig: Rig
  private(set) var clock: Int64
  private var utcOffset = Nanoseconds.zero
  let ticksPerDay: Int64
  /// In picolitres.
  let stepVolume: Ratio
  let stepsToLow: Int64
  let stepsToEmpty: Int64

  // What is in force.
  private(set) var order: Prescription?
  private(set) var now: Int64 = -1
  private(set) var stopped = false
  private(set) var empty = false
  private(set) var low = false
  enum Alarm: CaseIterable { case stopped, low, empty }
  private var (stoppedAt, lowAt, emptyAt) = (Int64(0), Int64(0), Int64(0))
  /// When somebody acknowledged, with each that was on then or not.
  private var seenAt: [Alarm: Int64] = [:]
  /// Until then ticks that were missed may be an alarm: how much of an hour they cost is not followed here.
  private var lateUntil: Int64 = -1
  private(set) var running: Running?
  private(set) var lastEnd: Int64?
  private(set) var patientStarts: [Int64] = []
  private(set) var stepMass = Ratio.zero
  private(set) var unit = Ratio.zero
  private var stepUnits: Int128 = 1
  private var hourStepsMax = 0
  private var dayStepsMax = 0
  /// Every rate that was ever in force, and which of them each minute of the week has.
  private var rates: [Rate] = []
  private var minutes: [Int] = []
  /// The rate of the interval that follows the last tick; nil where nothing accrues.
  private var rateInForce: Int?
  private var rateHolds: Int64 = 0
  // A quiet tick touches nothing but these and the sums below.
  private var unitsInForce: Int128 = 0
  private var ticksInForce: Int64 = 0
  private var isDosing = false

  // What should have happened, in units of account.
  private(set) var prescribed: Int128 = 0
  private(set) var pending: Int128 = 0
  private(set) var late: Int128 = 0
  private(set) var waited: Int128 = 0
  private(set) var withheld: Int128 = 0
  private var extraPassed: BigInt = 0
  private var extraMissed: BigInt = 0

  /// Every step that was made, and where the windows that end now begin in it.
  private(set) var stepTicks: [Int64] = []
  private var hourBegins = 0
  private var dayBegins = 0
  private(set) var mostOfHour = 0.0
  private(set) var mostOfDay = 0.0

  /// The first thing that was wrong.
  private(set) var fault: String?
  private(set) var failed = false

  init(rig: Rig, clock: WeekTime) {
    self.rig = rig
    self.clock = clock.sinceMonday.count / rig.tick.count * rig.tick.count
    ticksPerDay = 86_400_000_000_000 / rig.tick.count
    stepVolume = Ratio(rig.pump.volumePerRevolution.picolitres, rig.pump.stepsPerRevolution)
    let volume = rig.reservoir.volume.picolitres
    // Of a head that gives as much more as it may.
    let mostOfStep = stepVolume * Ratio(1_000 + rig.pump.accuracyPermille, 1_000)
    stepsToLow = Int64((Ratio(volume - rig.reservoir.low.picolitres) / mostOfStep).floor)
    stepsToEmpty = Int64((Ratio(volume - rig.reservoir.empty.picolitres) / stepVolume).floor)
  }

  mutating func fail(_ text: @autoclosure () -> String) {
    failed = true
    if fault == nil { fault = "tick \(now): \(text())" }
  }

  mutating func expect(_ condition: Bool, _ text: @autoclosure () -> String) {
    if !condition { fail(text()) }
  }

  private var ticksPerMinute: Int64 { ticksPerDay / 1440 }

  /// Whether a step that is due is made.
  private(set) var delivers = false

  /// Whether basal is ordered, and the reservoir is empty.
  private var isWithheld = false

  private mutating func chooseDelivery() {
    let isOrdered = order.map { !stopped && $0.mode != .stopped } ?? false
    delivers = isOrdered && !empty
    isWithheld = isOrdered && empty
  }

  /// Whether the schedule is a therapy and is followed.
  var treats: Bool { delivers && (order?.mode == .continuous || order?.mode == .flex) }

  // MARK: Time

  private func minute(at tick: Int64) -> Int {
    Int((clock + tick * rig.tick.count) / 60_000_000_000 % 10_080)
  }

  /// The rate in force from a tick on, until the minute ends.
  private mutating func chooseRate() {
    countTicks()
    rateInForce = delivers || isWithheld ? minutes[minute(at: now)] : nil
    unitsInForce = rateInForce.map { rates[$0].units } ?? 0
    let intoMinute = (clock / rig.tick.count + now) % ticksPerMinute
    rateHolds = now + ticksPerMinute - intoMinute
  }

  private mutating func countTicks() {
    if let rateInForce { rates[rateInForce].ticksAccrued += ticksInForce }
    ticksInForce = 0
  }

  /// One tick's worth accrues; what lies beyond it was missed.
  private mutating func pass(to tick: Int64) {
    guard tick > now else { return }
    let missed = tick - now - 1
    ticksInForce += 1
    prescribed += unitsInForce
    if isWithheld { withheld += unitsInForce } else { pending += unitsInForce }
    if isDosing { accrueDose() }
    if missed > 0 {
      miss(missed)
      lateUntil = tick + ticksPerDay / 24 + 6 * ticksPerMinute
    }
    now = tick
    if isDosing, let running, running.passed == running.ticks { endDose(at: running.end) }
    if stepTicks.count >= stepsToLow { passReservoirMarks() }
  }

  private mutating func accrueDose() {
    guard let before = running?.unitsPassed else { return }
    running?.passed += 1
    let amount = (running?.unitsPassed ?? 0) - before
    prescribed += amount
    pending += amount
  }

  /// The ticks from the one after `now` on did not run.
  private mutating func miss(_ count: Int64) {
    if rateInForce != nil { missBasal(count) }
    guard let dose = running else { return }
    running?.passed = min(dose.ticks, dose.passed + count)
    let amount = (running?.unitsPassed ?? 0) - dose.unitsPassed
    prescribed += amount
    late += amount
    extraMissed += BigInt(amount)
  }

  private mutating func missBasal(_ count: Int64) {
    var tick = now + 1
    while tick <= now + count {
      let intoMinute = (clock / rig.tick.count + tick) % ticksPerMinute
      let here = min(ticksPerMinute - intoMinute, now + count + 1 - tick)
      let rate = minutes[minute(at: tick)]
      let units = Int128(here) * rates[rate].units
      prescribed += units
      if isWithheld {
        rates[rate].ticksAccrued += here
        withheld += units
      } else {
        rates[rate].ticksMissed += here
        late += units
      }
      tick += here
    }
  }

  private mutating func passReservoirMarks() {
    // Told in the tick after the step.
    if !low { lowAt = now + 1 }
    low = true
    if stepTicks.count >= stepsToEmpty && !empty {
      endDose(at: now)
      empty = true
      emptyAt = now + 1
      chooseDelivery()
    }
  }

  private mutating func endDose(at tick: Int64) {
    guard let ended = running else { return }
    extraPassed += BigInt(ended.unitsPassed)
    lastEnd = tick
    running = nil
    isDosing = false
  }

  // MARK: Requests

  /// - Parameter perStep: the engine's count of units in a step, which is all that is taken from it.
  mutating func asked(_ request: Request, at tick: Int64, answer: Answer, perStep: Int128) {
    pass(to: tick)
    switch request {
    case .stop:
      expect(answer.isAccepted, "stop was refused")
      endDose(at: tick)
      if !stopped { stoppedAt = now }
      stopped = true
    case .cancelBolus:
      expect(answer.isAccepted == (running != nil), "the end of a dose was answered with \(answer)")
      endDose(at: tick)
    case .resume:
      expect(answer.isAccepted == stopped, "resume was answered with \(answer)")
      stopped = false
    case .bolus(let dose, let duration):
      judge(answer, dose: dose, duration: duration, isPatients: false)
    case .patientBolus:
      if let bolus = order?.patientBolus {
        judge(answer, dose: bolus.dose, duration: bolus.duration, isPatients: true)
      } else {
        expect(!answer.isAccepted, "a patient bolus that is not prescribed was accepted")
      }
    case .commit(.program(let therapy)): judge(answer, program: therapy.prescription, perStep)
    case .propose: break
    case .commit(.clock(let change)): judge(answer, change)
    case .acknowledge, .silence:
      let calls = Alarm.allCases.contains { isUnseen($0) }
      expect(
        answer.isAccepted == calls || !calls && now <= lateUntil,
        "\(request) was answered with \(answer)")
      if case .acknowledge = request { for alarm in Alarm.allCases { seenAt[alarm] = now } }
    case .commit:
      expect(!answer.isAccepted, "\(request) was accepted, though nothing calls for it")
    }
    chooseDelivery()
    chooseRate()
  }

  private mutating func judge(
    _ answer: Answer, dose: Mass, duration: Nanoseconds, isPatients: Bool
  ) {
    if let refusal = answer.refusal { return judge(refusal, isPatients: isPatients) }
    guard let order else { return fail("a bolus was accepted without a prescription") }
    expect(treats, "a bolus was accepted though nothing is delivered")
    expect(!low, "a bolus was accepted with a low reservoir")
    expect(running == nil, "a bolus was accepted while another one runs")
    expect(Ratio(dose.nanograms) >= stepMass * Ratio(Int64(10)), "a bolus of less than 10 steps")
    expect(
      (60_000_000_000...86_400_000_000_000).contains(duration.count), "a bolus of \(duration)")
    if isPatients, let bolus = order.patientBolus { judgeAllotment(bolus) }
    let ticks = (duration.count + rig.tick.count - 1) / rig.tick.count
    judgeFlow(dose: dose, ticks: ticks)
    guard let units = (Ratio(dose.nanograms) / unit).whole else {
      return fail("a dose is not a whole number of units")
    }
    running = Running(
      isPatients: isPatients, dose: dose, start: now, ticks: ticks, units: units)
    isDosing = true
    if isPatients { patientStarts.append(now) }
  }

  /// Whether it is on, and nobody has seen it as it is: a stop becomes more urgent after an hour.
  private func isUnseen(_ alarm: Alarm) -> Bool {
    let (isOn, since) =
      switch alarm {
      case .stopped: (stopped, stoppedAt)
      case .low: (low, lowAt)
      case .empty: (empty, emptyAt)
      }
    guard isOn, let seen = seenAt[alarm], seen >= since else { return isOn }
    let urgent = since + ticksPerDay / 24
    return alarm == .stopped && now >= urgent && seen < urgent
  }

  private func lockoutEnds(_ bolus: PatientBolus) -> Int64? {
    lastEnd.map { $0 + (bolus.lockout.count + rig.tick.count - 1) / rig.tick.count }
  }

  private func startsInDay() -> Int {
    patientStarts.count { $0 > now - ticksPerDay }
  }

  private mutating func judgeAllotment(_ bolus: PatientBolus) {
    expect(lockoutEnds(bolus).map { now >= $0 } ?? true, "a patient bolus within the lockout")
    expect(startsInDay() < bolus.maxIn24h, "a patient bolus beyond the allotment")
  }

  /// Basal and dose together, as exact flows, at every minute that the dose touches.
  private mutating func judgeFlow(dose: Mass, ticks: Int64) {
    guard let order else { return }
    let strength = Ratio(order.concentration.nanogramsPerMillilitre, 1_000_000_000)
    let most = Ratio(rig.pump.maxRate.picolitresPerDay) * strength
    var peak = Ratio.zero
    var tick = now
    while tick < now + ticks {
      peak = max(peak, Self.perDay(rates[minutes[minute(at: tick)]].exact))
      tick += ticksPerMinute - (clock / rig.tick.count + tick) % ticksPerMinute
    }
    let extra = Ratio(dose.nanograms) * Ratio(ticksPerDay, ticks)
    expect(peak + extra <= most, "a bolus whose flow is above the head's maximum")
  }

  /// A refusal for a state must be true.
  private mutating func judge(_ refusal: Refusal, isPatients: Bool) {
    let isTrue =
      switch refusal.reason {
      case .noTherapy: order == nil
      case .stopped: stopped || order?.mode == .stopped
      case .minimumBasal: order?.mode == .minimum
      case .highAlarm: empty
      case .reservoirLow: low
      case .extraDoseRunning: running != nil
      case .noPatientBolus: isPatients && order?.patientBolus == nil
      case .lockout: order?.patientBolus.flatMap { lockoutEnds($0) }.map { now < $0 } ?? false
      case .maxIn24h: order?.patientBolus.map { startsInDay() >= $0.maxIn24h } ?? false
      case .bolusTooSmall, .bolusTooLarge, .bolusDurationOutOfRange, .flowAboveMaximum,
        .reservoirTooSmall:
        true
      case .doseLimit1h, .doseLimit24h, .volumeLimit1h, .volumeLimit24h:
        refusal.value > refusal.limit
      case .safeBasal, .hardStop, .notStopped, .otherDrug, .otherConcentration,
        .programDuringExtraDose, .noHistory, .hasHistory, .nothingToAcknowledge, .accountUncertain,
        .storageFailed, .driveFails, .orderNotValid, .requestWaits, .noHardStop,
        .deliveredOutOfRange, .encoderLost, .occluded, .noExtraDose, .nothingSounds, .otherHead,
        .otherReservoir,
        .otherLine, .lineMixes, .boundaryPasses, .noDrugAtTip, .tooFastForOldDrug, .mixedDose1h,
        .mixedDose24h, .lineFull, .factorAbove5, .refillOutOfOrder, .concentrationOutOfRange,
        .moreThanReservoir, .moreThanFits, .mixtureOffLabel, .fluidElsewhere, .primeRuns,
        .nothingToPrime,
        .notConnected, .connected, .primeAboveMaximum, .primeVolume1h, .primeVolume24h:
        false
      }
    expect(isTrue, "a bolus was refused with \(refusal)")
  }

  /// Nobody vouches for UTC here, and nobody says what it is.
  private mutating func judge(_ answer: Answer, _ change: ClockChange) {
    if let refusal = answer.refusal {
      let isTrue =
        order?.mode == .flex && (refusal.reason == .extraDoseRunning) == (running != nil)
      return expect(isTrue, "another clock was refused with \(refusal)")
    }
    expect(order?.mode != .flex || running == nil, "another clock was accepted during a bolus")
    let week = WeekTime.week.count
    clock = (clock + (change.utcOffset - utcOffset).count + week) % week
    utcOffset = change.utcOffset
  }

  private mutating func judge(
    _ answer: Answer, program new: Prescription, _ perStep: Int128
  ) {
    if let refusal = answer.refusal {
      if refusal.reason == .programDuringExtraDose { expect(running != nil, "\(refusal)") }
      let isOther =
        order.map { $0.drug != new.drug || $0.concentration != new.concentration } ?? false
      expect(order == nil || isOther || !isDecrease(new), "a decrease was refused with \(refusal)")
      return
    }
    if let order {
      expect(new.drug == order.drug, "another drug was accepted")
      expect(new.concentration == order.concentration, "another concentration was accepted")
    }
    if running != nil {
      expect(isDecrease(new), "a program that is no decrease was accepted during a bolus")
      endDose(at: now)
    }
    commit(new, perStep)
  }

  private func isDecrease(_ new: Prescription) -> Bool {
    guard let order else { return true }
    if exactSafeBasal(new) > exactSafeBasal(order) { return false }
    return (0..<10_080).allSatisfy { exactRate(new, $0) <= rates[minutes[$0]].exact }
  }

  /// In nanograms per day.
  private static func perDay(_ billionths: Int128) -> Ratio {
    Ratio(big: BigInt(billionths), over: 1_000_000_000)
  }

  /// In billionths of a nanogram per day, at a minute of the week.
  private func exactRate(_ order: Prescription, _ minute: Int) -> Int128 {
    switch order.mode {
    case .stopped: return 0
    case .minimum:
      return Int128(rig.pump.keepOpenRate.picolitresPerDay)
        * Int128(order.concentration.nanogramsPerMillilitre)
    case .continuous:
      return Int128(order.patterns[0].steps[0].rate.nanogramsPerDay) * 1_000_000_000
    case .flex:
      let pattern = Int(order.week[minute / 1440])
      var rate: Int64 = 0
      for index in 0..<order.patterns[pattern].count
      where Int(order.patterns[pattern].steps[index].minute) <= minute % 1440 {
        rate = order.patterns[pattern].steps[index].rate.nanogramsPerDay
      }
      return Int128(rate) * 1_000_000_000
    }
  }

  /// In billionths of a nanogram per day; none where nothing would fall back on it.
  private func exactSafeBasal(_ order: Prescription) -> Int128 {
    let treats = order.mode == .continuous || order.mode == .flex
    return treats ? Int128(order.safeBasal?.nanogramsPerDay ?? 0) * 1_000_000_000 : 0
  }

  /// The most steps that basal needs in any so many minutes, on schedule or as safe basal, and one more.
  private func basalSteps(_ order: Prescription, inMinutes length: Int) -> Int {
    let safe = exactSafeBasal(order)
    let most = (0..<10_080).map { max(exactRate(order, $0), safe) }
    var sum = most[..<min(length, 10_080)].reduce(Int128(0), +)
    var greatest = sum
    for minute in 0..<10_080 {
      sum += most[(minute + length) % 10_080] - most[minute]
      greatest = max(greatest, sum)
    }
    // A rate of a day, for a minute each.
    let mass = Ratio(big: BigInt(greatest), over: 1_000_000_000 * 1440)
    return Int((mass / stepMass).floor) + 2
  }

  private mutating func commit(_ new: Prescription, _ perStep: Int128) {
    let (hourBefore, dayBefore) = (hourCeiling, dayCeiling)
    order = new
    stepMass =
      stepVolume * Ratio(new.concentration.nanogramsPerMillilitre, 1_000_000_000)
    stepUnits = perStep
    unit = stepMass / Ratio(perStep)
    expect((Ratio(1) / unit).whole != nil, "a nanogram is not a whole number of units")
    readWeek(new)
    hourStepsMax = stepsMax(new.maxDose1h, rig.maxVolume1h)
    dayStepsMax = stepsMax(new.maxDose24h, rig.maxVolume24h)
    committed = Committed(
      steps: stepTicks.count, hour: hourBefore, day: dayBefore,
      hourBasal: basalSteps(new, inMinutes: 61), dayBasal: basalSteps(new, inMinutes: 24 * 60 + 15))
    judgeWindows()
  }

  private func stepsMax(_ dose: Mass, _ volume: Volume) -> Int {
    let byDose = (Ratio(dose.nanograms) / stepMass).floor
    let byVolume = (Ratio(volume.picolitres) / stepVolume).floor
    return Int(min(byDose, byVolume))
  }

  private mutating func readWeek(_ order: Prescription) {
    minutes = []
    var (last, place) = (Int128(-1), 0)
    for minute in 0..<10_080 {
      let exact = exactRate(order, minute)
      if exact != last { (last, place) = (exact, placeOf(exact)) }
      minutes.append(place)
    }
  }

  /// Proves that the rate is a whole number of units a tick.
  private mutating func placeOf(_ exact: Int128) -> Int {
    let units = Self.perDay(exact) / Ratio(ticksPerDay) / unit
    guard let whole = units.whole else {
      fail("a rate is \(units) units a tick, which is not whole")
      return 0
    }
    if let known = rates.firstIndex(where: { $0.exact == exact && $0.units == whole }) {
      return known
    }
    rates.append(Rate(exact: exact, units: whole))
    return rates.count - 1
  }

  // MARK: Steps

  /// Lets the tick pass and judges whether it made a step.
  mutating func stepped(at tick: Int64, _ decision: Decision) {
    pass(to: tick)
    let isDue = pending >= stepUnits
    if decision.steps != (isDue && delivers) { fail("steps: \(decision.steps), due: \(isDue)") }
    if decision.steps {
      pending -= stepUnits
      countStep()
    } else {
      clamp()
    }
    if now >= rateHolds || delivers != (rateInForce != nil) { chooseRate() }
  }

  /// The interlock did not let the last step pass; it waits.
  mutating func stepWaits() {
    pending += stepUnits
    stepTicks.removeLast()
    hourBegins = min(hourBegins, stepTicks.count)
    dayBegins = min(dayBegins, stepTicks.count)
    clamp()
  }

  private mutating func clamp() {
    guard pending > stepUnits else { return }
    waited += pending - stepUnits
    pending = stepUnits
  }

  private mutating func countStep() {
    expect(stepTicks.last.map { $0 < now } ?? true, "two steps in one tick")
    stepTicks.append(now)
    judgeWindows()
  }

  /// What was in force when the newest order was committed, and what its basal needs.
  private struct Committed {
    var steps = 0
    var hour = 0
    var day = 0
    var hourBasal = 0
    var dayBasal = 0
  }

  private var committed = Committed()

  /// The limit, but what was given before the newest commit is no reason to withhold basal.
  private var hourCeiling: Int {
    let given = max(0, committed.steps - hourBegins)
    return max(hourStepsMax, min(committed.hour, committed.hourBasal + given))
  }

  private var dayCeiling: Int {
    let given = max(0, committed.steps - dayBegins)
    return max(dayStepsMax, min(committed.day, committed.dayBasal + given))
  }

  /// The half-open windows that end now, in whole steps.
  private mutating func judgeWindows() {
    while hourBegins < stepTicks.count, stepTicks[hourBegins] <= now - ticksPerDay / 24 {
      hourBegins += 1
    }
    while dayBegins < stepTicks.count, stepTicks[dayBegins] <= now - ticksPerDay { dayBegins += 1 }
    let (inHour, inDay) = (stepTicks.count - hourBegins, stepTicks.count - dayBegins)
    let (hourMax, dayMax) = (hourCeiling, dayCeiling)
    expect(inHour <= hourMax, "\(inHour) steps in an hour, at most \(hourMax)")
    expect(inDay <= dayMax, "\(inDay) steps in a day, at most \(dayMax)")
    mostOfHour = max(mostOfHour, Double(inHour) / Double(hourStepsMax))
    mostOfDay = max(mostOfDay, Double(inDay) / Double(dayStepsMax))
  }

  // MARK: The account

  /// In units of account, at the end of every tick.
  mutating func judge(_ account: Account) {
    let isRight =
      account.prescribed == prescribed && account.pending == pending
      && account.steps == Int64(stepTicks.count)
      && account.deficit(at: 0) == late && account.deficit(at: 1) == waited
      && account.deficit(at: 2) == 0 && account.deficit(.reservoirEmpty) == withheld && pending >= 0
      && pending <= stepUnits
    if isRight { return }
    let mine = "prescribed \(prescribed), pending \(pending), late \(late), waited \(waited)"
    let steps = stepTicks.count
    fail("engine: \(account); oracle: \(mine), steps \(steps)")
  }

  /// In exact nanograms, from nothing but ticks at each rate, doses and steps.
  mutating func judgeExactly(_ account: Account) {
    countTicks()
    // In billionths of a nanogram per day, times ticks.
    var (accrued, late): (BigInt, BigInt) = (0, 0)
    for rate in rates {
      accrued += BigInt(rate.exact) * BigInt(rate.ticksAccrued + rate.ticksMissed)
      late += BigInt(rate.exact) * BigInt(rate.ticksMissed)
    }
    let divisor = BigInt(ticksPerDay) * 1_000_000_000
    var wanted = Ratio(big: accrued, over: divisor)
    var missed = Ratio(big: late, over: divisor)
    var extra = extraPassed
    if let running, unit > .zero {
      let even = Ratio(running.dose.nanograms) * Ratio(running.passed, running.ticks)
      extra += (even / unit).floor
    }
    wanted = wanted + Ratio(big: extra) * unit
    missed = missed + Ratio(big: extraMissed) * unit

    let delivered = Ratio(account.steps) * stepMass
    let deficit = Ratio(account.deficit) * unit
    let fraction = Ratio(account.pending) * unit
    expect(Ratio(account.prescribed) * unit == wanted, "prescribed is not \(wanted) ng")
    expect(wanted == delivered + deficit + fraction, "something was lost or made up")
    expect(.zero <= fraction, "the fraction is \(fraction) ng")
    expect(Ratio(account.deficit(.lateTick)) * unit == missed, "missed is not \(missed) ng")
  }
}
