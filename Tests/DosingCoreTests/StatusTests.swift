import DosingCore
import Quantities
import Testing

@Suite struct StatusTests {
  @Test("R-070 A sensor that never gave a value has 0, whatever became of it")
  func noValue() {
    for state in [SensorState.absent, .starting, .stale, .implausible, .failed] {
      #expect(SensorReading(state).value == 0)
    }
    #expect(SensorReadings().encoder == SensorReading(.absent))
  }

  @Test("A status says what the account says, rounded down")
  func amounts() throws {
    let pump = try busyPump()
    let status = pump.report()
    let scale = try #require(pump.therapy?.scale)
    #expect(status.mode == .flex && status.now == Tick(pump.now))
    #expect(status.steps == pump.account.steps)
    #expect(status.deliveredVolume.picolitres == pump.account.steps * 15_625)
    #expect(status.deliveredMass.nanograms == pump.account.steps * 78_125 / 10_000)
    #expect(status.prescribedMass == scale.mass(pump.account.prescribed, rounded: .down))
    #expect(status.deficits[0] == scale.mass(pump.account.deficit(.lateTick), rounded: .down))
    #expect(status.deficits[0] > .zero)
    #expect(status.reservoir == microlitres(20_000) - status.deliveredVolume)
    #expect(status.usedHour == status.deliveredMass && status.limitHour == micrograms(60))
    #expect(status.limitDay == micrograms(500))
    #expect(status.patient == Label("BENCH-01") && status.drug == Label("baclofen"))
  }

  @Test("A status says what runs now and what comes next")
  func rates() throws {
    let pump = try busyPump()
    let status = pump.report()
    #expect(status.basalRate == microgramsPerDay(240))
    // 10 ug in 10 min are 1,440 ug/d.
    #expect(status.extraRate == microgramsPerDay(1_440))
    #expect(status.flow.picolitresPerDay == 3_360_000_000)
    // 06:30 is 90 min after tick 0.
    #expect(status.nextChange?.at == Tick(54_000))
    #expect(status.nextChange?.rate == microgramsPerDay(432))
    #expect(status.extraDose?.dose == micrograms(10))
    #expect(status.extraDose?.end.number == pump.doseEnds)
    // Two of ten minutes have passed.
    #expect(status.extraDose?.left == micrograms(8))
    #expect(status.patientBolus?.givenIn24h == 1 && status.patientBolus?.maxIn24h == 4)
    #expect(status.clock == .days(2) + .minutes(300) + Nanoseconds(pump.now * 100_000_000))
  }

  @Test("Today begins at midnight of the therapy clock, gap or not")
  func today() throws {
    for late in [false, true] {
      let pump = try Pump(
        .continuous(microgramsPerDay(288)), clock: WeekTime(weekday: 6, minute: 1430))
      pump.run(for: .minutes(9))
      #expect(pump.report().prescribedToday.nanograms == 1_800)
      if late { pump.skip(.minutes(2)) } else { pump.run(for: .minutes(2)) }
      let wanted: Int64 = late ? 0 : 200
      #expect(pump.report().prescribedToday.nanograms == wanted)
      pump.run(for: .minutes(5))
      #expect(pump.report().prescribedToday.nanograms == wanted + 1_000)
    }
  }

  @Test("A status shows every alarm that is on, and since when")
  func alarms() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.ask(.stop, at: 77)
    let status = pump.report()
    #expect(status.faults[Int(FaultCode.stopped.rawValue)].priority == 2)
    #expect(status.faults[Int(FaultCode.stopped.rawValue)].raised == Tick(77))
    #expect(status.faults[Int(FaultCode.hardStop.rawValue)].priority == 0)
    #expect(status.basalRate == .zero && status.nextChange == nil)
  }

  @Test("A pump without a prescription has a status")
  func empty() throws {
    let status = try Pump(nil).report()
    #expect(status.mode == .noTherapy && status.concentration == .zero)
    #expect(status.patientBolus == nil && status.extraDose == nil)
  }
}
