import DosingCore
import Quantities
import Testing

@Suite struct InterlockRefusalTests {
  private func pump() throws -> Pump {
    var order = Prescription.continuous(
      microgramsPerDay(300), patientBolus: .usual(lockout: .minutes(1)))
    order.safeBasal = microgramsPerDay(200)
    return try Pump(order)
  }

  @Test("R-002 A step that is refused for now waits, and is made in the next tick")
  func notYet() throws {
    let pump = try pump()
    pump.runToStep()
    let due = pump.now
    pump.refuseStep(.notYet)
    #expect(pump.account.pending == pump.account.perStep && pump.account.steps == 0)
    pump.run(to: due + 1)
    #expect(pump.stepTicks == [due + 1])
    #expect(pump.mode == .continuous && pump.alarms.highest == nil)
  }

  @Test("R-002 At most one due step waits; what accrues beyond it is deficit and never bursts")
  func waitingIsClamped() throws {
    let pump = try pump()
    let basal = pump.unitsPerTick.basal
    pump.runToStep()
    pump.refuseStep(.notYet)
    var waited = Int128(pump.now) * basal - pump.account.perStep
    #expect(pump.account.deficit(.stepWaited) == waited)
    for _ in 0..<100 {
      pump.run(to: pump.now + 1)
      #expect(pump.decision.steps)
      pump.refuseStep(.notYet)
      waited += basal
      #expect(pump.account.pending == pump.account.perStep)
      #expect(pump.account.deficit(.stepWaited) == waited)
    }
    // The one that waits, and then as if nothing had been.
    pump.run(to: pump.now + 1)
    #expect(pump.stepTicks.count == 1)
    let first = pump.now
    pump.run(to: first + 21)
    #expect(pump.stepTicks.count == 1)
    pump.run(to: first + 22)
    #expect(pump.stepTicks.count == 2)
  }

  @Test("R-010 A step that was refused for now does not count in the windows")
  func refusedStepsDoNotCount() throws {
    let pump = try pump()
    for _ in 0..<10_000 {
      pump.run(to: pump.now + 1)
      if pump.decision.steps { pump.refuseStep(.notYet) }
    }
    #expect(pump.report().usedHour == .zero && pump.report().usedDay == .zero)
  }

  @Test("R-026 A window refusal drops the step, cancels an extra dose and leads to safe basal")
  func windowRefusal() throws {
    let pump = try pump()
    let scale = try #require(pump.therapy?.scale)
    pump.ask(.patientBolus)
    pump.runToStep()
    let (steps, pending) = (pump.account.steps, pump.account.pending)
    pump.refuseStepForWindow()
    #expect(pump.mode == .safeBasal)
    #expect(pump.alarms[.interlockDisagrees]?.priority == .high)
    #expect(pump.alarms[.interlockDisagrees]?.raised == Tick(pump.now))
    #expect(pump.extraDose == nil && pump.lastExtraDose?.end == Tick(pump.now))
    #expect(pump.account.steps == steps - 1)
    #expect(pump.account.pending + pump.account.deficit == pending + pump.account.perStep)
    #expect(pump.account.deficit(.limit) == pump.account.perStep)
    #expect(pump.unitsPerTick.basal == scale.perTick(microgramsPerDay(200)))
    #expect(pump.ask(.patientBolus).reason == .safeBasal)
    let before = pump.account.prescribed
    pump.run(for: .hours(12))
    #expect(pump.account.prescribed - before == 100_000 * scale.perNanogram)
  }

  @Test("R-026 Further refusals belong to the episode, which ends after a day")
  func episode() throws {
    let pump = try pump()
    pump.runToStep()
    let first = pump.now
    pump.refuseStepForWindow()
    for hours in [1, 5, 23] as [Int64] {
      pump.run(to: first + pump.ticks(.hours(hours)))
      pump.runToStep()
      pump.refuseStepForWindow()
      #expect(pump.mode == .safeBasal && pump.alarms[.hardStop] == nil)
    }
    pump.run(to: first + pump.ticks(.days(1)) - 1)
    #expect(pump.mode == .safeBasal)
    pump.run(to: first + pump.ticks(.days(1)))
    #expect(pump.mode == .continuous && pump.alarms.highest == nil)
  }

  @Test("R-026 Whoever has seen the episode ends it; a program does not")
  func episodeIsAcknowledged() throws {
    let pump = try pump()
    pump.runToStep()
    pump.refuseStepForWindow()
    #expect(try pump.program(.continuous(microgramsPerDay(250))).isAccepted)
    #expect(pump.mode == .safeBasal && pump.alarms[.interlockDisagrees] != nil)
    #expect(pump.ask(.acknowledge).isAccepted)
    #expect(pump.mode == .continuous && pump.alarms[.interlockDisagrees] == nil)
    #expect(pump.bolus(micrograms(1), .minutes(1)).isAccepted)
  }

  @Test("R-026 Two counts that differ by more than two steps are a hard stop", arguments: [2, 3])
  func differentCounts(steps: Int64) throws {
    for ahead in [steps, -steps] {
      let pump = try pump()
      pump.run(for: .minutes(30))
      pump.runToStep()
      pump.refuseStepForWindow(interlockAhead: ahead)
      #expect((pump.mode == .hardStop) == (steps > 2))
    }
  }

  @Test("R-026 R-112 A hard stop holds until it is cleared, and then until resume")
  func hardStop() throws {
    let pump = try pump()
    pump.run(for: .hours(2))
    let basal = pump.unitsPerTick.basal
    pump.hardStop()
    #expect(pump.mode == .hardStop && pump.alarms[.hardStop]?.priority == .high)
    #expect(!pump.outputs.isOpen && !pump.outputs.enable && pump.outputs.signal.sound == .high)
    let (prescribed, missing) = (pump.account.prescribed, pump.account.deficit(.hardStop))
    pump.run(for: .hours(2))
    // What is withheld is ordered, and missing; the episode's end brings the schedule back.
    let ticks = Int128(pump.ticks(.hours(2)))
    #expect(pump.account.prescribed - prescribed == pump.account.deficit(.hardStop) - missing)
    #expect(pump.account.prescribed - prescribed <= ticks * basal && !pump.decision.steps)
    #expect(pump.ask(.resume).reason == .hardStop)
    #expect(try pump.program(.continuous(microgramsPerDay(100))).reason == .hardStop)
    #expect(pump.bolus(micrograms(1), .minutes(1)).reason == .hardStop)
    #expect(pump.ask(.acknowledge).isAccepted && pump.mode == .hardStop)
    #expect(pump.ask(.stop).isAccepted && pump.mode == .hardStop)
    #expect(pump.ask(.clear).isAccepted)
    #expect(pump.mode == .stoppedByCommand && pump.ask(.clear).reason == .noHardStop)
    #expect(pump.ask(.resume).isAccepted && pump.mode == .continuous)
    let steps = pump.account.steps
    pump.run(for: .minutes(10))
    #expect(pump.account.steps > steps)
  }

  @Test("R-026 Safe basal never starts what was not running: minimum stays minimum")
  func minimumStaysMinimum() throws {
    let pump = try Pump(.order(.minimum))
    pump.runToStep()
    pump.refuseStepForWindow()
    #expect(pump.mode == .minimum)
    #expect(pump.alarms[.interlockDisagrees] != nil)
  }

  @Test(
    "R-012 R-016 A limit has to leave room for safe basal, too, whenever it takes the place of basal"
  )
  func limitsHoldSafeBasal() throws {
    // 20 ug/h by day and 4 by night, and their mean as safe basal.
    var order = Prescription.flex(
      [
        [
          (minute: 0, rate: microgramsPerDay(96)), (minute: 480, rate: microgramsPerDay(480)),
          (minute: 1_200, rate: microgramsPerDay(96)),
        ]
      ], maxDose1h: micrograms(60), maxDose24h: micrograms(300), safeBasal: microgramsPerDay(288))
    let (refused, findings) = judge(order)
    #expect(refused == nil && findings.rules == [.dayLimitBelowBasal])
    // 12 h 15 min at 20 ug/h, 12 h at 12, and a step: 245 + 144 ug.
    let least = try #require(findings.all.first).bound
    #expect(least == 389_008)
    order.maxDose24h = Mass(nanograms: least - 1)
    #expect(judge(order).0 == nil)
    order.maxDose24h = Mass(nanograms: least)
    // However often the two take turns, no step is refused.
    let pump = try Pump(order, clock: WeekTime(weekday: 0, minute: 480))
    for _ in 0..<3 {
      pump.run(for: .hours(12))
      pump.runToStep()
      pump.refuseStepForWindow()
      pump.run(for: .hours(12))
      pump.ask(.acknowledge)
      #expect(pump.alarms[.basalRefusedByLimit] == nil)
    }
    #expect(pump.account.deficit(.limit) == 3 * pump.account.perStep)
  }
}
