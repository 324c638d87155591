import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

@Suite struct PromiseTests {
  private static let minute: Int64 = 600

  private static func run(_ state: inout DosingState, to tick: Int64) {
    while state.now.number < tick {
      if state.step(state.now + TickCount(1)).steps { state.stepEnded(nil) }
    }
  }

  /// What is answered in the next tick, on a copy.
  private static func answer(_ state: DosingState, to request: Request) -> Refusal? {
    var copy = state
    let next = copy.now + TickCount(1)
    copy.learn(TickFacts(tick: next))
    return copy.decide(request, at: next).refusal
  }

  private static func isOfDay(_ reason: RefusalReason) -> Bool {
    reason == .doseLimit24h || reason == .volumeLimit24h
  }

  /// Lets time pass up to what a refusal promised. Returns what is wrong; nil where nothing is.
  private func keeps(
    _ promised: Int64, of request: Request, refused: RefusalReason, _ state: DosingState
  ) -> String? {
    var state = state
    let asked = state.now.number
    if promised <= asked { return "promised \(promised) at \(asked)" }
    func isFuture(_ tick: Int64) -> Bool { tick > asked + 1 }
    let (early, earlier) = (promised - Self.minute - 1, promised - 15 * Self.minute - 1)
    if isFuture(earlier) {
      Self.run(&state, to: earlier - 1)
      if Self.answer(state, to: request) == nil { return "granted a quarter hour early" }
    }
    // Within the last quarter of an hour only the day's limit may make it late.
    var isOfDay = Self.isOfDay(refused)
    while isFuture(early), state.now.number < early - 1 {
      Self.run(&state, to: min(early - 1, state.now.number + Self.minute))
      let refusal = Self.answer(state, to: request)
      if let refusal, Self.isOfDay(refusal.reason) { isOfDay = true }
      if refusal == nil, !isOfDay { return "granted a minute early, before \(early)" }
    }
    Self.run(&state, to: promised - 1)
    return Self.answer(state, to: request).map { "refused at \(promised): \($0)" }
  }

  /// Whether no moment of the next three days is one.
  private func isHopeless(_ request: Request, _ state: DosingState) -> Bool {
    var state = state
    for _ in 0..<(3 * 96) {
      Self.run(&state, to: state.now.number + 15 * Self.minute)
      if Self.answer(state, to: request) == nil { return false }
    }
    return true
  }

  private static func mayHelp(_ reason: RefusalReason) -> Bool {
    switch reason {
    case .doseLimit1h, .doseLimit24h, .volumeLimit1h, .volumeLimit24h, .lockout, .maxIn24h,
      .extraDoseRunning, .programDuringExtraDose, .flowAboveMaximum:
      true
    default: false
    }
  }

  /// How many ticks may be run in all, and what was seen.
  private struct Seen {
    var ticks: Int64
    var hopeless = 0
    var kept: [RefusalReason: Int] = [:]
  }

  private func check(_ request: Request, _ state: DosingState, _ seen: inout Seen) -> String? {
    var state = state
    let next = state.now + TickCount(1)
    state.learn(TickFacts(tick: next))
    guard let refusal = state.decide(request, at: next).refusal else { return nil }
    if let allowed = refusal.allowedAt {
      let ticks = (allowed - next).count
      guard ticks <= seen.ticks else { return nil }
      seen.ticks -= ticks
      seen.kept[refusal.reason, default: 0] += 1
      return keeps(allowed.number, of: request, refused: refusal.reason, state)
        .map { "\(refusal): \($0)" }
    }
    guard Self.mayHelp(refusal.reason), seen.hopeless < 2 else { return nil }
    seen.hopeless += 1
    return isHopeless(request, state) ? nil : "\(refusal): granted, though never promised"
  }

  /// Nobody can tell how far the motor got, and for how long it ran.
  private func doubt(_ state: inout DosingState, _ generator: inout SplitMix64) {
    var facts = Restart(
      at: state.now + TickCount(generator.number(1...3_000)),
      leaseEnd: state.account.steps + generator.number(0...30))
    facts.mayHaveRun = TickCount(generator.number(0...9_000))
    _ = state.restart(facts)
  }

  @Test("R-015 At the moment that a refusal names the same request is granted, and not much sooner")
  func randomPumps() throws {
    var seen = Seen(ticks: 4_000_000)
    for seed in 0..<150 as Range<UInt64> {
      var generator = SplitMix64(seed: 1_500 + seed)
      let slowHead = seed % 3 == 0
      guard let orders = RandomOrders(tick: 100, slowHead: slowHead, using: &generator),
        let therapy = orders.draw(using: &generator), therapy.prescription.mode.delivers
      else { continue }
      var state = DosingState(
        rig: orders.rig,
        clock: WeekTime(weekday: 2, minute: Int(generator.number(0...1_439))))
      guard state.decide(.program(therapy), at: Tick(0)).isAccepted else { continue }
      // A far promise is dear, so that only some are looked at.
      let share = seed % 5 == 0 ? seen.ticks / 8 : min(seen.ticks, 150_000)
      var some = seen
      some.ticks = share
      Self.run(&state, to: generator.number(10...40_000))
      for _ in 0..<5 {
        var request = Request.patientBolus
        switch generator.number(0...5) {
        case 0, 1: request = orders.bolus(using: &generator)
        case 2: if let other = orders.draw(using: &generator) { request = .program(other) }
        default: break
        }
        if slowHead { request = orders.bolusOfFullFlow(using: &generator) }
        if generator.oneIn(12) { doubt(&state, &generator) }
        let wrong = check(request, state, &some)
        #expect(wrong == nil, "seed \(seed), \(state.now): \(wrong ?? "")")
        let next = state.now + TickCount(1)
        state.learn(TickFacts(tick: next))
        _ = state.decide(request, at: next)
        Self.run(&state, to: next.number + generator.pick([1, generator.number(1...12_000)]))
      }
      let used = share - some.ticks
      some.ticks = seen.ticks - used
      seen = some
    }
    let reasons: [RefusalReason] = [
      .lockout, .extraDoseRunning, .doseLimit1h, .programDuringExtraDose, .flowAboveMaximum,
    ]
    for reason in reasons { #expect(seen.kept[reason, default: 0] > 0, "\(reason): \(seen)") }
    #expect(seen.hopeless == 2)
  }

  // MARK: By name

  private func pump(_ order: Prescription) throws -> DosingState {
    var state = DosingState(rig: .bench(), clock: midnight)
    #expect(state.decide(.program(try Therapy.of(order)), at: Tick(0)).isAccepted)
    return state
  }

  private func ask(_ request: Request, at tick: Int64, _ state: inout DosingState) -> Refusal? {
    Self.run(&state, to: tick - 1)
    let next = state.now + TickCount(1)
    state.learn(TickFacts(tick: next))
    return state.decide(request, at: next).refusal
  }

  /// Basal falls from 5900 to 2500 ug/d at a time of which more than one limit is too low.
  struct Fall: Sendable {
    /// Steps of Monday and of Tuesday, in minutes and ug/d.
    var monday: [(minute: UInt16, rate: Int64)]
    var tuesday: [(minute: UInt16, rate: Int64)]
    var maxDose24h: Int64
    /// In minutes since Monday 00:00.
    var asked: Int64
    var refused: RefusalReason

    static let cases = [
      Fall(
        monday: [(0, 5_900), (70, 2_500)], tuesday: [(0, 500)], maxDose24h: 9_000, asked: 70,
        refused: .doseLimit1h),
      // The day refuses for so long that nothing from before the question is left in the hour.
      Fall(
        monday: [(0, 5_900), (180, 500)], tuesday: [(0, 500), (68, 5_900), (138, 2_500)],
        maxDose24h: 900, asked: 1_445, refused: .doseLimit24h),
    ]

    var order: Prescription {
      .flex(
        [monday, tuesday].map { day in
          day.map { (minute: $0.minute, rate: microgramsPerDay($0.rate)) }
        }, week: [0, 1, 1, 1, 1, 1, 1], maxDose1h: micrograms(400), maxDose24h: micrograms(9_000),
        safeBasal: microgramsPerDay(500))
    }
  }

  /// The last tick of the old basal is worth 2.3 ng more than one of the new, and a minute 2.3 ug: of limits
  /// so close to each other one or two stand at the very edge between two minutes.
  @Test(
    "R-015 What is promised of a lower limit holds to the nanogram, and is not a bucket late",
    arguments: Fall.cases)
  func limitsAtTheEdge(_ fall: Fall) throws {
    let (low, high) = (microgramsPerDay(500), microgramsPerDay(5_900))
    var state = try pump(fall.order)
    Self.run(&state, to: fall.asked * Self.minute)
    func request(_ limit: Int64) throws -> Request {
      var order = Prescription.flex(
        [[(minute: 0, rate: low), (minute: 1_400, rate: high), (minute: 1_410, rate: low)]],
        safeBasal: low)
      (order.maxDose1h, order.maxDose24h) = (Mass(nanograms: limit), micrograms(fall.maxDose24h))
      return .program(try Therapy.of(order))
    }
    var promised: [Int64: [Int64]] = [:]
    for limit in stride(from: 150_000, to: 152_600, by: 2) as StrideTo<Int64> {
      let refusal = try #require(Self.answer(state, to: try request(limit)))
      #expect(refusal.reason == fall.refused)
      promised[try #require(refusal.allowedAt).number, default: []].append(limit)
    }
    #expect(promised.count >= 2)
    for (tick, limits) in promised.sorted(by: { $0.key < $1.key }) {
      var early = state
      Self.run(&early, to: tick - Self.minute - 2)
      var then = early
      Self.run(&then, to: tick - 1)
      for limit in limits {
        let request = try request(limit)
        #expect(Self.answer(early, to: request) != nil, "\(limit) a minute before \(tick)")
        #expect(Self.answer(then, to: request) == nil, "\(limit) at \(tick)")
      }
    }
  }

  @Test("R-015 What is promised of a lower limit reckons with a peak of the old basal to come")
  func peakToCome() throws {
    let (low, high) = (microgramsPerDay(500), microgramsPerDay(5_900))
    let day: [(minute: UInt16, rate: DoseRate)] = [(0, high), (70, low), (100, high), (110, low)]
    let order = Prescription.flex(
      [day], maxDose1h: micrograms(400), maxDose24h: micrograms(9_000), safeBasal: low)
    var state = try pump(order)
    Self.run(&state, to: 70 * Self.minute)
    let other = Prescription.continuous(
      microgramsPerDay(2_400), maxDose1h: micrograms(105), maxDose24h: micrograms(9_000))
    let request = Request.program(try Therapy.of(other))
    let refusal = try #require(Self.answer(state, to: request))
    #expect(refusal.reason == .doseLimit1h)
    let allowed = try #require(refusal.allowedAt).number
    // Without the peak from 110 min on; with the ten minutes of it and the new basal after it 7 min later.
    #expect(allowed >= 124 * 600 && allowed <= 128 * 600)
    let wrong = keeps(allowed, of: request, refused: .doseLimit1h, state)
    #expect(wrong == nil, "\(wrong ?? "")")
  }

  @Test("R-015 A refusal for lockout names the moment at which the dose limit allows it too")
  func lockoutAndLimit() throws {
    // The third bolus does not fit into the hour, whose basal needs 12.8 ug.
    let order = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: micrograms(35),
      patientBolus: .usual(minutes: 3, lockout: .minutes(6)))
    var state = try pump(order)
    #expect(ask(.patientBolus, at: 6_000, &state) == nil)
    #expect(ask(.patientBolus, at: 12_000, &state) == nil)
    let refusal = try #require(ask(.patientBolus, at: 13_900, &state))
    #expect(refusal.reason == .lockout)
    let allowed = try #require(refusal.allowedAt).number
    // Lockout ends 6 min after the end of the second; the first leaves the hour at 70 to 74 min.
    #expect(allowed >= 70 * 600 && allowed <= 75 * 600)
    #expect(keeps(allowed, of: .patientBolus, refused: .lockout, state) == nil)
  }

  @Test("R-015 A refusal for the count and one for the day's limit keep what they promise")
  func countAndDay() throws {
    // Basal needs 303 ug of the day; two boluses of the patient fit, and a clinician's does not then.
    let order = Prescription.continuous(
      microgramsPerDay(300), maxDose24h: micrograms(325),
      patientBolus: .usual(lockout: .minutes(5), maxIn24h: 2))
    var state = try pump(order)
    #expect(ask(.patientBolus, at: 6_000, &state) == nil)
    #expect(ask(.patientBolus, at: 18_000, &state) == nil)
    let bolus = Request.bolus(dose: micrograms(5), duration: .minutes(20))
    for (request, reason) in [(.patientBolus, .maxIn24h), (bolus, .doseLimit24h)]
      as [(Request, RefusalReason)]
    {
      let refusal = try #require(ask(request, at: state.now.number + 40_000, &state))
      #expect(refusal.reason == reason)
      let allowed = try #require(refusal.allowedAt).number
      #expect(allowed >= 870_000 && allowed <= 891_000)
      let wrong = keeps(allowed, of: request, refused: reason, state)
      #expect(wrong == nil, "\(wrong ?? "")")
    }
  }

  /// A head that is fast enough for a bolus of 3 ug in 10 min beside 100 ug/d, and not beside 400 ug/d.
  struct SlowHead: Sendable {
    /// The hours in which basal is low on a Monday, and on another day.
    var monday: Range<Int64>
    var otherDays: Range<Int64>
    var maxDose1h: Int64 = 60
    /// A bolus that is granted before, in minutes since Monday 00:00.
    var earlier: Int64?
    var asked: Int64
    var refused: RefusalReason
    var allowed: Int64

    static let cases = [
      // Basal falls; it is low on another day alone.
      SlowHead(
        monday: 3..<24, otherDays: 3..<24, asked: 120, refused: .flowAboveMaximum, allowed: 180),
      SlowHead(
        monday: 23..<23, otherDays: 0..<24, asked: 120, refused: .flowAboveMaximum, allowed: 1_440),
      // What is waited for is over when basal is high: on the next day it is low, or a week later.
      SlowHead(
        monday: 0..<3, otherDays: 0..<3, earlier: 165, asked: 170, refused: .extraDoseRunning,
        allowed: 1_440),
      SlowHead(
        monday: 0..<3, otherDays: 0..<0, earlier: 165, asked: 170, refused: .extraDoseRunning,
        allowed: 7 * 1_440),
      // The hour has room again when basal is high.
      SlowHead(
        monday: 0..<3, otherDays: 0..<3, maxDose1h: 22, earlier: 150, asked: 165,
        refused: .doseLimit1h, allowed: 1_440),
    ]

    private static func day(_ low: Range<Int64>) -> [(minute: UInt16, rate: DoseRate)] {
      let (much, little) = (microgramsPerDay(400), microgramsPerDay(100))
      var steps = [(minute: UInt16(0), rate: low.lowerBound == 0 && !low.isEmpty ? little : much)]
      if low.lowerBound > 0, !low.isEmpty { steps.append((UInt16(low.lowerBound * 60), little)) }
      if low.upperBound < 24, !low.isEmpty { steps.append((UInt16(low.upperBound * 60), much)) }
      return steps
    }

    var order: Prescription {
      .flex(
        [Self.day(monday), Self.day(otherDays)], week: [0, 1, 1, 1, 1, 1, 1],
        maxDose1h: micrograms(maxDose1h), safeBasal: microgramsPerDay(100))
    }
  }

  @Test(
    "R-015 A refusal names the moment at which basal leaves the head room for an extra dose too",
    arguments: SlowHead.cases)
  func slowHead(_ story: SlowHead) throws {
    let rig = Rig.bench(maxRate: microlitresPerDay(1_200))
    var state = DosingState(rig: rig, clock: midnight)
    let therapy = try Therapy.of(story.order, on: rig)
    #expect(state.decide(.program(therapy), at: Tick(0)).isAccepted)
    let bolus = Request.bolus(dose: micrograms(3), duration: .minutes(10))
    if let earlier = story.earlier { #expect(ask(bolus, at: earlier * 600, &state) == nil) }
    let refusal = try #require(ask(bolus, at: story.asked * 600, &state))
    let allowed = story.allowed * 600
    #expect(refusal.reason == story.refused && refusal.allowedAt == Tick(allowed), "\(refusal)")
    Self.run(&state, to: allowed - 2)
    #expect(Self.answer(state, to: bolus)?.reason == .flowAboveMaximum)
    Self.run(&state, to: allowed - 1)
    #expect(Self.answer(state, to: bolus) == nil)
  }

  @Test(
    "R-015 A refusal for uncertainty names the moment at which the windows are free of doubt too")
  func uncertainty() throws {
    let order = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: micrograms(20), maxDose24h: micrograms(312),
      patientBolus: .usual(dose: micrograms(7), lockout: .minutes(5)))
    var state = try pump(order)
    // Early in a quarter of an hour, so that the whole bolus falls into the last window with doubt.
    Self.run(&state, to: 9_000)
    var facts = Restart(at: state.now + TickCount(50), leaseEnd: state.account.steps + 9)
    facts.mayHaveRun = TickCount(9_000)
    _ = state.restart(facts)
    let refusal = try #require(ask(.patientBolus, at: state.now.number + 1, &state))
    #expect(refusal.reason == .accountUncertain)
    let allowed = try #require(refusal.allowedAt).number
    #expect(allowed >= 864_000)
    Self.run(&state, to: allowed - 1)
    #expect(Self.answer(state, to: .patientBolus) == nil)
  }
}
