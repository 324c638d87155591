import DosingCore
import Quantities
import Testing

@Suite struct StopTests {
  private func pump(_ bolus: PatientBolus? = nil) throws -> Pump {
    try Pump(.continuous(microgramsPerDay(300), patientBolus: bolus))
  }

  @Test(
    "R-004 Nothing accrues after the tick of a stop, which loses no time, and the fraction survives"
  )
  func fractionSurvives() throws {
    let pump = try pump()
    // 22.5 ticks a step: half a step is pending after an odd number of ticks of 45.
    pump.run(to: 29)
    let basal = pump.unitsPerTick.basal
    let running = pump.account.prescribed
    #expect(pump.ask(.stop).isAccepted)
    let before = pump.account
    #expect(before.prescribed == running + basal)
    #expect(before.steps == 1 && before.pending == before.perStep / 3)
    pump.run(for: .hours(3))
    #expect(pump.mode == .stoppedByCommand)
    #expect(pump.account.prescribed == before.prescribed)
    #expect(pump.account.pending == before.pending && pump.account.steps == 1)

    #expect(pump.ask(.resume).isAccepted)
    let resumed = pump.now
    #expect(pump.account.pending == before.pending)
    pump.runToStep()
    // 15 ticks were left of the second step.
    #expect(pump.now == resumed + 15)
  }

  @Test("R-004 A due step that waits is not made while stopped, and is made after resume")
  func waitingStepSurvives() throws {
    let pump = try pump()
    pump.runToStep()
    pump.refuseStep(.notYet)
    #expect(pump.account.pending == pump.account.perStep)
    pump.ask(.stop)
    pump.run(for: .minutes(1))
    #expect(pump.stepTicks.isEmpty && pump.account.pending == pump.account.perStep)
    pump.ask(.resume)
    pump.run(to: pump.now + 1)
    #expect(pump.stepTicks.count == 1)
  }

  @Test("R-022 Stop cancels an extra dose, which is not made up")
  func stopCancels() throws {
    let pump = try pump()
    #expect(pump.bolus(micrograms(6), .minutes(10)).isAccepted)
    let (units, start) = (try #require(pump.extraDose?.units), pump.now)
    pump.run(to: start + 999)
    let prescribed = pump.account.prescribed
    pump.ask(.stop)
    #expect(pump.extraDose == nil && pump.decision.extraDoseEnded)
    let ended = try #require(pump.lastExtraDose)
    #expect(ended.end == Tick(start + 1_000) && ended.discarded == units - units / 6)
    // The tick of the stop still counts: a stop loses no time.
    let last = pump.account.prescribed - prescribed
    #expect(last > 0)
    pump.ask(.resume)
    let resumed = pump.now
    pump.run(for: .hours(1))
    let basal = pump.unitsPerTick.basal
    #expect(pump.account.prescribed == prescribed + last + Int128(pump.now - resumed) * basal)
  }

  @Test("R-043 A cancel ends the extra dose alone: basal goes on, and nothing is made up")
  func cancelAlone() throws {
    let pump = try pump()
    #expect(pump.ask(.cancelBolus).reason == .noExtraDose)
    #expect(pump.bolus(micrograms(6), .minutes(10)).isAccepted)
    let (units, start) = (try #require(pump.extraDose?.units), pump.now)
    pump.run(to: start + 999)
    let prescribed = pump.account.prescribed
    #expect(pump.ask(.cancelBolus).isAccepted)
    #expect(pump.extraDose == nil && pump.decision.extraDoseEnded)
    #expect(pump.mode == .continuous && !pump.alarms.on[.stopped])
    let ended = try #require(pump.lastExtraDose)
    #expect(ended.end == Tick(start + 1_000) && ended.discarded == units - units / 6)
    let shown = try #require(pump.shownLastDose)
    #expect(shown.kind == .bolus && shown.dose == micrograms(6) && shown.cancelled == micrograms(5))
    let (last, cancelled) = (pump.account.prescribed - prescribed, pump.now)
    pump.run(for: .hours(1))
    let basal = pump.unitsPerTick.basal
    #expect(basal > 0)
    #expect(pump.account.prescribed == prescribed + last + Int128(pump.now - cancelled) * basal)
    #expect(pump.ask(.cancelBolus).reason == .noExtraDose)
  }

  @Test("R-043 A patient's bolus that was cancelled counts for lockout and allotment")
  func cancelledPatientBolus() throws {
    let pump = try pump(.usual())
    #expect(pump.ask(.patientBolus).isAccepted)
    pump.run(for: .minutes(1))
    #expect(pump.ask(.cancelBolus).isAccepted)
    #expect(pump.ask(.patientBolus).reason == .lockout)
  }

  @Test("R-004 Resume restores the basal of now, not of then")
  func resumeFollowsTheSchedule() throws {
    let order = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(288)), (minute: 60, rate: microgramsPerDay(144))]],
      safeBasal: microgramsPerDay(100))
    let pump = try Pump(order)
    let before = pump.unitsPerTick.basal
    pump.ask(.stop)
    #expect(pump.unitsPerTick.basal == 0)
    pump.run(for: .hours(2))
    pump.ask(.resume)
    #expect(pump.unitsPerTick.basal * 2 == before)
  }

  @Test("R-004 Stopping twice is no error, and resuming once is enough")
  func stopTwice() throws {
    let pump = try pump()
    #expect(pump.ask(.stop).isAccepted)
    #expect(pump.ask(.stop).isAccepted)
    #expect(pump.ask(.resume).isAccepted)
    #expect(pump.mode == .continuous)
    #expect(pump.ask(.resume).reason == .notStopped)
  }

  @Test("R-004 Stop and resume in one tick lose nothing")
  func stopAndResumeAtOnce() throws {
    let rig = Rig.bench()
    var state = DosingState(rig: rig, clock: midnight)
    let program = Request.program(try Therapy.of(.continuous(microgramsPerDay(300)), on: rig))
    #expect(state.decide(program, at: Tick(0)).isAccepted)
    for tick in 0..<10 { _ = state.step(Tick(Int64(tick))) }
    let basal = state.unitsPerTick.basal
    #expect(state.decide(.stop, at: Tick(10)).isAccepted)
    #expect(state.decide(.resume, at: Tick(10)).isAccepted)
    _ = state.step(Tick(10))
    #expect(state.account.prescribed == 10 * basal)
    _ = state.step(Tick(11))
    #expect(state.account.prescribed == 11 * basal)
  }

  @Test("R-004 A program that is committed while stopped does not start delivery")
  func programWhileStopped() throws {
    let pump = try pump()
    pump.ask(.stop)
    #expect(try pump.program(.continuous(microgramsPerDay(200))).isAccepted)
    let prescribed = pump.account.prescribed
    pump.run(for: .minutes(10))
    #expect(pump.mode == .stoppedByCommand && pump.account.prescribed == prescribed)
  }
}
