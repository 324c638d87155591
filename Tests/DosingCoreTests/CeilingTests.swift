import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// Steps of `Rig.bench` at 500 ug/mL that basal needs, rounded up.
private func stepsForBasal(_ limit: WindowLimit) -> Int64 {
  let one = AccountScale(
    rig: .bench(), concentration: Concentration(nanogramsPerMillilitre: 500_000)
  ).perStep
  return Int64((limit.reservedForBasal + one - 1) / one)
}

@Suite struct CeilingTests {
  /// The steps of a pump that runs, by their ticks, and where its ceilings came from: the test's own sums.
  private struct Runner {
    var state: DosingState
    private(set) var steps: [Int64] = []
    /// For the hour and the day: what was in force at the newest commit, and when that was.
    private(set) var before: [Int64] = [0, 0]
    private(set) var committed: Int64 = 0

    init(_ therapy: Therapy, clock: WeekTime = midnight) {
      state = DosingState(rig: .bench(), clock: clock)
      #expect(state.decide(.program(therapy), at: Tick(0)).isAccepted)
      before = [therapy.hour.steps, therapy.day.steps]
    }

    mutating func run(to tick: Int64) {
      while state.now.number < tick {
        step(state.now + TickCount(1))
      }
    }

    private mutating func step(_ tick: Tick) {
      if state.step(tick).steps {
        state.stepEnded(nil)
        steps.append(tick.number)
      }
    }

    /// In the next tick, which then runs.
    mutating func ask(_ request: Request) -> Answer {
      let next = state.now + TickCount(1)
      state.learn(TickFacts(tick: next))
      let answer = state.decide(request, at: next)
      step(next)
      return answer
    }

    /// A program that has to be accepted.
    mutating func lower(to therapy: Therapy) {
      let next = state.now + TickCount(1)
      state.learn(TickFacts(tick: next))
      let inForce = [state.outputs.stepsPerHourMax, state.outputs.stepsPerDayMax]
      let answer = state.decide(.program(therapy), at: next)
      #expect(answer.isAccepted, "\(answer)")
      (before, committed) = (inForce, next.number)
      step(next)
    }

    /// How far the steps since the commit are above what may be, in steps; 0 or less where they are not.
    func excess(over therapy: Therapy) -> Int64 {
      max(
        excess(36_000, slack: 600, therapy.hour, before[0]),
        excess(864_000, slack: 9_000, therapy.day, before[1]))
    }

    private func excess(
      _ window: Int64, slack: Int64, _ limit: WindowLimit, _ before: Int64
    ) -> Int64 {
      // Walks over the steps, each as the end of a window.
      var (worst, first, old) = (Int64.min, 0, 0)
      // The bucket of the commit counts as before it.
      let bucket = (committed / slack + 1) * slack
      let given = steps.firstIndex { $0 >= bucket } ?? steps.count
      for (index, step) in steps.enumerated() {
        while steps[first] <= step - window { first += 1 }
        guard step > committed else { continue }
        // What was given before the commit and lies in the window, which is a bucket longer.
        while steps[old] <= step - window - slack { old += 1 }
        let most = max(
          limit.steps,
          min(before, stepsForBasal(limit) + Int64(max(0, min(index + 1, given) - old)))
        )
        worst = max(worst, Int64(index - first + 1) - most)
      }
      return worst
    }
  }

  private func therapy(_ rate: Int64, _ hour: Int64, _ day: Int64) throws -> Therapy {
    try .of(
      .continuous(
        microgramsPerDay(rate), maxDose1h: micrograms(hour), maxDose24h: micrograms(day)))
  }

  @Test("R-118 The hour is held to its limit to the step once the minute of the commit has left it")
  func tightLimit() throws {
    var pump = Runner(try therapy(480, 40, 500))
    pump.run(to: 3 * 36_000 + 100)
    // What basal needs ends in the middle of a step, and so does the limit: one is rounded up, one down.
    let low = try Therapy.of(
      .continuous(
        microgramsPerDay(240), maxDose1h: Mass(nanograms: 10_175), maxDose24h: micrograms(300)))
    #expect(low.hour.steps == 1_302 && stepsForBasal(low.hour) == 1_303)
    pump.lower(to: low)
    let forgotten = (pump.committed / 600 + 61) * 600
    pump.run(to: forgotten - 1)
    #expect(pump.state.outputs.stepsPerHourMax >= 1_303)
    pump.run(to: forgotten)
    #expect(pump.state.outputs.stepsPerHourMax == 1_302)
  }

  @Test("R-086 R-118 What the windows hold of an earlier order counts after a restart as before it")
  func goesOnAfterRestart() throws {
    var pump = Runner(try therapy(480, 40, 500))
    pump.run(to: 30 * 36_000)
    let low = try therapy(240, 20, 300)
    pump.lower(to: low)
    pump.run(to: pump.committed + 6_000)
    var (state, writer) = (pump.state, RecordWriter())
    state.layout(&writer)
    let record = (0..<writer.count).map { writer.bytes[$0] }
    let read = DosingState.restored(from: record.span, rig: .bench(), therapy: low)
    pump.state = try #require(read)
    // Above the new limits, which are 2560 and 38,400 steps.
    #expect(state.outputs.stepsPerHourMax > 2_560 && state.outputs.stepsPerDayMax > 38_400)
    for _ in 0..<200 {
      let next = state.now.number + 600
      while state.now.number < next {
        if state.step(state.now + TickCount(1)).steps { state.stepEnded(nil) }
      }
      pump.run(to: next)
      #expect(pump.state.outputs.stepsPerHourMax == state.outputs.stepsPerHourMax)
      #expect(pump.state.outputs.stepsPerDayMax == state.outputs.stepsPerDayMax)
    }
  }

  @Test("R-118 A decrease with tighter limits acts at once, and no step is refused by them")
  func decrease() throws {
    var pump = Runner(try therapy(480, 40, 500))
    pump.run(to: 30 * 36_000)
    let low = try therapy(240, 20, 300)
    pump.lower(to: low)
    let commit = pump.committed
    #expect(pump.state.unitsPerTick.basal == low.schedule.unitsPerTick(at: midnight))
    var (hour, day) = (pump.before[0], pump.before[1])
    #expect(hour == 5_120 && day == 64_000)
    let bolus = Request.bolus(dose: micrograms(5), duration: .minutes(10))
    let refusal = try #require(pump.ask(bolus).refusal)
    // The new limit, while the window holds the old basal.
    #expect(refusal.reason == .doseLimit1h && refusal.limit == 20_000)
    let allowed = try #require(refusal.allowedAt).number
    #expect(allowed > commit)
    var granted: Bool?
    while pump.state.now.number < commit + 30 * 36_000 {
      if pump.state.now.number < allowed, pump.state.now.number + 100 >= allowed {
        // On a copy, so that the ceilings are those without it.
        var copy = pump
        copy.run(to: allowed - 1)
        granted = copy.ask(bolus).isAccepted
      }
      pump.run(to: pump.state.now.number + 100)
      let outputs = pump.state.outputs
      #expect(outputs.stepsPerHourMax <= hour && outputs.stepsPerDayMax <= day)
      (hour, day) = (outputs.stepsPerHourMax, outputs.stepsPerDayMax)
      if pump.state.now.number >= commit + 61 * 600 { #expect(hour == 2_560) }
      if pump.state.now.number >= commit + 24 * 36_000 + 9_000 { #expect(day == 38_400) }
    }
    #expect(hour == 2_560 && day == 38_400)
    #expect(granted == true)
    #expect(pump.state.account.deficit == 0 && !pump.state.board.on[.basalRefusedByLimit])
    #expect(pump.excess(over: low) <= 0)
  }

  @Test("R-118 A looser limit acts at once")
  func looser() throws {
    var pump = Runner(try therapy(240, 20, 300))
    pump.run(to: 20_000)
    pump.lower(to: try therapy(240, 50, 600))
    #expect(pump.state.outputs.stepsPerHourMax == 6_400)
    #expect(pump.state.outputs.stepsPerDayMax == 76_800)
    // Also where a tighter one had not come down yet.
    pump.lower(to: try therapy(120, 7, 150))
    #expect(pump.state.outputs.stepsPerHourMax > 896)
    pump.lower(to: try therapy(120, 40, 500))
    #expect(pump.state.outputs.stepsPerHourMax == 5_120)
    #expect(pump.state.outputs.stepsPerDayMax == 64_000)
  }

  // MARK: By chance

  private struct Draw {
    var generator: SplitMix64
    let minutes: [UInt16]

    init(seed: UInt64) {
      var random = SplitMix64(seed: seed)
      minutes = [0] + (1...5).map { UInt16($0 * 200) + UInt16(random.number(0...150)) }
      generator = random
    }

    mutating func rates(below others: [Int64]?) -> [Int64] {
      let same = generator.oneIn(3)
      let one = generator.number(40...100)
      return (others ?? minutes.map { _ in 2_400 }).map { other in
        // Not above what there was, and no less than the head can do.
        let share = same ? one : generator.number(30...100)
        let least = others == nil ? generator.number(200...2_400) : other * share / 100
        return max(120, min(other, least))
      }
    }

    /// The least limits that are valid, and sometimes more.
    mutating func therapy(_ rates: [Int64], room: Int64) throws -> Therapy {
      let lowest = microgramsPerDay(rates.min() ?? 0)
      var order =
        Set(rates).count == 1
        ? Prescription.continuous(lowest)
        : .flex(
          [zip(minutes, rates).map { (minute: $0, rate: microgramsPerDay($1)) }], safeBasal: lowest)
      (order.maxDose1h, order.maxDose24h) = (Mass(nanograms: 1), Mass(nanograms: 1))
      for finding in judge(order).1.all {
        if finding.rule == .hourLimitBelowBasal { order.maxDose1h.nanograms = finding.bound }
        if finding.rule == .dayLimitBelowBasal { order.maxDose24h.nanograms = finding.bound }
      }
      order.maxDose1h.nanograms += room
      order.maxDose24h.nanograms += room
      return try .of(order)
    }
  }

  @Test(
    "R-118 Decreases to the least valid limits never meet a limit, nor let more pass than they may")
  func randomDecreases() throws {
    var extras = 0
    for seed in 0..<60 as Range<UInt64> {
      var draw = Draw(seed: seed)
      let isShort = seed % 4 != 0
      var rates = draw.rates(below: nil)
      if draw.generator.oneIn(3) { rates = rates.map { _ in rates[0] } }
      let room: Int64 = draw.generator.pick([0, 20_000, 60_000])
      var inForce = try draw.therapy(rates, room: room)
      var pump = Runner(
        inForce, clock: WeekTime(weekday: 0, minute: Int(draw.generator.number(0...1_439))))
      let begin = isShort ? draw.generator.number(1...90) * 600 : 25 * 36_000
      pump.run(to: begin - min(begin, 9_000) + 1)
      if room > 0,
        pump.ask(.bolus(dose: Mass(nanograms: room * 3 / 4), duration: .minutes(8))).isAccepted
      {
        extras += 1
      }
      pump.run(to: begin + draw.generator.number(0...599))
      for _ in 0..<Int(draw.generator.pick([1, 2, 2, 3] as [Int64])) {
        rates = draw.generator.oneIn(4) ? rates : draw.rates(below: rates)
        inForce = try draw.therapy(rates, room: 0)
        pump.lower(to: inForce)
        let outputs = pump.state.outputs
        #expect(outputs.stepsPerHourMax <= pump.before[0], "seed \(seed)")
        #expect(outputs.stepsPerDayMax <= pump.before[1], "seed \(seed)")
        pump.run(to: pump.committed + draw.generator.number(1...6_000))
        if pump.excess(over: inForce) > 0 { Issue.record("seed \(seed): too many") }
      }
      pump.run(to: pump.committed + (isShort ? 70 * 600 : 25 * 36_000))
      let excess = pump.excess(over: inForce)
      #expect(excess <= 0, "seed \(seed): \(excess) too many")
      #expect(!pump.state.board.on[.basalRefusedByLimit], "seed \(seed)")
      #expect(pump.state.account.deficit == 0, "seed \(seed)")
      #expect(pump.state.outputs.stepsPerHourMax == inForce.hour.steps, "seed \(seed)")
    }
    #expect(extras > 12, "\(extras)")
  }
}
