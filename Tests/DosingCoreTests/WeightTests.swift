import Quantities
import Testing

@testable import DosingCore

/// The reservoir of `Pump.weighed`. The head is exact where a test does not say that it may be off.
@Suite struct WeightTests {
  private func interval(_ least: Int64, _ most: Int64) -> VolumeInterval {
    VolumeInterval(least: microlitres(least), most: microlitres(most))
  }

  // MARK: The two intervals

  @Test("R-133 A weight may be off by the error of both looks and the drift since the first")
  func byHand() throws {
    let pump = try Pump.weighed(accuracy: 50)
    #expect(pump.intervals.weighed == nil)
    pump.weigh(20_000)
    // To a milligram, rounded up.
    #expect(pump.intervals.weighed == interval(19_799, 20_201))
    pump.pass(for: .days(2) - .milliseconds(200))
    pump.weigh(18_850)
    // 1.2 mL given, within 5 %; 18.85 g within 0.2 and two days of 0.05.
    let both = pump.intervals
    #expect(abs((both.counted.least - microlitres(18_740)).picolitres) < 20_000)
    #expect(abs((both.counted.most - microlitres(18_860)).picolitres) < 20_000)
    #expect(both.weighed == interval(18_550, 19_150))
    #expect(both.held == both.counted)
    pump.weigh(18_500)
    #expect(pump.intervals.held.most == microlitres(18_801))
    #expect(pump.intervals.held.least == pump.intervals.counted.least)
    #expect(pump.forecast().reservoir == pump.intervals)
  }

  @Test(
    "R-133 A cell that is not believed says nothing, and neither does one before the first look")
  func notBelieved() throws {
    let pump = try Pump.weighed()
    for state in [SensorState.absent, .starting, .stale, .implausible, .failed] {
      pump.weigh(20_000)
      #expect(pump.intervals.weighed != nil)
      pump.weigh(0, state)
      #expect(pump.intervals.weighed == nil && pump.intervals.held == pump.intervals.counted)
    }
  }

  @Test("R-133 Whatever a record says that the cell showed, nothing overflows")
  func beyondAll() throws {
    let pump = try Pump.weighed()
    for milligrams in [Int64.max, .min, 0, .max / 2] {
      pump.weigh(milligrams)
      pump.pass(for: .minutes(11))
      pump.weigh(milligrams)
      #expect(pump.mode == .continuous && pump.intervals.held.least >= .zero)
      #expect(pump.intervals.held.most <= Limits.volumeMax)
      try pump.comeBack(from: pump.record())
    }
  }

  // MARK: Disagreement

  @Test(
    "R-133 A leak of 0.2 mL/d is told after 2 x error / (leak - drift), a stuck cell after 2 x error / (flow - drift)",
    arguments: [(-200, 0.2 / 0.15), (600, 0.2 / 0.55), (100, 0.2 / 0.05), (-100, 0.2 / 0.05)])
  func timeToDetect(perDay: Double, days: Double) throws {
    let pump = try Pump.weighed()
    let code = perDay > 0 ? FaultCode.notEmptying : .weightDiffers
    var told: Double?
    for minute in 0..<(5 * 1440) where told == nil {
      let day = Double(minute) / 1440
      pump.weigh(Int64(20_000 - 600 * day + perDay * day))
      if pump.alarms.on[code] { told = day }
      pump.pass(for: .minutes(1) - .milliseconds(100))
    }
    let lasts = 10.0 / 1440
    #expect(try #require(told) > days && told! < days + lasts + 0.08, "\(told ?? 0) \(days)")
    // Basal goes on, and so do boluses: by the count nothing is low.
    #expect(pump.alarms[code]?.priority == .medium && pump.mode == .continuous)
    #expect(pump.bolus(micrograms(5), .minutes(10)).isAccepted)
    // All that either says.
    let both = pump.intervals
    #expect(both.held.least == min(both.counted.least, both.weighed!.least))
    #expect(both.held.most == max(both.counted.most, both.weighed!.most))
  }

  @Test("R-133 Drift as stated and an exact head raise nothing", arguments: [-50.0, 50])
  func driftAsStated(perDay: Double) throws {
    let pump = try Pump.weighed()
    var alarms = FaultSet()
    for look in 0..<(28 * 288) {
      let day = Double(look) / 288
      pump.weigh(Int64(20_000 - 600 * day + perDay * day) + (look % 2 == 0 ? 99 : -99))
      pump.pass(for: .minutes(5) - .milliseconds(100))
      for code in [FaultCode.weightDiffers, .notEmptying, .freeFlow, .reservoirUnknown]
      where pump.alarms.on[code] {
        alarms[code] = true
      }
    }
    #expect(alarms == FaultSet())
  }

  @Test("R-133 Whoever leans on the bench for less than 10 min is no leak, and stops nothing")
  func leaning() throws {
    let pump = try Pump.weighed(low: 19_000)
    pump.weigh(20_000)
    for milligrams: Int64 in [0, 40_000, -3_000] {
      pump.weigh(milligrams)
      pump.pass(for: .minutes(9))
      #expect(pump.alarms.on == FaultSet() && pump.intervals.held == pump.intervals.counted)
      pump.weigh(19_990)
      pump.pass(for: .minutes(1))
      #expect(pump.alarms.on == FaultSet())
    }
  }

  @Test("R-133 An alarm does not come and go with the noise, and ends when they agree by more")
  func noise() throws {
    let pump = try Pump.weighed()
    var changes = 0
    var wasOn = false
    for minute in 0..<600 {
      // At the edge of what is believed.
      pump.weigh(19_990 - Int64(minute) * 4 / 10 - 210 + (minute % 2 == 0 ? 15 : -15))
      pump.pass(for: .minutes(1))
      if pump.alarms.on[.weightDiffers] != wasOn { (wasOn, changes) = (!wasOn, changes + 1) }
    }
    #expect(wasOn && changes == 1)
    pump.weigh(19_600)
    pump.pass(for: .minutes(1))
    #expect(pump.alarms.on[.weightDiffers])
    pump.weigh(19_750)
    pump.pass(for: .minutes(1))
    #expect(!pump.alarms.on[.weightDiffers])
  }

  @Test("R-133 What becomes more, and nobody has said why, is not known until it is refilled")
  func rises() throws {
    let pump = try Pump.weighed(accuracy: 50)
    pump.weigh(20_000)
    pump.pass(for: .days(5))
    for _ in 0..<12 {
      pump.weigh(17_000)
      pump.pass(for: .minutes(1))
    }
    // Within what it may be off by nobody sees it: 2 x 0.1 and 5 days of 0.05.
    pump.weigh(17_449)
    pump.pass(for: .minutes(11))
    #expect(!pump.alarms.on[.reservoirUnknown])
    pump.weigh(17_460)
    pump.pass(for: .minutes(9))
    pump.weigh(17_460)
    #expect(!pump.alarms.on[.reservoirUnknown])
    pump.pass(for: .minutes(1))
    pump.weigh(17_460)
    #expect(pump.alarms[.reservoirUnknown]?.priority == .high && pump.mode == .continuous)
    #expect(pump.bolus(micrograms(5), .minutes(10)).reason == .highAlarm)
    // What a person says ends it.
    #expect(pump.begin(500) == nil)
    pump.weigh(700)
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(16_760))) == nil)
    pump.weigh(19_700)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(19_000))) == nil)
    #expect(pump.tell(SupplyChange(.finish, overrides: true)) == nil)
    pump.weigh(19_700)
    pump.pass(for: .hours(1))
    #expect(!pump.alarms.on[.reservoirUnknown])
  }

  // MARK: The marks

  @Test(
    "R-024 R-133 Low is the least that there may be: of a head that gives 5 % too much, unless it is weighed"
  )
  func low() throws {
    let pump = try Pump.weighed(accuracy: 50)
    // 17 mL / 1.05 are 1,036,190 steps.
    while pump.account.steps < 1_036_190 { pump.passToStep() }
    #expect(!pump.alarms.on[.reservoirLow])
    pump.pass(to: pump.now + 1)
    #expect(pump.alarms[.reservoirLow]?.priority == .medium)
    // Weighed it is more: 27 days of drift and the error are 1.55 g.
    pump.weigh(4_700)
    pump.pass(to: pump.now + 1)
    #expect(!pump.alarms.on[.reservoirLow])
    pump.weigh(4_400)
    pump.pass(to: pump.now + 1)
    #expect(pump.alarms.on[.reservoirLow])
    // By no more than the noise it is not the other way round again.
    pump.weigh(4_620)
    pump.pass(to: pump.now + 1)
    #expect(pump.alarms.on[.reservoirLow])
    pump.weigh(4_700)
    pump.pass(to: pump.now + 1)
    #expect(!pump.alarms.on[.reservoirLow])
  }

  @Test("R-024 R-025 Where it may be empty and nobody knows, the alarm is high and basal goes on")
  func mayBeEmpty() throws {
    let pump = try Pump.weighed(accuracy: 50)
    // 19 mL / 1.05.
    var isSeen = false
    while pump.account.steps < 1_158_095 {
      pump.passToStep()
      // Else it would be high after half an hour that nobody has seen it.
      if pump.alarms.on[.reservoirLow], !isSeen { isSeen = pump.ask(.acknowledge).isAccepted }
    }
    #expect(pump.alarms[.reservoirLow]?.priority == .medium && pump.outputs.signal.sound == .none)
    pump.pass(to: pump.now + 1)
    #expect(pump.alarms[.reservoirLow]?.priority == .high && pump.mode == .continuous)
    #expect(pump.outputs.signal.sound == .high)
    #expect(!pump.alarms.on[.reservoirEmpty])
    while pump.account.steps < 1_216_000 { pump.passToStep() }
    pump.pass(to: pump.now + 1)
    #expect(pump.alarms.on[.reservoirEmpty] && pump.mode == .reservoirEmpty)
  }

  @Test(
    "R-025 R-133 A weight that goes with the count stops at the empty mark; one that does not stops nothing"
  )
  func emptyByWeight() throws {
    let pump = try Pump.weighed(accuracy: 50)
    pump.weigh(20_000)
    pump.pass(for: .days(31))
    // By count 1.4 mL are left, within 0.93; the cell is known to 1.75 g.
    pump.weigh(-750)
    pump.pass(to: pump.now + 1)
    #expect(pump.mode == .continuous)
    pump.weigh(-755)
    pump.pass(to: pump.now + 1)
    #expect(pump.mode == .reservoirEmpty && pump.alarms[.reservoirEmpty]?.priority == .high)
    pump.weigh(-660)
    pump.pass(to: pump.now + 1)
    #expect(pump.mode == .reservoirEmpty)
    pump.weigh(-600)
    pump.pass(to: pump.now + 1)
    #expect(pump.mode == .continuous)
    pump.weigh(-2_000)
    pump.pass(for: .hours(1))
    #expect(pump.mode == .continuous && pump.alarms.on[.weightDiffers])
    #expect(pump.alarms[.reservoirLow]?.priority == .high)
  }

  // MARK: A restart

  @Test("R-133 A restart knows what the weight was held against, and since when it differs")
  func restart() throws {
    let pump = try Pump.weighed()
    pump.weigh(20_000)
    pump.pass(for: .days(4))
    pump.weigh(15_000)
    pump.pass(for: .minutes(11))
    let before = pump.intervals
    #expect(pump.alarms.on[.weightDiffers])
    try pump.comeBack(from: pump.record())
    #expect(pump.intervals.weighed == nil && !pump.alarms.on[.weightDiffers])
    pump.weigh(15_000)
    #expect(pump.intervals.weighed == before.weighed && pump.alarms.on[.weightDiffers])
  }
}

extension Pump {
  /// The reservoir of `Rig.bench` on a load cell of 0.1 g, which may drift 0.05 g a day: 20 mL, of which 300 ug/d take
  /// 0.6 a day.
  ///
  /// - Parameter accuracy: of the head, in thousandths.
  static func weighed(accuracy: Int64 = 0, low: Int64 = 3_000) throws -> Pump {
    var rig = Rig.bench(
      reservoir: Reservoir(
        volume: microlitres(20_000), low: microlitres(low), empty: microlitres(1_000)))
    rig.pump.accuracyPermille = accuracy
    rig.weighing = Weighing(errorMilligrams: 100, driftMilligramsPerDay: 50)
    return try Pump(.continuous(microgramsPerDay(300)), on: rig)
  }

  /// The cell shows so much from the next tick on, which runs.
  func weigh(_ milligrams: Int64, _ state: SensorState = .good) {
    var samples = SensorReadings()
    samples.loadCell = SensorReading(state, value: milligrams)
    facts.samples = samples
    pass(to: now + 1)
  }
}
