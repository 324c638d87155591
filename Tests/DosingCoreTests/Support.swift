import DosingCore
import Quantities
import Testing

let midnight = WeekTime(weekday: 0, minute: 0)

func micrograms(_ count: Int64) -> Mass { Mass(nanograms: count * 1_000) }

func microgramsPerDay(_ count: Int64) -> DoseRate { DoseRate(nanogramsPerDay: count * 1_000) }

func microlitres(_ count: Int64) -> Volume { Volume(picolitres: count * 1_000_000) }

func microlitresPerDay(_ count: Int64) -> FlowRate {
  FlowRate(picolitresPerDay: count * 1_000_000)
}

extension Label {
  init(_ text: String) { self = Label(utf8: text.utf8) ?? .none }
}

extension Rig {
  /// A head of 50 uL and 3200 steps a revolution: a step is 15.625 nL. Ticks of 100 ms unless said,
  /// so that a simulated day is 864,000 of them.
  static func bench(
    tick: Int64 = 100, minRate: FlowRate = microlitresPerDay(48),
    maxRate: FlowRate = microlitresPerDay(12_000), keepOpen: FlowRate = microlitresPerDay(6),
    reservoir: Reservoir = Reservoir(
      volume: microlitres(20_000), low: microlitres(3_000), empty: microlitres(1_000)),
    maxVolume1h: Volume? = nil, maxVolume24h: Volume? = nil, residue: Volume? = nil,
    line: RigLine = .usual
  ) -> Rig {
    var reservoir = reservoir
    if let residue { reservoir.residue = residue }
    return Rig(
      tick: Nanoseconds(tick * 1_000_000),
      pump: PumpHead(
        volumePerRevolution: microlitres(50), stepsPerRevolution: 3200, minRate: minRate,
        maxRate: maxRate, keepOpenRate: keepOpen),
      reservoir: reservoir, line: line, maxVolume1h: maxVolume1h, maxVolume24h: maxVolume24h)
  }
}

extension Rig {
  /// 320 steps to the low mark, 640 to the empty one, of a head that is exact.
  static var nearlyEmpty: Rig {
    var rig = Rig.bench(reservoir: .nearlyEmpty)
    rig.pump.accuracyPermille = 0
    return rig
  }
}

extension Prescription {
  /// At 500 ug/mL, where a step of `Rig.bench` is 7.8125 ng.
  static func order(
    _ mode: BasalMode, maxDose1h: Mass = micrograms(60), maxDose24h: Mass = micrograms(500),
    safeBasal: DoseRate? = nil, patientBolus: PatientBolus? = nil
  ) -> Prescription {
    var order = Prescription(
      patient: Label("BENCH-01"), drug: Label("baclofen"),
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: mode,
      maxDose1h: maxDose1h, maxDose24h: maxDose24h)
    order.safeBasal = safeBasal
    order.patientBolus = patientBolus
    return order
  }

  static func continuous(
    _ dose: DoseRate, maxDose1h: Mass = micrograms(60), maxDose24h: Mass = micrograms(500),
    patientBolus: PatientBolus? = nil
  ) -> Prescription {
    var order = order(
      .continuous, maxDose1h: maxDose1h, maxDose24h: maxDose24h, safeBasal: dose,
      patientBolus: patientBolus)
    order.setContinuous(dose)
    return order
  }

  /// - Parameters:
  ///   - patterns: for each pattern its steps, as the minute of the day and the rate.
  ///   - week: the pattern of each day, Monday first.
  static func flex(
    _ patterns: [[(minute: UInt16, rate: DoseRate)]], week: [UInt8] = [0, 0, 0, 0, 0, 0, 0],
    maxDose1h: Mass = micrograms(60), maxDose24h: Mass = micrograms(500), safeBasal: DoseRate,
    patientBolus: PatientBolus? = nil
  ) -> Prescription {
    var order = order(
      .flex, maxDose1h: maxDose1h, maxDose24h: maxDose24h, safeBasal: safeBasal,
      patientBolus: patientBolus)
    for (index, steps) in patterns.enumerated() {
      for step in steps {
        let hasRoom = order.patterns[index].append(FlexStep(minute: step.minute, rate: step.rate))
        precondition(hasRoom)
      }
    }
    order.patternCount = patterns.count
    for (weekday, pattern) in week.enumerated() { order.week[weekday] = pattern }
    return order
  }
}

extension PatientBolus {
  static func usual(
    dose: Mass = micrograms(10), minutes: Int64 = 10, lockout: Nanoseconds = .hours(1),
    maxIn24h: Int = 4
  ) -> PatientBolus {
    PatientBolus(dose: dose, duration: .minutes(minutes), lockout: lockout, maxIn24h: maxIn24h)
  }
}

extension Findings {
  var all: [Finding] { (0..<count).map { self[$0] } }
  var rules: [Finding.Rule] { all.map(\.rule) }
}

/// All findings about a prescription, and the therapy where there is none that forbids it.
func judge(_ order: Prescription, on rig: Rig = .bench()) -> (Therapy?, Findings) {
  var findings = Findings()
  let therapy = Therapy(order, on: rig, findings: &findings)
  return (therapy, findings)
}

extension Therapy {
  static func of(_ order: Prescription, on rig: Rig = .bench()) throws -> Therapy {
    let (therapy, findings) = judge(order, on: rig)
    return try #require(therapy, "refused for \(findings.all)")
  }
}

extension Answer {
  var refusal: Refusal? {
    if case .refused(let refusal) = self { return refusal }
    return nil
  }

  var reason: RefusalReason? { refusal?.reason }

  var isAccepted: Bool { refusal == nil }
}

/// An engine that is run tick by tick, as its tick thread would.
final class Pump {
  private var state: DosingState
  /// What becomes of each step; nil where it is made.
  var drive: StepRefusal?
  /// Facts that the next tick learns; nil for none.
  private var news: TickFacts?
  var facts: TickFacts {
    get { news ?? TickFacts(tick: Tick(0)) }
    set { news = newValue }
  }
  /// The tick of each step, in order.
  private(set) var stepTicks: [Int64] = []
  /// What the last tick decided.
  private(set) var decision = Decision()

  /// The prescription, if any, is committed in tick 0.
  init(_ order: Prescription?, on rig: Rig = .bench(), clock: WeekTime = midnight) throws {
    state = DosingState(rig: rig, clock: clock)
    if let order {
      let answer = state.decide(.program(try Therapy.of(order, on: rig)), at: Tick(0))
      #expect(answer.isAccepted, "refused with \(answer)")
    }
    tick(0)
  }

  var now: Int64 { state.now.number }
  var rig: Rig { state.rig }
  var account: Account { state.account }
  var mode: DeliveryMode { state.mode }
  var therapy: Therapy? { state.therapy }
  var alarms: FaultBoard { state.board }
  var outputs: Outputs { state.outputs }
  var extraDose: ExtraDose? { state.extraDose }
  var lastExtraDose: EndedExtraDose? { state.lastExtraDose }
  var shownLastDose: ShownEndedDose? { state.shownLastDose }
  var unitsPerTick: (basal: Int128, extra: Int128) { state.unitsPerTick }
  var patientBolusAllowedAt: Tick? { state.patientBolusAllowedAt }
  var patientBolusesIn24h: Int { state.patientBolusesIn24h }
  var reservoirContents: Volume { state.reservoirContents }
  var ticksMissed: Int64 { state.ticksMissed }

  /// The tick in which the extra dose that runs will end.
  var doseEnds: Int64? { extraDose.map { $0.start.number + $0.ticks } }

  func ticks(_ time: Nanoseconds) -> Int64 { rig.ticks(time) }

  private func tick(_ number: Int64) {
    learn(at: number)
    decision = state.step(Tick(number))
    if decision.steps {
      state.stepEnded(drive)
      if drive == nil { stepTicks.append(number) }
    }
  }

  /// What became known since the last tick, in tick `number`.
  private func learn(at number: Int64) {
    guard var facts = news else { return }
    news = nil
    facts.tick = Tick(number)
    state.learn(facts)
  }

  /// Quiet ticks up to and including `number`.
  func run(to number: Int64) {
    while now < number { tick(now + 1) }
  }

  func run(for time: Nanoseconds) { run(to: now + ticks(time)) }

  /// The same, passing over ticks that do nothing but accrue. What the last tick decided is that of the last
  /// one that ran.
  func pass(to number: Int64) {
    while now < number {
      let quiet = news == nil ? min(state.quietTicks(), number - now) : 0
      if quiet > 0 { state.passQuietly(quiet) } else { tick(now + 1) }
    }
  }

  func pass(for time: Nanoseconds) { pass(to: now + ticks(time)) }

  func passToStep() {
    repeat { pass(to: now + max(1, state.quietTicks() + 1)) } while !decision.steps
  }

  /// The next tick that runs is `number`, whatever was missed on the way.
  func skip(to number: Int64) { tick(number) }

  func skip(_ time: Nanoseconds) { tick(now + ticks(time)) }

  /// Quiet ticks until one is decided to make a step.
  func runToStep() {
    repeat { tick(now + 1) } while !decision.steps
  }

  func refuseStep(_ refusal: StepRefusal) {
    state.stepEnded(refusal)
    stepTicks.removeLast()
  }

  /// The interlock refuses the step for a window, and has counted as the core did, or more.
  func refuseStepForWindow(interlockAhead: Int64 = 0) {
    let (hour, day) = (state.hour.stepsTotal - 1, state.day.stepsTotal - 1)
    refuseStep(.window(hourSteps: hour + interlockAhead, daySteps: day + interlockAhead))
  }

  /// Asks in the next tick, which then runs.
  @discardableResult
  func ask(_ request: Request) -> Answer {
    let next = now + 1
    learn(at: next)
    let answer = state.decide(request, at: Tick(next))
    tick(next)
    return answer
  }

  /// Asks in tick `number`; quiet ticks until then.
  @discardableResult
  func ask(_ request: Request, at number: Int64) -> Answer {
    run(to: number - 1)
    return ask(request)
  }

  @discardableResult
  func program(_ order: Prescription) throws -> Answer {
    ask(.program(try Therapy.of(order, on: rig)))
  }

  @discardableResult
  func bolus(_ dose: Mass, _ duration: Nanoseconds) -> Answer {
    ask(.bolus(dose: dose, duration: duration))
  }

  /// Tells a step of a refill, or of work on the line; what stands against it.
  @discardableResult
  func tell(_ change: SupplyChange) -> Refusal? { ask(.supply(change)).refusal }

  /// - Parameter strength: of the new label, in ug/mL.
  @discardableResult
  func begin(_ strength: Int64) -> Refusal? {
    tell(
      SupplyChange(
        .begin, concentration: Concentration(nanogramsPerMillilitre: strength * 1_000)))
  }

  /// All comes out that should, and it is filled up.
  func refill(_ strength: Int64) {
    #expect(begin(strength) == nil)
    #expect(tell(SupplyChange(.aspirated, volume: reservoirContents)) == nil)
    let room = rig.reservoir.volume - reservoirContents
    #expect(tell(SupplyChange(.filled, volume: room)) == nil)
    #expect(tell(SupplyChange(.finish, overrides: true)) == nil)
  }

  func state<Value>(_ part: KeyPath<DosingState, Value>) -> Value { state[keyPath: part] }

  func report() -> Status {
    var status = Status(serial: Label("BP-0001"))
    state.report(to: &status)
    return status
  }

  // MARK: What is durable

  var trace: TickTrace { state.trace(stepIsUnderWay: false) }
  var traceInTheMiddle: TickTrace { state.trace(stepIsUnderWay: true) }
  var leaseEnd: Int64 { state.leaseEnd }
  var stepsInDoubt: Int64 { state.stepsInDoubt }
  var windows: (hour: Int64, day: Int64) { (state.hour.stepsTotal, state.day.stepsTotal) }
  var doubts: (hour: Int64, day: Int64) { (state.hour.doubtTotal, state.day.doubtTotal) }

  func beginLeases(afterCommit commits: Int64 = 0) { state.beginLeases(afterCommit: commits) }

  func propose() -> (commit: Int64, leaseEnd: Int64) { state.propose() }

  func grant(_ lease: (commit: Int64, leaseEnd: Int64)) {
    facts.grant = TickFacts.Grant(commit: lease.commit, leaseEnd: lease.leaseEnd)
  }

  func loseHistory() { state.loseHistory() }

  func holdNothing() { state.holdNothing() }

  var prime: Prime? { state.prime }

  func forecast() -> Forecast { state.forecast() }

  var intervals: ReservoirIntervals { state.reservoirIntervals }

  func doubtLastDay() { state.doubtLastDay() }

  /// Somebody vouches for UTC, by which the therapy clock is behind by so much.
  func vouch(
    behind: Nanoseconds, _ source: ClockSource = .kernel, wasOff: Nanoseconds = .zero
  ) {
    facts.utc = TickFacts.VouchedUTC(
      source, atTickZero: utcAtTickZero + behind.count, wasOff: wasOff)
  }

  /// UTC in tick 0 by the therapy clock, in some week.
  var utcAtTickZero: Int64 {
    (state.clock(at: Tick(0)).sinceMonday - .days(3) - state.utcOffset).count
  }

  /// What would be written down now.
  func record() -> [UInt8] {
    var writer = RecordWriter()
    var after = state.afterWaiting
    let intervals = after.reservoirIntervals
    after.layout(&writer)
    #expect(!writer.failed)
    #expect(after.reservoirIntervals == intervals, "writing it down changes nothing")
    let bytes = writer.bytes.span
    return (0..<writer.count).map { bytes[$0] }
  }

  /// The power goes, or the process is killed: only the record is left.
  ///
  /// - Parameter order: what is in force; nil for what was.
  func comeBack(from record: [UInt8], inForce order: Prescription? = nil) throws {
    let therapy = order.map { Therapy.inForce($0, on: rig) } ?? state.therapy
    guard
      let read = DosingState.restored(from: record.span, rig: rig, therapy: therapy)
    else { throw Unreadable() }
    state = read
  }

  /// What would be written down beside the journal.
  func held() -> [UInt8] {
    var writer = HeldWriter()
    let intervals = state.reservoirIntervals
    state.writeHeld(to: &writer)
    #expect(!writer.failed)
    #expect(state.reservoirIntervals == intervals, "writing it down changes nothing")
    return (0..<writer.count).map { writer.bytes[$0] }
  }

  func takeHeld(_ record: some Collection<UInt8>, steps: Int64) -> Bool {
    state.takeHeld(
      Array(record).span, steps: steps, inDoubt: stepsInDoubt, made: account.steps)
  }

  @discardableResult
  func restart(_ facts: Restart) -> RestartOutcome { state.restart(facts) }

  /// What the interlock is told at a start.
  func pastBuckets() -> (hour: [Int64: Int64], day: [Int64: Int64]) {
    var told: (hour: [Int64: Int64], day: [Int64: Int64]) = ([:], [:])
    state.forEachPastBucket(ofHour: { told.hour[$0] = $1 }, ofDay: { told.day[$0] = $1 })
    return told
  }

  /// The interlock and the core have counted differently.
  func hardStop() {
    runToStep()
    refuseStepForWindow(interlockAhead: 3)
    run(to: now + 1)
  }
}

struct Unreadable: Error {}

extension Reservoir {
  /// 640 steps of `Rig.bench` above the empty mark, 320 of them above the low one.
  static let nearlyEmpty = Reservoir(
    volume: microlitres(1_010), low: microlitres(1_005), empty: microlitres(1_000))
}
