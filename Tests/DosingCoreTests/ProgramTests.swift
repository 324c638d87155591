import DosingCore
import Quantities
import Testing

@Suite struct ProgramTests {
  @Test("R-023 Another drug or another concentration is refused, and nothing changes")
  func otherDrug() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    var drug = Prescription.continuous(microgramsPerDay(200))
    drug.drug = Label("morphine")
    #expect(try pump.program(drug).reason == .otherDrug)
    var strength = Prescription.continuous(microgramsPerDay(200))
    strength.concentration = Concentration(nanogramsPerMillilitre: 500_001)
    #expect(try pump.program(strength).reason == .otherConcentration)
    #expect(pump.therapy?.prescription.drug == Label("baclofen"))
    let scale = try #require(pump.therapy?.scale)
    #expect(pump.unitsPerTick.basal == scale.perTick(microgramsPerDay(300)))
  }

  @Test("R-004 A program changes the rate from its tick on, and keeps the fraction")
  func fractionSurvives() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(to: 30)
    let before = pump.account
    #expect(before.pending == before.perStep / 3)
    // The tick of the program still accrues at the old rate: 31 of 22.5, at the new one 15.
    #expect(try pump.program(.continuous(microgramsPerDay(450))).isAccepted)
    #expect(pump.account.pending * 45 == before.perStep * 17)
    pump.runToStep()
    // 28 / 45 of a step at 1 / 15 a tick.
    #expect(pump.now == 31 + 10)
    #expect(pump.account.steps == 2)
  }

  @Test("R-019 A program is refused during an extra dose")
  func duringADose() throws {
    for dose in [301, 400] as [Int64] {
      let pump = try Pump(.continuous(microgramsPerDay(300)))
      #expect(pump.bolus(micrograms(5), .minutes(10)).isAccepted)
      let refusal = try pump.program(.continuous(microgramsPerDay(dose))).refusal
      #expect(refusal?.reason == .programDuringExtraDose)
      #expect(refusal?.allowedAt?.number == pump.doseEnds)
      #expect(pump.extraDose != nil)
    }
  }

  @Test("R-019 A decrease is accepted during an extra dose, and cancels it")
  func decreaseDuringADose() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300), patientBolus: .usual()))
    #expect(pump.ask(.patientBolus).isAccepted)
    #expect(try pump.program(.continuous(microgramsPerDay(299), patientBolus: .usual())).isAccepted)
    #expect(pump.extraDose == nil && pump.decision.extraDoseEnded)
    #expect(pump.lastExtraDose?.end == Tick(2))
    // The lockout counts from the cancel.
    #expect(pump.patientBolusAllowedAt == Tick(36_002))
  }

  @Test("R-019 A program that is higher at one moment of the week is no decrease")
  func decreaseIsEverywhere() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    #expect(pump.bolus(micrograms(5), .minutes(10)).isAccepted)
    let peak: [(minute: UInt16, rate: DoseRate)] = [
      (minute: 0, rate: microgramsPerDay(200)), (minute: 1439, rate: microgramsPerDay(301)),
    ]
    let flat: [(minute: UInt16, rate: DoseRate)] = [(minute: 0, rate: microgramsPerDay(200))]
    let once = Prescription.flex(
      [flat, peak], week: [0, 0, 0, 0, 0, 0, 1], safeBasal: microgramsPerDay(100))
    #expect(try pump.program(once).reason == .programDuringExtraDose)
    let never = Prescription.flex([flat], safeBasal: microgramsPerDay(100))
    #expect(try pump.program(never).isAccepted)
  }

  @Test("R-014 A lower limit is refused until the old basal has left the window, and then accepted")
  func lowerLimit() throws {
    let high = Prescription.continuous(
      microgramsPerDay(1_200), maxDose1h: micrograms(60), maxDose24h: micrograms(2_000))
    // No decrease, since safe basal is above the old one for a minute of the week.
    var low = Prescription.flex(
      [
        [(minute: 0, rate: microgramsPerDay(300))],
        [(minute: 0, rate: microgramsPerDay(300)), (minute: 1439, rate: microgramsPerDay(1_201))],
      ], week: [0, 0, 0, 0, 0, 0, 1], maxDose1h: micrograms(30), maxDose24h: micrograms(2_000),
      safeBasal: microgramsPerDay(300))
    low.patientBolus = nil
    let request = Request.program(try Therapy.of(low))
    var promised: Int64 = 0
    for early in [1, 0] as [Int64] {
      let pump = try Pump(high)
      let refusal = try #require(pump.ask(request, at: 50_000).refusal)
      #expect(refusal.reason == .doseLimit1h && refusal.limit == 30_000)
      // From tick 13,800 on 36,201 ticks of 1.3889 ng, 1.2153 ng that were pending before them, and
      // 399 ticks of 0.3472 ng to the end of the minute.
      #expect(refusal.value == 50_419)
      // Old basal never leaves while it runs: 50 ug in any hour.
      #expect(refusal.allowedAt == nil)
      // Stopped for a while, it does.
      pump.ask(.stop)
      promised = try #require(pump.ask(request).refusal?.allowedAt).number
      #expect(pump.ask(request, at: promised - early).isAccepted == (early == 0))
    }
  }

  @Test("R-014 A pattern that is turned by an hour is refused right after its old peak")
  func turnedPattern() throws {
    // A peak of 48 ug/h for half an hour: from 02:00, or from 02:30.
    func order(_ peak: UInt16) -> Prescription {
      .flex(
        [
          [
            (minute: UInt16(0), rate: microgramsPerDay(240)),
            (minute: peak, rate: microgramsPerDay(1_152)),
            (minute: peak + 30, rate: microgramsPerDay(240)),
          ]
        ], maxDose1h: Mass(nanograms: 30_000), safeBasal: microgramsPerDay(240))
    }
    let pump = try Pump(order(120))
    let turned = Request.program(try Therapy.of(order(150)))
    let refusal = try #require(pump.ask(turned, at: 150 * 600).refusal)
    #expect(refusal.reason == .doseLimit1h)
    #expect(refusal.value > refusal.limit)
    #expect(pump.ask(turned, at: 230 * 600).isAccepted)
    pump.run(for: .hours(26))
    #expect(pump.alarms[.basalRefusedByLimit] == nil && pump.account.deficit == 0)
  }

  @Test("R-014 Extra doses of the last day count against a program's reserve")
  func extrasCount() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300), maxDose24h: micrograms(400)))
    #expect(pump.ask(.bolus(dose: micrograms(40), duration: .minutes(20)), at: 1).isAccepted)
    #expect(pump.ask(.bolus(dose: micrograms(40), duration: .minutes(20)), at: 50_000).isAccepted)
    pump.run(for: .hours(2))
    // 80 + 323.3 ug do not fit 400.
    let more = Prescription.continuous(microgramsPerDay(320), maxDose24h: micrograms(400))
    let refusal = try #require(try pump.program(more).refusal)
    #expect(refusal.reason == .doseLimit24h && refusal.allowedAt != nil)
  }

  @Test("R-014 A program that was refused changes nothing")
  func refusedProgram() throws {
    let (asked, quiet) = (
      try Pump(.continuous(microgramsPerDay(300))), try Pump(.continuous(microgramsPerDay(300)))
    )
    asked.bolus(micrograms(5), .minutes(10))
    quiet.bolus(micrograms(5), .minutes(10))
    #expect(!(try asked.program(.continuous(microgramsPerDay(301))).isAccepted))
    asked.run(for: .hours(1))
    quiet.run(to: asked.now)
    #expect(asked.stepTicks == quiet.stepTicks)
    #expect(asked.account.pending == quiet.account.pending)
  }
}
