import DosingCore
import Quantities
import Testing

@Suite struct AlarmTests {
  @Test("A stop is a medium alarm at once, and a high one after exactly 60 min")
  func stopEscalates() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(to: 99)
    pump.ask(.stop)
    #expect(pump.alarms[.stopped]?.priority == .medium && pump.decision.faultsChanged)
    #expect(pump.alarms.highest == .medium)
    pump.run(to: 100 + 35_999)
    #expect(pump.alarms[.stopped]?.priority == .medium)
    pump.run(to: 100 + 36_000)
    #expect(pump.alarms[.stopped]?.priority == .high && pump.decision.faultsChanged)
    #expect(pump.alarms[.stopped]?.raised == Tick(100))
    #expect(pump.alarms.highest == .high)
  }

  @Test("A second stop does not begin the hour again")
  func secondStop() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.ask(.stop)
    pump.ask(.stop, at: 20_000)
    pump.run(to: 36_001)
    #expect(pump.alarms[.stopped]?.priority == .high)
    pump.ask(.stop)
    #expect(pump.alarms[.stopped]?.priority == .high)
  }

  @Test("Resume clears the alarm, and the hour begins again with the next stop")
  func resumeClears() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.ask(.stop)
    pump.ask(.resume, at: 30_000)
    #expect(pump.alarms[.stopped] == nil && pump.decision.faultsChanged)
    pump.run(to: 40_000)
    #expect(pump.alarms[.stopped] == nil)
    pump.ask(.stop)
    pump.run(to: 40_001 + 35_999)
    #expect(pump.alarms[.stopped]?.priority == .medium)
  }

  @Test("A gap over the hour still escalates")
  func gapOverTheHour() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.ask(.stop)
    pump.skip(.hours(2))
    #expect(pump.alarms[.stopped]?.priority == .high)
  }

  @Test("Every alarm has its priority", arguments: FaultCode.allCases)
  func priorities(code: FaultCode) {
    let wanted: AlarmPriority =
      switch code {
      case .newClockUncertain: .low
      case .stopped, .reservoirLow, .accountUncertain, .clockUncertain, .driveFails, .outputFails,
        .storageSlow, .suspended, .orderNotValid, .clockDiffers, .copyFails, .refillDiffers,
        .weightDiffers, .notEmptying, .stalled, .wasStalled, .shaftSlips, .encoderLost,
        .loadCellLost,
        .pressureLost, .occluded, .wasOccluded, .ticksLate:
        .medium
      case .reservoirEmpty, .basalRefusedByLimit, .interlockDisagrees, .hardStop, .storageFailed,
        .restartedOften, .longInterruption, .historyIncomplete, .otherRig, .noHistory,
        .storageLost, .reservoirUnknown, .noDrugAtTip, .lineUncertain, .notConnected,
        .fluidElsewhere, .driveDisobeys, .freeFlow:
        .high
      }
    #expect(FaultRow(of: code).priority == wanted)
    #expect(Int(code.rawValue) < FaultCode.count)
  }

  @Test("Nothing is raised on a quiet pump")
  func quiet() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(for: .hours(3))
    #expect(pump.alarms.highest == nil)
  }
}
