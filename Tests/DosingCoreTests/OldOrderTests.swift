import Quantities
import Testing

@testable import DosingCore

/// An order that an earlier version accepted, and this one would refuse, stays in force.
@Suite struct OldOrderTests {
  struct Old: Sendable {
    let name: String
    let order: Prescription
    let rule: Finding.Rule
    /// What its basal comes to.
    let nanogramsPerDay: Int64
  }

  /// 20 ug/h by day, 4 by night: 300 a day hold the schedule, and safe basal for a day, but not the two
  /// in turn.
  private static let turns = Prescription.flex(
    [
      [
        (minute: 0, rate: microgramsPerDay(96)), (minute: 480, rate: microgramsPerDay(480)),
        (minute: 1_200, rate: microgramsPerDay(96)),
      ]
    ], maxDose1h: micrograms(60), maxDose24h: micrograms(300), safeBasal: microgramsPerDay(288))

  static let olds: [Old] = [
    Old(name: "safe basal", order: turns, rule: .dayLimitBelowBasal, nanogramsPerDay: 288_000),
    Old(
      name: "below the slowest rate", order: .continuous(microgramsPerDay(10)),
      rule: .rateBelowMinimum, nanogramsPerDay: 10_000),
    Old(
      name: "hour limit", order: .continuous(microgramsPerDay(300), maxDose1h: micrograms(10)),
      rule: .hourLimitBelowBasal, nanogramsPerDay: 300_000),
    Old(
      name: "day limit",
      order: .continuous(
        microgramsPerDay(300), maxDose1h: micrograms(60), maxDose24h: micrograms(200)),
      rule: .dayLimitBelowBasal, nanogramsPerDay: 300_000),
  ]

  /// A pump that comes back with the order that was in force, as a new version would.
  private func pump(_ old: Prescription) throws -> Pump {
    let pump = try Pump(.continuous(microgramsPerDay(300)))
    try pump.comeBack(from: pump.record(), inForce: old)
    return pump
  }

  @Test("R-117 An order in force that would be refused now runs on, for days", arguments: olds)
  func runsOn(_ old: Old) throws {
    #expect(judge(old.order).0 == nil && judge(old.order).1.rules.contains(old.rule))
    let pump = try pump(old.order)
    let therapy = try #require(pump.therapy)
    #expect(!therapy.isValid)
    #expect(pump.alarms[.orderNotValid]?.priority == .medium && pump.alarms.highest == .medium)
    let (begin, before) = (pump.now, pump.account.prescribed)
    pump.run(for: .hours(27))
    #expect(pump.mode == (old.order.mode == .flex ? .flex : .continuous))
    #expect(pump.alarms[.basalRefusedByLimit] == nil && pump.account.deficit == 0)
    pump.run(to: begin + pump.ticks(.days(2)))
    let units = therapy.scale.units(Mass(nanograms: 2 * old.nanogramsPerDay))
    #expect(pump.account.prescribed - before == units && pump.account.deficit == 0)
    #expect(pump.alarms[.orderNotValid]?.raised == Tick(begin) && pump.alarms.highest == .high)
  }

  @Test("R-117 Nobody gets an extra dose of it, until a valid order is committed", arguments: olds)
  func ends(_ old: Old) throws {
    var order = old.order
    order.patientBolus = .usual()
    let pump = try pump(order)
    #expect(pump.bolus(micrograms(2), .minutes(10)).reason == .orderNotValid)
    #expect(pump.ask(.patientBolus).reason == .orderNotValid)
    // Nobody ends it but who commits an order.
    #expect(pump.ask(.acknowledge).isAccepted && pump.alarms.on[.orderNotValid])
    pump.run(for: .hours(3))
    let valid = Prescription.continuous(
      microgramsPerDay(min(300, old.nanogramsPerDay / 1_000) / 2 + 24))
    #expect(try pump.program(valid).isAccepted)
    #expect(pump.alarms.highest == nil && pump.therapy?.isValid == true)
    #expect(pump.bolus(micrograms(2), .minutes(10)).isAccepted)
  }

  @Test("R-117 Basal and safe basal that take turns are not refused by a limit that is too small")
  func takesTurns() throws {
    let pump = try pump(Self.turns)
    for _ in 0..<3 {
      pump.run(to: (pump.now / 864_000) * 864_000 + 20 * 36_000)
      // Through the night it is safe basal.
      pump.runToStep()
      pump.refuseStepForWindow()
      #expect(pump.mode == .safeBasal)
      pump.run(for: .hours(12))
      #expect(pump.ask(.acknowledge).isAccepted && pump.mode == .flex)
      pump.run(for: .hours(12))
      #expect(pump.alarms[.basalRefusedByLimit] == nil)
    }
    // Those that the interlock refused.
    #expect(pump.account.deficit(.limit) == 3 * pump.account.perStep)
  }

  @Test("R-117 The rig's own limit holds, whatever was ordered")
  func rigLimit() throws {
    let rig = Rig.bench(maxVolume1h: microlitres(20))
    let order = Prescription.continuous(microgramsPerDay(300))
    // 25.4 uL in 61 min; the head lets 20 pass, 1,280 steps.
    #expect(judge(order, on: rig).0 == nil)
    let therapy = try #require(Therapy.inForce(order, on: rig))
    #expect(therapy.hour.steps == 1_280 && !therapy.isValid)
  }

  @Test("R-117 An order that cannot be followed at all is none")
  func cannotBeFollowed() {
    var order = Prescription.continuous(microgramsPerDay(300))
    order.patterns[0].count = 0
    #expect(Therapy.inForce(order, on: .bench()) == nil)
    let tooFast = Prescription.continuous(DoseRate(nanogramsPerDay: .max))
    #expect(Therapy.inForce(tooFast, on: .bench()) == nil)
  }
}
