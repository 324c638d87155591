import BigInt
import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// A head is what calibration says it is: every one is counted exactly.
@Suite struct AnyHeadTests {
  private static let ticks: [Int64] = [1, 2, 5, 10, 20, 50, 100]

  /// A head whose highest rate is a step a tick, and a reservoir that outlasts every test.
  private static func rig(nanolitres: Int64, steps: Int64, tick: Int64) -> Rig {
    let volume = nanolitres * 1_000
    let fastest = volume * (86_400_000 / tick) / steps
    let most = FlowRate(picolitresPerDay: min(fastest, Limits.flowMax.picolitresPerDay))
    let least = FlowRate(picolitresPerDay: most.picolitresPerDay / 10_000)
    return Rig(
      tick: .milliseconds(tick),
      pump: PumpHead(
        volumePerRevolution: Volume(picolitres: volume), stepsPerRevolution: steps,
        minRate: least, maxRate: most, keepOpenRate: least),
      reservoir: Reservoir(
        volume: Limits.volumeMax, low: microlitres(2), empty: microlitres(1)),
      maxVolume1h: nil, maxVolume24h: nil)
  }

  /// Limits that do not bind, and a share of the highest rate as basal.
  private static func order(
    _ mode: BasalMode, on rig: Rig, at concentration: Concentration, share: Int64
  ) throws -> Prescription {
    let most = try #require(Mass(in: Limits.volumeMax, at: concentration, rounded: .down))
    var order = Prescription.order(mode, maxDose1h: most, maxDose24h: most)
    order.concentration = concentration
    guard mode.delivers else { return order }
    let flow = FlowRate(picolitresPerDay: rig.pump.maxRate.picolitresPerDay / share)
    let rate = try #require(DoseRate(of: flow, at: concentration, rounded: .down))
    order.setContinuous(rate)
    order.safeBasal = rate
    return order
  }

  /// In nanograms, exactly.
  private struct Exact {
    let basalPerTick: Ratio
    let step: Ratio

    init(_ order: Prescription, on rig: Rig) {
      let strength = order.concentration.nanogramsPerMillilitre
      let perDay =
        order.mode.delivers
        ? Ratio(order.patterns[0].steps[0].rate.nanogramsPerDay)
        : Ratio(rig.pump.keepOpenRate.picolitresPerDay) * Ratio(strength, 1_000_000_000)
      basalPerTick = perDay * Ratio(rig.tick.count, 86_400_000_000_000)
      step =
        Ratio(rig.pump.volumePerRevolution.picolitres, rig.pump.stepsPerRevolution)
        * Ratio(strength, 1_000_000_000)
    }
  }

  /// Runs an order on a head, and holds the account against what it has to be.
  private func check(
    nanolitres: Int64, steps: Int64, tick: Int64, concentration: Concentration,
    minimum: Bool = false
  ) throws {
    let rig = Self.rig(nanolitres: nanolitres, steps: steps, tick: tick)
    let name = "\(nanolitres) nL, \(steps) steps, \(tick) ms, \(concentration)"
    var findings = Findings()
    rig.check(into: &findings)
    #expect(findings.errors == 0, "\(name): \(findings.all)")
    let order = try Self.order(
      minimum ? .minimum : .continuous, on: rig, at: concentration, share: 3)
    let therapy = try #require(judge(order, on: rig).0, "\(name): \(judge(order, on: rig).1.all)")
    let (exact, scale) = (Exact(order, on: rig), therapy.scale)
    let unit = Ratio(scale.perNanogram)
    #expect(Ratio(scale.perStep) / unit == exact.step, "\(name)")
    #expect(
      Ratio(scale.perTick(.init(nanogramsPerDay: 7))) / unit
        == Ratio(7 * rig.tick.count, 86_400_000_000_000))

    let pump = try Pump(order, on: rig)
    pump.run(to: 99)
    // As little as is a bolus, at a third of the highest rate.
    let dose = Mass(nanograms: max(1, Int64((exact.step * Ratio(40)).floor) + 1))
    let most = Ratio(rig.pump.maxRate.picolitresPerDay, 3 * 24 * 60)
    let flow = most * Ratio(concentration.nanogramsPerMillilitre, 1_000_000_000)
    let minutes = Int64((Ratio(dose.nanograms) / flow).floor) + 1
    let answer = pump.bolus(dose, .minutes(minutes))
    #expect(answer.reason == (minimum ? .minimumBasal : nil), "\(name)")
    let lasts = rig.ticks(.minutes(minutes))
    for end in [100, 101, 107, 500, 1_900, 3_000] as [Int64] {
      pump.run(to: end)
      let account = pump.account
      let passed = minimum ? 0 : min(end - 100, lasts)
      let extra = Ratio(dose.nanograms) * Ratio(passed, lasts)
      // The units of a dose are whole, and rounded down.
      let lacks = extra - Ratio(account.extra) / unit
      #expect(lacks >= .zero && lacks * unit < Ratio(Int64(1)), "\(name)")
      let prescribed = exact.basalPerTick * Ratio(end) + Ratio(account.extra) / unit
      #expect(Ratio(account.prescribed) / unit == prescribed, "\(name)")
      #expect(BigInt(account.steps) == (prescribed / exact.step).floor, "\(name)")
      let pending = prescribed - exact.step * Ratio(account.steps)
      #expect(Ratio(account.pending) / unit == pending, "\(name)")
      #expect(account.deficit == 0 && pump.alarms.highest == nil, "\(name)")
    }
    let record = pump.record()
    try pump.comeBack(from: record)
    #expect(pump.record() == record && pump.account.perStep == scale.perStep, "\(name)")
  }

  @Test("R-116 A calibrated head of 49.731 uL is counted exactly", arguments: [3_200, 51_200])
  func calibrated(steps: Int64) throws {
    for tick in Self.ticks {
      for strength in [10_000, 1_234_567, 4_000_000] as [Int64] {
        let concentration = Concentration(nanogramsPerMillilitre: strength)
        try check(nanolitres: 49_731, steps: steps, tick: tick, concentration: concentration)
      }
    }
  }

  @Test("R-116 So is any head, to a nanolitre")
  func anyHead() throws {
    print("heads, seed 116")
    var generator = SplitMix64(seed: 116)
    for index in 0..<60 {
      try check(
        nanolitres: generator.number(10_000...500_000),
        steps: generator.number(48...400) * generator.number(1...256),
        tick: Self.ticks[index % Self.ticks.count],
        concentration: Concentration(
          nanogramsPerMillilitre: generator.number(10_000...4_000_000)),
        minimum: generator.oneIn(4))
    }
  }

  /// The finest unit: 863,999 shares no factor with the volume, nor with the ticks of a day.
  private static let worst = rig(nanolitres: 10_000_000, steps: 863_999, tick: 1)

  @Test("R-116 The worst head and rate overflow nothing in a hundred years")
  func hundredYears() throws {
    let (rig, strength) = (Self.worst, Limits.concentrationMax)
    #expect(rig.pump.maxRate == Limits.flowMax)
    let order = try Self.order(.continuous, on: rig, at: strength, share: 1)
    let pump = try Pump(order, on: rig)
    let exact = Exact(order, on: rig)
    let unit = Ratio(try #require(pump.therapy?.scale.perNanogram))
    for year in 1...100 as ClosedRange<Int64> {
      pump.skip(.days(365))
      pump.run(for: .milliseconds(20))
      #expect(Ratio(pump.account.prescribed) / unit == exact.basalPerTick * Ratio(pump.now))
      #expect(pump.account.deficit(.lateTick) > 0 && pump.mode == .continuous)
      let status = pump.report()
      #expect(status.prescribedMass.nanograms > year * 364 * 3_999_999_999)
    }
    #expect(pump.account.prescribed < Int128.max / 4)
  }

  @Test("R-116 The state of the worst head is written down and read")
  func worstRecord() throws {
    let order = try Self.order(.continuous, on: Self.worst, at: Limits.concentrationMax, share: 1)
    let pump = try Pump(order, on: Self.worst)
    pump.skip(.days(365 * 70))
    // No tick of the last hour was late.
    pump.run(for: .minutes(66))
    let (record, account) = (pump.record(), pump.account)
    try pump.comeBack(from: record)
    #expect(pump.record() == record && pump.account.prescribed == account.prescribed)
    #expect(pump.account.steps == account.steps && pump.account.deficit == account.deficit)
  }
}
