import DosingCore
import Quantities
import Testing

@Suite struct LimitTests {
  private let basal = microgramsPerDay(300)

  /// The most steps in any half-open window of so many ticks.
  private func most(_ ticks: [Int64], in window: Int64) -> Int {
    var (begins, most) = (0, 0)
    for (index, tick) in ticks.enumerated() {
      while ticks[begins] <= tick - window { begins += 1 }
      most = max(most, index - begins + 1)
    }
    return most
  }

  @Test("R-010 R-013 Boluses asked for in every minute fill the hour, and never beyond its limit")
  func hourIsFilled() throws {
    let pump = try Pump(.continuous(basal, maxDose24h: micrograms(5_000)))
    for minute in 1...(5 * 60) {
      pump.ask(.bolus(dose: micrograms(3), duration: .minutes(1)), at: Int64(minute) * 600)
    }
    // 60 ug are 7,680 steps; the reserve is a minute and a step more than an hour of basal needs.
    let most = most(pump.stepTicks, in: 36_000)
    #expect(most <= 7_680)
    #expect(most >= 7_680 - 600)
    #expect(pump.alarms[.basalRefusedByLimit] == nil)
  }

  @Test(
    "R-010 A dose that fills the hour to the unit is granted, and one that is a nanogram more is not"
  )
  func toTheUnit() throws {
    // A step of 8 ng, and a basal of 1 ug a minute: nothing is rounded.
    var order = Prescription.continuous(
      microgramsPerDay(1_440), maxDose1h: Mass(nanograms: 61_000 + 8 + 5_000),
      maxDose24h: micrograms(3_000))
    order.concentration = Concentration(nanogramsPerMillilitre: 512_000)
    let therapy = try Therapy.of(order)
    #expect(therapy.hour.reservedForBasal == therapy.scale.perNanogram * 61_008)
    let pump = try Pump(order)
    let refusal = try #require(
      pump.ask(.bolus(dose: Mass(nanograms: 5_001), duration: .minutes(10))).refusal)
    #expect(refusal.reason == .doseLimit1h && refusal.value == 66_009)
    #expect(pump.bolus(micrograms(5), .minutes(10)).isAccepted)
  }

  @Test("R-010 The volume limit of the rig binds where it is tighter")
  func hourIsFilledByVolume() throws {
    let rig = Rig.bench(maxVolume1h: microlitres(80), maxVolume24h: microlitres(4_000))
    let order = Prescription.continuous(basal, maxDose24h: micrograms(5_000))
    let pump = try Pump(order, on: rig)
    for minute in 1...(3 * 60) {
      pump.ask(.bolus(dose: micrograms(2), duration: .minutes(1)), at: Int64(minute) * 600)
    }
    let most = most(pump.stepTicks, in: 36_000)
    #expect(most <= 5_120 && most >= 5_120 - 500)
  }

  @Test("R-011 R-013 Boluses asked for all day fill it, and never beyond its limit")
  func dayIsFilled() throws {
    let pump = try Pump(.continuous(basal, maxDose24h: micrograms(400)))
    for quarter in 1...(4 * 48) {
      pump.ask(.bolus(dose: micrograms(5), duration: .minutes(5)), at: Int64(quarter) * 9_000)
    }
    // 400 ug are 51,200 steps.
    let most = most(pump.stepTicks, in: 864_000)
    #expect(most <= 51_200)
    #expect(most >= 51_200 - 1_300)
    #expect(pump.alarms[.basalRefusedByLimit] == nil && pump.account.deficit == 0)
  }

  @Test("R-012 At the smallest limits that are accepted, basal loses no step in a week")
  func smallestLimitsSuffice() throws {
    var order = Prescription.flex(
      [
        [(minute: 0, rate: microgramsPerDay(120)), (minute: 425, rate: microgramsPerDay(999))],
        [(minute: 0, rate: microgramsPerDay(777)), (minute: 1, rate: microgramsPerDay(313))],
      ], week: [0, 1, 0, 1, 0, 1, 1], safeBasal: microgramsPerDay(100))
    order.maxDose1h = Mass(nanograms: 1)
    order.maxDose24h = Mass(nanograms: 1)
    for finding in judge(order).1.all {
      if finding.rule == .hourLimitBelowBasal { order.maxDose1h.nanograms = finding.bound }
      if finding.rule == .dayLimitBelowBasal { order.maxDose24h.nanograms = finding.bound }
    }
    let pump = try Pump(order, clock: WeekTime(weekday: 2, minute: 313))
    pump.run(for: .days(7))
    #expect(pump.account.deficit == 0)
    #expect(pump.alarms[.basalRefusedByLimit] == nil)
  }

  @Test("R-012 The same program is accepted again in every minute, however tight its limits")
  func sameProgramAgain() throws {
    var order = Prescription.continuous(basal)
    // What 61 min and 24 h 15 min of basal, and a step, need.
    order.maxDose1h = Mass(nanograms: 12_717)
    order.maxDose24h = Mass(nanograms: 303_133)
    let pump = try Pump(order)
    let again = Request.program(try Therapy.of(order))
    for minute in 1...150 {
      let at = Int64(minute) * 600 + Int64(minute * 37 % 600)
      #expect(pump.ask(again, at: at).isAccepted, "in tick \(at)")
    }
    #expect(pump.account.deficit == 0)
  }

  @Test("R-013 A bolus is refused for a window that ends long after it")
  func flexPeakLater() throws {
    // 12 ug/h, but 48 ug/h from 02:00 to 03:00, which the hour's limit just holds.
    let order = Prescription.flex(
      [
        [
          (minute: 0, rate: microgramsPerDay(288)), (minute: 120, rate: microgramsPerDay(1_152)),
          (minute: 180, rate: microgramsPerDay(288)),
        ]
      ], maxDose1h: Mass(nanograms: 48_300), safeBasal: microgramsPerDay(288))
    // Basal is reserved at its peak, so even at midnight there is no room.
    #expect(try Pump(order).bolus(micrograms(1), .minutes(1)).reason == .doseLimit1h)
  }

  @Test("R-013 A bolus of 24 h is judged against every hour and day that it touches")
  func longBolus() throws {
    // Room for 47.28 ug in 61 min and 96.87 ug in 24 h 15 min.
    let order = Prescription.continuous(basal, maxDose24h: micrograms(400))
    let dose = Mass(nanograms: 96_867)
    #expect(try Pump(order).bolus(dose, .hours(24)).isAccepted)
    let refused = try Pump(order).bolus(dose + Mass(nanograms: 1), .hours(24)).refusal
    #expect(refused?.reason == .doseLimit24h && refused?.allowedAt == nil)
    // In two hours 93 ug are 47.275 ug in 61 min, wherever in a minute they begin; a nanogram or two more
    // are too much.
    for tick in [1, 300, 1_199] as [Int64] {
      for (nanograms, reason) in [(93_000, nil), (93_020, .doseLimit1h)]
        as [(Int64, RefusalReason?)]
      {
        let bolus = Request.bolus(dose: Mass(nanograms: nanograms), duration: .hours(2))
        #expect(try Pump(order).ask(bolus, at: tick).reason == reason, "\(nanograms) at \(tick)")
      }
    }
  }

  @Test("R-015 A refusal for the hour is granted at the tick it names, and not a bucket earlier")
  func hourPromise() throws {
    for (early, granted) in [(Int64(0), true), (600, false)] {
      let pump = try Pump(.continuous(basal, maxDose24h: micrograms(900)))
      pump.ask(.bolus(dose: micrograms(36), duration: .minutes(10)), at: 777)
      let again = Request.bolus(dose: micrograms(20), duration: .minutes(10))
      let refusal = try #require(pump.ask(again, at: 9_999).refusal)
      #expect(refusal.reason == .doseLimit1h)
      let at = try #require(refusal.allowedAt).number
      #expect(pump.ask(again, at: at - early).isAccepted == granted)
    }
  }

  @Test("R-015 A refusal for the day is granted at the tick it names, and not a bucket earlier")
  func dayPromise() throws {
    for (early, granted) in [(Int64(0), true), (9_000, false)] {
      let pump = try Pump(.continuous(basal, maxDose24h: micrograms(400)))
      pump.ask(.bolus(dose: micrograms(40), duration: .minutes(30)), at: 5_555)
      pump.ask(.bolus(dose: micrograms(40), duration: .minutes(30)), at: 99_999)
      let again = Request.bolus(dose: micrograms(30), duration: .minutes(15))
      let refusal = try #require(pump.ask(again, at: 200_000).refusal)
      #expect(refusal.reason == .doseLimit24h)
      let at = try #require(refusal.allowedAt).number
      #expect(pump.ask(again, at: at - early).isAccepted == granted)
    }
  }
}
