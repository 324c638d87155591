import DosingCore
import Quantities
import Testing

@Suite struct BolusTests {
  private let basal = microgramsPerDay(300)

  /// Nanograms, and how long they take.
  private static let doses: [(Int64, Nanoseconds)] = [
    (20_000, .minutes(30)), (79, .minutes(1)), (4_001, .seconds(61)), (33_333, .seconds(1_003)),
    (7_919, .hours(24)), (3_911, .minutes(1) + Nanoseconds(1)),
  ]

  @Test("R-013 A bolus brings exactly its dose, from the tick after its start on", arguments: doses)
  func exactDose(nanograms: Int64, duration: Nanoseconds) throws {
    let pump = try Pump(.continuous(basal))
    let scale = try #require(pump.therapy?.scale)
    let perTick = pump.unitsPerTick.basal
    pump.run(to: 99)
    #expect(pump.bolus(Mass(nanograms: nanograms), duration).isAccepted)
    let start = pump.now
    #expect(pump.account.prescribed == Int128(start) * perTick)
    // A part of a tick counts whole.
    let length = (duration.count + 99_999_999) / 100_000_000
    #expect(pump.extraDose?.ticks == length)

    let units = Int128(nanograms) * scale.perNanogram
    for tick in [1, 2, length / 2, length - 1, length] {
      pump.run(to: start + tick)
      let wanted = units * Int128(tick) / Int128(length)
      #expect(pump.account.prescribed - Int128(pump.now) * perTick == wanted)
    }
    #expect(pump.extraDose == nil)
    #expect(pump.decision.extraDoseEnded)
    let ended = try #require(pump.lastExtraDose)
    #expect(ended.start == Tick(start) && ended.end == Tick(start + length))
    #expect(ended.units == units && ended.discarded == 0)
    pump.run(for: .minutes(1))
    #expect(pump.account.prescribed - Int128(pump.now) * perTick == units)
  }

  @Test("R-018 A bolus of 10 steps is the smallest, to the nanogram")
  func smallest() throws {
    // 78.125 ng.
    let pump = try Pump(.continuous(basal))
    #expect(pump.bolus(Mass(nanograms: 78), .minutes(1)).reason == .bolusTooSmall)
    #expect(pump.bolus(Mass(nanograms: 79), .minutes(1)).isAccepted)
  }

  @Test("R-018 Where 10 steps are whole nanograms they are enough")
  func smallestOfWholeSteps() throws {
    var order = Prescription.continuous(basal)
    order.concentration = Concentration(nanogramsPerMillilitre: 640_000)
    let pump = try Pump(order)
    #expect(pump.bolus(Mass(nanograms: 99), .minutes(1)).reason == .bolusTooSmall)
    #expect(pump.bolus(Mass(nanograms: 100), .minutes(1)).isAccepted)
  }

  @Test("R-018 A bolus takes 1 min to 24 h, both included")
  func durations() throws {
    let reason: (Nanoseconds) throws -> RefusalReason? = {
      try Pump(.continuous(microgramsPerDay(300))).bolus(micrograms(1), $0).reason
    }
    #expect(try reason(.minutes(1) - Nanoseconds(1)) == .bolusDurationOutOfRange)
    #expect(try reason(.minutes(1)) == nil)
    #expect(try reason(.hours(24)) == nil)
    #expect(try reason(.hours(24) + Nanoseconds(1)) == .bolusDurationOutOfRange)
    #expect(try reason(.zero) == .bolusDurationOutOfRange)
  }

  @Test("R-017 Basal and bolus together reach the highest flow and not more")
  func fastest() throws {
    // 12 mL/d at 500 ug/mL are 6,000 ug/d; 300 of them are basal, which leaves 39.58333 ug in 10 min.
    let order = Prescription.continuous(basal, maxDose1h: micrograms(100))
    let fast = Mass(nanograms: 39_583)
    #expect(try Pump(order).bolus(fast, .minutes(10)).isAccepted)
    let refused = try Pump(order).bolus(fast + Mass(nanograms: 1), .minutes(10)).refusal
    #expect(refused?.reason == .flowAboveMaximum)
  }

  @Test("R-017 A flex step that begins during the bolus counts for its flow")
  func fastestAcrossAnEdge() throws {
    let order = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(300)), (minute: 20, rate: microgramsPerDay(600))]],
      maxDose1h: micrograms(120), maxDose24h: micrograms(900), safeBasal: basal)
    let dose = Mass(nanograms: 39_583)
    // Ends at 10:00.1, before the step.
    #expect(try Pump(order).bolus(dose, .minutes(10)).isAccepted)
    // From tick 6,001 on it still runs at 20:00.
    let late = try Pump(order)
    late.run(to: 6_000)
    #expect(late.bolus(dose, .minutes(10)).reason == .flowAboveMaximum)
    let justBefore = try Pump(order)
    justBefore.run(to: 5_999)
    #expect(justBefore.bolus(dose, .minutes(10)).isAccepted)
  }

  @Test("R-005 At the highest flow a step is made in no tick twice, and none waits")
  func oneStepATick() throws {
    // Ticks of 100 ms in which a head of 12.5 uL and 200 steps makes exactly one step.
    var rig = Rig.bench(maxRate: FlowRate(picolitresPerDay: 54_000_000_000))
    rig.pump.volumePerRevolution = Volume(picolitres: 12_500_000)
    rig.pump.stepsPerRevolution = 200
    rig.maxVolume1h = microlitres(3_000)
    rig.maxVolume24h = microlitres(60_000)
    let order = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: micrograms(1_500), maxDose24h: micrograms(5_000))
    let pump = try Pump(order, on: rig)
    // 54 mL/d at 500 ug/mL are 27,000 ug/d: 18,541.66.. ng/min beside basal.
    #expect(pump.bolus(Mass(nanograms: 18_541_666 / 1_000), .minutes(1)).isAccepted)
    pump.run(for: .minutes(2))
    #expect(Set(pump.stepTicks).count == pump.stepTicks.count)
    #expect(pump.account.deficit == 0)
    // 18,541 ng and two minutes of basal, at 31.25 ng a step.
    #expect(pump.account.steps >= 600)
  }

  @Test("R-018 A bolus beyond all reason is refused, not a crash")
  func extremes() throws {
    let pump = try Pump(.continuous(basal))
    #expect(pump.bolus(Mass(nanograms: .max), Nanoseconds(.max)).reason == .bolusTooLarge)
    #expect(pump.bolus(micrograms(1), Nanoseconds(.max)).reason == .bolusDurationOutOfRange)
    #expect(pump.bolus(.zero, .zero).reason == .bolusTooSmall)
  }

  @Test("R-019 A second extra dose is refused while one runs, and granted when it has ended")
  func oneAtATime() throws {
    let pump = try Pump(.continuous(basal, patientBolus: .usual()))
    #expect(pump.bolus(micrograms(5), .minutes(10)).isAccepted)
    let end = try #require(pump.doseEnds)
    #expect(pump.bolus(micrograms(5), .minutes(10)).reason == .extraDoseRunning)
    #expect(pump.ask(.patientBolus).reason == .extraDoseRunning)
    #expect(
      pump.ask(.bolus(dose: micrograms(5), duration: .minutes(1)), at: end - 1).reason
        == .extraDoseRunning)
    #expect(pump.ask(.bolus(dose: micrograms(1), duration: .minutes(1))).isAccepted)
  }

  @Test("R-020 The lockout does not bind the clinician")
  func lockoutIsForThePatient() throws {
    let pump = try Pump(.continuous(basal, patientBolus: .usual()))
    #expect(pump.ask(.patientBolus).isAccepted)
    pump.run(for: .minutes(10))
    #expect(pump.ask(.patientBolus).reason == .lockout)
    #expect(pump.bolus(micrograms(1), .minutes(1)).isAccepted)
  }

  @Test("R-022 A refused bolus changes nothing")
  func refusedBolusLeavesNoTrace() throws {
    let (asked, quiet) = (try Pump(.continuous(basal)), try Pump(.continuous(basal)))
    #expect(asked.bolus(micrograms(60), .minutes(30)).reason == .doseLimit1h)
    asked.run(for: .hours(2))
    quiet.run(to: asked.now)
    #expect(asked.account.prescribed == quiet.account.prescribed)
    #expect(asked.stepTicks == quiet.stepTicks)
  }
}
