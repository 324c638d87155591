import DosingCore
import Quantities
import Testing

@Suite struct AccountScaleTests {
  @Test("R-001 300 ug/d on the bench head is one step every 225 ticks of 10 ms, for ever")
  func exactlyEvery225Ticks() throws {
    // 50 uL / 3200 = 15.625 nL hold 7.8125 ng; 300,000 ng/d / 8,640,000 ticks/d x 225 = 7.8125 ng.
    let pump = try Pump(.continuous(microgramsPerDay(300)), on: .bench(tick: 10))
    pump.run(for: .hours(1))
    #expect(pump.stepTicks == (1...1600).map { Int64($0) * 225 })
    #expect(pump.account.pending == 0)
  }

  @Test("R-001 The units of that rig are the ones worked out by hand")
  func unitsByHand() throws {
    let scale = try Therapy.of(.continuous(microgramsPerDay(300)), on: .bench(tick: 10)).scale
    // 15,625 pL a step are whole, so that 8,640,000 ticks a day alone divide the 1e-9 ng of a pL ng/mL.
    #expect(scale.perNanogram == 8_640_000 * 1_000_000_000)
    #expect(scale.perTickAtOneQuantumPerDay == 1)
    #expect(scale.perStep == 67_500_000 * 1_000_000_000)
    #expect(scale.perTick(microgramsPerDay(300)) == 300_000 * 1_000_000_000)
    #expect(scale.units(Mass(nanograms: 7)) == 60_480_000 * 1_000_000_000)
  }

  /// Of the first layout a nanogram, and a tick at 1 ng/d, at the keep-open flow, and a step at 1 ng/mL were
  /// whole multiples of the unit.
  @Test(
    "R-086 The unit of the first layout is so many of today's, worked out by hand",
    arguments: [
      // A step is 1 / 64,000 mL, which divides a day of ticks; so did each of them a nanogram.
      (50_000, 6_000_000, 1_000_000_000),
      // A tick at 3000.0005 ng/d needs a unit 2000 times as fine.
      (50_000, 6_000_001, 500_000),
      // Of 49.731 uL a step is a multiple of 1 / 3.2e9 mL, 10,000 times as fine.
      (49_731, 6_000_001, 100_000),
    ] as [(Int64, Int64, Int128)])
  func unitOfFirstLayout(nanolitres: Int64, keepOpen: Int64, units: Int128) throws {
    let bench = Rig.bench()
    let rig = Rig(
      tick: .milliseconds(10),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: nanolitres * 1_000), stepsPerRevolution: 3_200,
        minRate: bench.pump.minRate, maxRate: bench.pump.maxRate,
        keepOpenRate: FlowRate(picolitresPerDay: keepOpen)),
      reservoir: bench.reservoir, maxVolume1h: nil, maxVolume24h: nil)
    let therapy = try Therapy.of(.continuous(microgramsPerDay(300)), on: rig)
    #expect(therapy.unitsInFirstUnit(on: rig) == units)
  }

  @Test("R-001 Showing rounds by name, and only there")
  func showing() throws {
    let scale = try Therapy.of(.continuous(microgramsPerDay(300)), on: .bench(tick: 10)).scale
    #expect(scale.mass(scale.perStep, rounded: .down).nanograms == 7)
    #expect(scale.mass(scale.perStep, rounded: .up).nanograms == 8)
    #expect(scale.mass(scale.perNanogram, rounded: .up).nanograms == 1)
    #expect(scale.rate(perTick: 300_000 * 1_000_000_000) == microgramsPerDay(300))
  }

  @Test("R-001 A keep-open flow that is no whole number of ng/d is still exact")
  func oddKeepOpenFlow() throws {
    let rig = Rig.bench(keepOpen: FlowRate(picolitresPerDay: 6_000_001))
    var order = Prescription.order(.minimum)
    order.concentration = Concentration(nanogramsPerMillilitre: 500_000)
    let pump = try Pump(order, on: rig)
    let scale = try #require(pump.therapy?.scale)
    // 6,000,001 pL/d x 500,000 ng/mL / 1e9 = 3000.0005 ng/d.
    pump.run(for: .days(1))
    #expect(pump.account.prescribed * 10_000 == 30_000_005 * scale.perNanogram)
  }
}
