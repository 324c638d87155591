import DosingCore
import Quantities
import Testing

@Suite struct LateTickTests {
  @Test("R-003 One tick's worth accrues after a gap; the rest is deficit, and is never made up")
  func gap() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    let basal = pump.unitsPerTick.basal
    pump.run(to: 100)
    let before = pump.account
    pump.skip(to: 1_100)
    #expect(pump.account.prescribed == 1_100 * basal)
    #expect(pump.account.deficit(.lateTick) == 999 * basal)
    #expect(pump.account.steps <= before.steps + 1)
    #expect(pump.ticksMissed == 999 && pump.decision.wasLate)
    pump.run(for: .hours(1))
    #expect(pump.account.deficit(.lateTick) == 999 * basal)
    // 22.5 ticks a step, 999 of which were lost.
    #expect(pump.account.steps == (pump.now - 999) * 2 / 45)
    #expect(!pump.decision.wasLate)
  }

  @Test(
    "R-149 Ticks that are late are told once they have cost more than 1 % of an hour, until none of the last hour have"
  )
  func told() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(for: .minutes(7))
    for _ in 0..<6 {
      pump.skip(.seconds(6))
      pump.run(for: .seconds(60))
    }
    #expect(pump.alarms.highest == nil)
    pump.skip(.milliseconds(800))
    pump.run(for: .minutes(1))
    // Of 366 ticks that were passed over each time the first was run: 36 s, and no more, may be missing.
    #expect(pump.account.deficit(.lateTick) == 361 * pump.unitsPerTick.basal)
    #expect(pump.alarms[.ticksLate]?.priority == .medium && pump.mode == .continuous)
    #expect(pump.bolus(micrograms(2), .minutes(5)).isAccepted)
    pump.run(for: .minutes(45))
    #expect(pump.alarms.on[.ticksLate])
    pump.run(for: .minutes(20))
    #expect(!pump.alarms.on[.ticksLate])
  }

  @Test("R-003 Ticks that follow one another are not late")
  func noGap() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(for: .hours(1))
    #expect(pump.ticksMissed == 0 && pump.account.deficit == 0)
  }

  @Test("R-003 A gap over a flex edge is booked at each rate for its time")
  func gapOverAnEdge() throws {
    let order = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(144)), (minute: 10, rate: microgramsPerDay(288))]],
      safeBasal: microgramsPerDay(100))
    let pump = try Pump(order)
    let slow = pump.unitsPerTick.basal
    pump.run(to: 5_000)
    pump.skip(to: 8_000)
    // Tick 5,001 accrues; 5,002 to 6,000 are missed at the slow rate, 6,001 to 8,000 at twice that.
    #expect(pump.account.deficit(.lateTick) == 999 * slow + 2_000 * 2 * slow)
    pump.run(to: 8_001)
    #expect(pump.account.prescribed == 6_000 * slow + 2_001 * 2 * slow)
  }

  @Test("R-003 What a gap takes from an extra dose is deficit, and the dose ends in time")
  func gapInADose() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    let basal = pump.unitsPerTick.basal
    pump.bolus(micrograms(6), .minutes(10))
    let units = try #require(pump.extraDose?.units)
    pump.run(to: 1_001)
    pump.skip(to: 4_001)
    #expect(pump.account.deficit(.lateTick) == 2_999 * (basal + units / 6_000))
    pump.run(to: 6_000)
    #expect(pump.extraDose != nil)
    pump.run(to: 6_001)
    #expect(pump.extraDose == nil)
    #expect(pump.account.prescribed == 6_001 * basal + units)
  }

  @Test("R-003 A gap over the end of an extra dose books no more than its rest")
  func gapOverTheEndOfADose() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    let basal = pump.unitsPerTick.basal
    pump.bolus(Mass(nanograms: 6_007), .minutes(10))
    let units = try #require(pump.extraDose?.units)
    pump.run(to: 6_000)
    pump.skip(to: 50_000)
    #expect(pump.decision.extraDoseEnded && pump.lastExtraDose?.discarded == 0)
    #expect(pump.account.prescribed == 50_000 * basal + units)
    #expect(pump.account.deficit(.lateTick) == 43_999 * basal)
  }

  @Test("R-004 A gap while stopped is no deficit")
  func gapWhileStopped() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    pump.run(to: 100)
    pump.ask(.stop)
    let before = pump.account
    pump.skip(.hours(2))
    #expect(pump.account.prescribed == before.prescribed && pump.account.deficit == 0)
  }

  @Test("R-003 A gap of a week and more is booked at the whole schedule")
  func longGap() throws {
    let order = Prescription.flex(
      [
        [(minute: 0, rate: microgramsPerDay(144)), (minute: 10, rate: microgramsPerDay(288))],
        [(minute: 0, rate: microgramsPerDay(200))],
      ], week: [0, 0, 0, 0, 0, 1, 1], safeBasal: microgramsPerDay(100))
    let pump = try Pump(order)
    let scale = try #require(pump.therapy?.scale)
    pump.skip(.days(14))
    // 10 min of 144 and 1,430 of 288 are 287 ug; ten such days and four of 200.
    #expect(pump.account.prescribed == 3_670_000 * scale.perNanogram)
    #expect(pump.account.steps == 0)
  }

  @Test("R-003 R-010 A gap empties the windows by the time that passed")
  func gapAgesTheWindows() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300), maxDose24h: micrograms(900)))
    pump.bolus(micrograms(36), .minutes(10))
    pump.run(for: .minutes(11))
    let again = Request.bolus(dose: micrograms(36), duration: .minutes(10))
    #expect(pump.ask(again).reason == .doseLimit1h)
    pump.skip(.hours(2))
    #expect(pump.ask(again).isAccepted)
  }
}
