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
    var waited = pump.now * basal - pump.account.perStep
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
    pump.refuseStep(.window)
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
    pump.run(for: .days(1))
    #expect(pump.account.prescribed - before == 200_000 * scale.perNanogram)
  }

  @Test("R-026 The second window refusal in a day is a hard stop, which nothing here ends")
  func hardStop() throws {
    let pump = try pump()
    pump.runToStep()
    pump.refuseStep(.window)
    pump.run(to: pump.ticks(.hours(23)))
    pump.runToStep()
    pump.refuseStep(.window)
    #expect(pump.mode == .hardStop && pump.alarms[.hardStop]?.priority == .high)
    let prescribed = pump.account.prescribed
    pump.run(for: .hours(2))
    #expect(pump.account.prescribed == prescribed && !pump.decision.steps)
    #expect(pump.ask(.resume).reason == .hardStop)
    #expect(try pump.program(.continuous(microgramsPerDay(100))).reason == .hardStop)
    #expect(pump.bolus(micrograms(1), .minutes(1)).reason == .hardStop)
    #expect(pump.ask(.stop).isAccepted)
    #expect(pump.mode == .hardStop)
  }

  @Test("R-026 A window refusal more than a day after the first is not the second in a day")
  func aDayApart() throws {
    let pump = try pump()
    pump.runToStep()
    let first = pump.now
    pump.refuseStep(.window)
    pump.run(to: first + pump.ticks(.days(1)) - 1)
    pump.runToStep()
    pump.refuseStep(.window)
    #expect(pump.mode == .safeBasal && pump.alarms[.hardStop] == nil)
  }

  @Test("R-026 A new program ends safe basal and its alarm")
  func programEndsSafeBasal() throws {
    let pump = try pump()
    pump.runToStep()
    pump.refuseStep(.window)
    #expect(try pump.program(.continuous(microgramsPerDay(250))).isAccepted)
    #expect(pump.mode == .continuous && pump.alarms[.interlockDisagrees] == nil)
    #expect(pump.bolus(micrograms(1), .minutes(1)).isAccepted)
  }

  @Test("R-026 Safe basal never starts what was not running: minimum stays minimum")
  func minimumStaysMinimum() throws {
    let pump = try Pump(.order(.minimum))
    pump.runToStep()
    pump.refuseStep(.window)
    #expect(pump.mode == .minimum)
    #expect(pump.alarms[.interlockDisagrees] != nil)
  }

  @Test("R-010 Where safe basal meets the limit of the hour, the step is dropped and alarmed")
  func limitInSafeBasal() throws {
    // A peak that fills the hour, and then the mean of the day instead of the valley behind it.
    var order = Prescription.flex(
      [
        [
          (minute: 0, rate: microgramsPerDay(100)), (minute: 60, rate: microgramsPerDay(1_500)),
          (minute: 90, rate: microgramsPerDay(100)),
        ]
      ], safeBasal: microgramsPerDay(129))
    // 30 min of the peak and 31 of the valley are 33.4 ug; with safe basal they are 34.0.
    order.maxDose1h = Mass(nanograms: 33_412)
    let pump = try Pump(order)
    pump.run(to: 90 * 600 - 200)
    pump.runToStep()
    pump.refuseStep(.window)
    pump.run(for: .hours(1))
    #expect(pump.alarms[.basalRefusedByLimit]?.priority == .high)
    #expect(pump.mode == .safeBasal)
    let dropped = pump.account.deficit(.limit) / pump.account.perStep
    #expect(dropped > 1)
    for (index, tick) in pump.stepTicks.enumerated() where index >= 4_276 {
      #expect(tick - pump.stepTicks[index - 4_276] >= 36_000)
    }
    // Basal goes on as the window frees.
    let steps = pump.account.steps
    pump.run(for: .hours(1))
    #expect(pump.account.steps - steps > 600)
  }

  @Test("R-011 Where safe basal meets the limit of the day, the step is dropped and alarmed")
  func dayLimitInSafeBasal() throws {
    // Eight hours of the peak fill most of the day, and then comes its mean.
    var order = Prescription.flex(
      [
        [
          (minute: 0, rate: microgramsPerDay(100)), (minute: 480, rate: microgramsPerDay(1_000)),
          (minute: 960, rate: microgramsPerDay(100)),
        ]
      ], safeBasal: microgramsPerDay(399))
    // A day of 400 ug, a quarter of an hour of the peak, and a step.
    order.maxDose24h = Mass(nanograms: 410_425)
    let pump = try Pump(order, clock: WeekTime(weekday: 0, minute: 480))
    pump.run(for: .hours(8))
    pump.runToStep()
    pump.refuseStep(.window)
    pump.run(for: .hours(6))
    #expect(pump.alarms[.basalRefusedByLimit]?.priority == .high)
    #expect(pump.account.deficit(.limit) > pump.account.perStep)
    // 410,425 ng hold 52,534 whole steps.
    #expect(pump.account.steps == 52_534)
  }
}
