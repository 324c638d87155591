import DosingCore
import Quantities
import Testing

@Suite struct LockoutTests {
  /// 10 ug in 10 min, lockout of 1 h, 4 in any 24 h.
  private func pump(_ bolus: PatientBolus = .usual()) throws -> Pump {
    try Pump(.continuous(microgramsPerDay(300), patientBolus: bolus))
  }

  @Test("R-020 The lockout counts from the end of the last dose, to the tick")
  func lockoutFromTheEnd() throws {
    let early = try pump()
    let late = try pump()
    for pump in [early, late] { #expect(pump.ask(.patientBolus).isAccepted) }
    // Accepted in tick 1; 6,000 ticks of dose, 36,000 of lockout.
    #expect(early.ask(.patientBolus, at: 42_000).reason == .lockout)
    #expect(late.ask(.patientBolus, at: 42_001).isAccepted)
  }

  @Test("R-020 A clinician's bolus starts the patient's lockout too")
  func anyDoseStartsTheLockout() throws {
    let pump = try pump()
    #expect(pump.bolus(micrograms(5), .minutes(10)).isAccepted)
    #expect(pump.ask(.patientBolus, at: 42_000).reason == .lockout)
    #expect(pump.ask(.patientBolus, at: 42_001).isAccepted)
  }

  @Test("R-020 The lockout of a cancelled dose counts from the cancel")
  func lockoutFromTheCancel() throws {
    let pump = try pump()
    #expect(pump.ask(.patientBolus).isAccepted)
    #expect(pump.ask(.stop, at: 1_000).isAccepted)
    #expect(pump.ask(.resume).isAccepted)
    #expect(pump.patientBolusAllowedAt == Tick(37_000))
    #expect(pump.ask(.patientBolus, at: 36_999).reason == .lockout)
    #expect(pump.ask(.patientBolus, at: 37_000).isAccepted)
  }

  @Test("R-020 The lockout of a dose whose end was missed counts from that end")
  func lockoutFromAMissedEnd() throws {
    let pump = try pump()
    #expect(pump.ask(.patientBolus).isAccepted)
    pump.run(to: 5_000)
    pump.skip(to: 30_000)
    #expect(pump.lastExtraDose?.end == Tick(6_001))
    #expect(pump.ask(.patientBolus, at: 42_000).reason == .lockout)
    #expect(pump.ask(.patientBolus, at: 42_001).isAccepted)
  }

  @Test("R-020 A lockout that is no whole number of ticks is rounded up")
  func lockoutRoundsUp() throws {
    let pump = try pump(.usual(lockout: .minutes(1) + Nanoseconds(1)))
    #expect(pump.ask(.patientBolus).isAccepted)
    #expect(pump.ask(.patientBolus, at: 6_601).reason == .lockout)
    #expect(pump.ask(.patientBolus, at: 6_602).isAccepted)
  }

  @Test("R-021 No more than max_in_24h begin in any 24 h, to the tick")
  func allotment() throws {
    for (tick, granted) in [(Int64(864_000), false), (864_001, true)] {
      let pump = try pump(.usual(dose: micrograms(1), lockout: .minutes(1), maxIn24h: 2))
      #expect(pump.ask(.patientBolus).isAccepted)
      #expect(pump.ask(.patientBolus, at: 10_000).isAccepted)
      #expect(pump.ask(.patientBolus, at: 20_000).reason == .maxIn24h)
      #expect(pump.patientBolusesIn24h == 2)
      #expect(pump.ask(.patientBolus, at: tick).isAccepted == granted)
    }
  }

  @Test("R-021 Cancelled boluses count, and a new program does not reset the count")
  func cancelledOnesCount() throws {
    let bolus = PatientBolus.usual(lockout: .minutes(1), maxIn24h: 1)
    let pump = try pump(bolus)
    #expect(pump.ask(.patientBolus).isAccepted)
    pump.ask(.stop)
    pump.ask(.resume)
    #expect(try pump.program(.continuous(microgramsPerDay(200), patientBolus: bolus)).isAccepted)
    #expect(pump.ask(.patientBolus, at: 10_000).reason == .maxIn24h)
  }

  @Test("R-021 Refused boluses do not count")
  func refusedOnesDoNotCount() throws {
    let pump = try pump(.usual(lockout: .minutes(1), maxIn24h: 2))
    #expect(pump.ask(.patientBolus).isAccepted)
    #expect(pump.ask(.patientBolus).reason == .extraDoseRunning)
    #expect(pump.ask(.patientBolus, at: 10_000).isAccepted)
    #expect(pump.patientBolusesIn24h == 2)
  }

  @Test("R-021 An allotment of 48 is counted to the last one")
  func largestAllotment() throws {
    let dose = Mass(nanograms: 79)
    let bolus = PatientBolus.usual(dose: dose, minutes: 1, lockout: .minutes(1), maxIn24h: 48)
    let pump = try pump(bolus)
    for _ in 0..<48 {
      #expect(pump.ask(.patientBolus).isAccepted)
      pump.run(for: .minutes(2))
    }
    let refusal = try #require(pump.ask(.patientBolus).refusal)
    #expect(refusal.reason == .maxIn24h && refusal.limit == 48 && refusal.value == 48)
    #expect(refusal.allowedAt == Tick(864_001))
    #expect(pump.ask(.patientBolus, at: 864_000).reason == .maxIn24h)
    #expect(pump.ask(.patientBolus, at: 864_001).isAccepted)
    // The second of the first 48 began 1,201 ticks after the first.
    #expect(pump.ask(.patientBolus, at: 864_001 + 1_200).reason == .maxIn24h)
    #expect(pump.ask(.patientBolus, at: 864_001 + 1_201).isAccepted)
  }
}
