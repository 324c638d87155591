import Quantities
import Testing

@testable import DosingCore

/// However much is in doubt, the status can be read, and basal goes on.
@Suite struct DoubtTests {
  /// Writes a status and reads it again, and holds every field of the two against each other.
  private func expectReadable(_ status: Status) throws {
    let writer = writeFrame(.status, number: 7, body: status)
    #expect(!writer.failed)
    var read = Status(serial: Label("another"))
    try readBody(writer.written.span, into: &read)
    expectSameDelivery(read, status)
    #expect(read.serial == status.serial && read.simulated == status.simulated)
    #expect(read.mode == status.mode && read.now == status.now && read.clock == status.clock)
    #expect(read.tickPeriod == status.tickPeriod && read.patient == status.patient)
    #expect(read.drug == status.drug && read.concentration == status.concentration)
    #expect(read.usedHour == status.usedHour && read.limitHour == status.limitHour)
    #expect(read.usedDay == status.usedDay && read.limitDay == status.limitDay)
    #expect(read.extraDose == status.extraDose && read.patientBolus == status.patientBolus)
    for index in 0..<FaultCode.count {
      #expect(read.faults[index].priority == status.faults[index].priority)
      #expect(read.faults[index].raised == status.faults[index].raised)
    }
    #expect(read.sensors == status.sensors && read.durableCommit == status.durableCommit)
    #expect(read.challenge == status.challenge && read.newestNumber == status.newestNumber)
    #expect(read.framesRefused == status.framesRefused)
    // What is said of the tick, too.
    #expect(writeFrame(.status, number: 7, body: read).written == writer.written)
  }

  private func expectSameDelivery(_ read: Status, _ status: Status) {
    #expect(read.basalRate == status.basalRate && read.extraRate == status.extraRate)
    #expect(read.flow == status.flow && read.nextChange == status.nextChange)
    #expect(read.steps == status.steps && read.stepsInDoubt == status.stepsInDoubt)
    #expect(read.massInDoubt == status.massInDoubt)
    #expect(read.hourSteps == status.hourSteps && read.daySteps == status.daySteps)
    #expect(read.deliveredVolume == status.deliveredVolume)
    #expect(read.deliveredMass == status.deliveredMass)
    #expect(read.prescribedMass == status.prescribedMass)
    for index in 0..<Account.Deficit.count {
      #expect(read.deficits[index] == status.deficits[index])
    }
    #expect(read.deliveredToday == status.deliveredToday)
    #expect(read.prescribedToday == status.prescribedToday)
    #expect(read.reservoir == status.reservoir && read.reservoirLow == status.reservoirLow)
    #expect(read.reservoirEmpty == status.reservoirEmpty)
    #expect(read.reservoirVolume == status.reservoirVolume)
  }

  @Test(
    "R-117 Doubt far above the contents leaves none, basal, and a status that can be read",
    arguments: [1_279_999, 1_280_001, Int64(1) << 40, Int64.max])
  func moreThanThereIs(leaseEnd: Int64) throws {
    let pump = try Pump(.continuous(microgramsPerDay(300), patientBolus: .usual()))
    pump.run(for: .minutes(30))
    let steps = pump.account.steps
    try pump.comeBack(from: pump.record())
    pump.restart(Restart(at: Tick(pump.now + 100), leaseEnd: leaseEnd))
    // 20 mL are 1,280,000 steps.
    #expect(pump.stepsInDoubt == min(leaseEnd, 1_280_000) - steps)
    #expect(
      pump.reservoirContents == microlitres(20_000)
        - pump.rig.volume(ofSteps: min(leaseEnd, 1_280_000)))
    #expect(pump.reservoirContents >= .zero)
    try expectReadable(pump.report())
    // Empty it is not, by the count that is certain.
    pump.run(for: .hours(2))
    #expect(pump.mode == .continuous && pump.account.steps == steps + 3_200)
    #expect(pump.alarms[.reservoirLow] != nil && pump.alarms[.reservoirEmpty] == nil)
    #expect(!pump.bolus(micrograms(2), .minutes(10)).isAccepted)
    #expect(pump.reservoirContents >= .zero)
    try expectReadable(pump.report())
    // And again, as often as it may be.
    for _ in 0..<3 {
      try pump.comeBack(from: pump.record())
      pump.restart(Restart(at: Tick(pump.now + 100), leaseEnd: leaseEnd))
      pump.run(for: .minutes(1))
      // There was no more to give.
      #expect(pump.stepsInDoubt == min(leaseEnd, 1_280_000) - steps)
      #expect(pump.reservoirContents == .zero && pump.mode == .continuous)
      try expectReadable(pump.report())
    }
  }

  @Test("R-117 A gap in which the engine may have run for years leaves a status that can be read")
  func ranForYears() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(for: .minutes(30))
    try pump.comeBack(from: pump.record())
    var facts = Restart(at: Tick(pump.now + pump.ticks(.days(3_650))), leaseEnd: pump.account.steps)
    facts.mayHaveRun = facts.at - Tick(pump.now)
    pump.restart(facts)
    #expect(pump.reservoirContents == .zero && pump.alarms[.accountUncertain] != nil)
    #expect(pump.mode == .safeBasal && pump.alarms[.longInterruption] != nil)
    try expectReadable(pump.report())
    let steps = pump.account.steps
    pump.run(for: .hours(1))
    #expect(pump.account.steps - steps == 1_600)
    try expectReadable(pump.report())
  }

  @Test("R-117 The largest totals and all faults at once make a status that can be read")
  func hugeTotals() throws {
    var status = try busyPump().report()
    for index in 0..<FaultCode.count {
      status.faults[index] = ShownFault(priority: 3, raised: Tick(.max / 4 - Int64(index)))
    }
    let (mass, volume) = (Mass(nanograms: .max), Volume(picolitres: .max))
    status.mode = .hardStop
    (status.now, status.durableCommit, status.framesRefused) = (Tick(.max / 4), .max, .max)
    (status.steps, status.stepsInDoubt, status.hourSteps) = (.max, .max - 1, .max - 2)
    (status.daySteps, status.massInDoubt) = (.max - 3, mass)
    (status.deliveredVolume, status.deliveredMass, status.prescribedMass) = (volume, mass, mass)
    for index in 0..<Account.Deficit.count {
      status.deficits[index] = Mass(nanograms: .max - Int64(index))
    }
    (status.deliveredToday, status.prescribedToday) = (mass, mass)
    (status.reservoir, status.reservoirVolume) = (volume, volume)
    (status.usedHour, status.limitHour, status.usedDay, status.limitDay) = (mass, mass, mass, mass)
    status.sensors.pressure = SensorReading(.good, value: .min)
    try expectReadable(status)
  }

  @Test(
    "R-089 A day that is not known fills the hour and the day: no extra dose, and basal goes on")
  func unknownDay() throws {
    let pump = try Pump(
      .continuous(microgramsPerDay(240), maxDose1h: micrograms(30), maxDose24h: micrograms(400)))
    pump.run(for: .minutes(1))
    pump.doubtLastDay()
    let refusal = try #require(pump.bolus(micrograms(1), .minutes(5)).refusal)
    #expect(refusal.reason == .doseLimit1h)
    pump.run(for: .hours(2))
    #expect(pump.bolus(micrograms(1), .minutes(5)).refusal?.reason == .doseLimit24h)
    pump.run(for: .hours(23))
    #expect(pump.bolus(micrograms(1), .minutes(5)).isAccepted)
    #expect(pump.account.deficit == 0)
  }

  @Test("R-117 All faults of a pump are shown, whatever else is on")
  func allFaults() throws {
    var state = DosingState(rig: .bench(), clock: midnight)
    let order = Prescription.continuous(microgramsPerDay(300), patientBolus: .usual())
    #expect(state.decide(.program(try Therapy.of(order)), at: Tick(0)).isAccepted)
    _ = state.step(Tick(0))
    for code in FaultCode.allCases { state.raise(code) }
    state.latch()
    var status = Status(serial: Label("BP-0001"))
    state.report(to: &status)
    #expect(status.mode == .hardStop && state.mode == .hardStop)
    for row in FaultTableTests.rows {
      #expect(status.faults[Int(row.code.rawValue)].priority == row.priority.rawValue)
    }
    try expectReadable(status)
  }
}
