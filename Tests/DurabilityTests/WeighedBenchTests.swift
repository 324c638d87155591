import DosingCore
import Foundation
import Plant
import Quantities
import SeededNumbers
import Simulation
import Testing

/// A reservoir on an ordinary load cell, with a head that is off by as much as it may be: what the pump makes of
/// the two beside what is really there.
@Suite struct WeighedBenchTests {
  /// Ten days each: 100 days, or 1,000 with PUMP_DAYS=1000.
  private static let runs =
    (ProcessInfo.processInfo.environment["PUMP_DAYS"].flatMap { Int($0) } ?? 100) / 10

  private final class Bench {
    let pump: SimulatedPump
    let scale: BenchScale
    let rig: Rig
    /// Every fault that was on at the end of a stretch.
    private(set) var isTold = Set<FaultCode>()

    /// - Parameters:
    ///   - dose: in ug/d, of 500 ug/mL.
    ///   - off: by how much of its flow the head gives more than it should.
    init(dose: Int64, off: Double, cell: LoadCellTruth) throws {
      rig = .bench(weighing: Weighing())
      scale = BenchScale(cell)
      let head = PumpHeadTruth(
        geometry: HeadGeometry(microlitresPerRevolution: 50 * (1 + off), stepsPerRevolution: 3_200),
        reservoir: ReservoirTruth(
          capacityMicrolitres: 20_000, concentration: 500_000),
        line: LineTruth(microlitres: 404, concentration: 500_000),
        gate: HeartbeatGate(heartbeatNanoseconds: 100_000_000))
      pump = try SimulatedPump(
        rig, clock: WeekTime(sinceMonday: .zero), head: head, scale: scale)
      let therapy = try Therapy.constant(
        microgramsPerDay: dose, maxDose1h: Mass(nanograms: 200_000),
        maxDose24h: Mass(nanograms: 2_000_000), on: rig)
      #expect(pump.ask(.program(therapy)).answer.isAccepted)
    }

    func run(for time: Nanoseconds) {
      let end = pump.next + rig.ticks(time)
      while pump.run(until: end) != nil { pump.observe { _ in } }
      for code in FaultCode.allCases where pump.board.on[code] { isTold.insert(code) }
    }

    /// How long it takes until a fault is told; nil where it takes longer.
    func days(until code: FaultCode, atMost days: Double) -> Double? {
      for minute in 0..<Int(days * 1440) {
        run(for: .minutes(1))
        if pump.board.on[code] { return Double(minute + 1) / 1440 }
      }
      return nil
    }

    func expectTruth(_ place: String) {
      let truth = pump.head.reservoirMicrolitres
      let both = pump.reservoirIntervals
      for (name, interval) in [
        ("count", both.counted), ("weight", both.weighed), ("both", both.held),
      ] {
        guard let interval else { continue }
        let (least, most) = (
          Double(interval.least.picolitres) / 1e6, Double(interval.most.picolitres) / 1e6
        )
        #expect(
          least - 0.001 <= truth && truth <= most + 0.001,
          "\(place), by \(name): \(truth) \(interval)")
      }
    }

    /// What a person does, and tells when it is done.
    ///
    /// - Parameter lost: into a pocket instead of the reservoir.
    func refill(_ strength: Double = 500_000, filled: Double, isLost: Bool = false) -> Refusal? {
      let concentration = Concentration(nanogramsPerMillilitre: Int64(strength))
      tell(SupplyChange(.begin, concentration: concentration))
      run(for: .minutes(2))
      // All that a needle reaches.
      let there = max(0, pump.head.reservoirMicrolitres - 500).rounded(.down)
      pump.byHand { $0.reservoir.aspirate(microlitres: there) }
      run(for: .minutes(3))
      tell(SupplyChange(.aspirated, volume: Volume(picolitres: Int64(there) * 1_000_000)))
      run(for: .minutes(2))
      pump.byHand {
        if isLost {
          $0.reservoir.fillElsewhere(microlitres: filled, concentration: strength)
        } else {
          $0.reservoir.fill(microlitres: filled, concentration: strength)
        }
      }
      run(for: .minutes(5))
      tell(SupplyChange(.filled, volume: Volume(picolitres: Int64(filled) * 1_000_000)))
      run(for: .minutes(1))
      return tell(SupplyChange(.finish))
    }

    @discardableResult
    func tell(_ change: SupplyChange) -> Refusal? {
      guard case .refused(let refusal) = pump.ask(.supply(change)).answer else { return nil }
      return refusal
    }
  }

  private func ordinary(_ seed: UInt64) -> LoadCellTruth {
    var numbers = SplitMix64(seed: seed)
    var faults = LoadCellTruth.Faults.nominal
    faults.driftMilligramsPerDay *= Double(numbers.number(-100...100)) / 100
    return LoadCellTruth(faults: faults, seed: seed)
  }

  @Test(
    "R-133 With an ordinary cell the intervals hold the truth, and nobody is told of a difference",
    arguments: 0..<runs)
  func holdsTheTruth(run: Int) throws {
    let seed = UInt64(run)
    var numbers = SplitMix64(seed: seed)
    let off = Double(numbers.number(-49...49)) / 1_000
    let bench = try Bench(
      dose: numbers.number(40...900), off: off, cell: ordinary(seed))
    let refillDay = numbers.number(2...7)
    for hour in 0..<240 {
      if hour == refillDay * 24 {
        #expect(bench.refill(filled: Double(numbers.number(10_000...18_000))) == nil)
      }
      if numbers.number(0...9) == 0 {
        _ = bench.pump.ask(.bolus(dose: Mass(nanograms: 20_000), duration: .minutes(20)))
      }
      bench.run(for: .hours(1))
      bench.expectTruth("run \(run), hour \(hour), head \(off)")
    }
    let expected: Set<FaultCode> = [
      .reservoirUnknown, .reservoirLow, .reservoirEmpty, .refillDiffers,
    ]
    #expect(bench.isTold.isSubset(of: expected), "\(bench.isTold)")
    #expect(!bench.pump.board.on[.reservoirUnknown])
  }

  // MARK: Faults, and how long they take

  /// The flow of 300 ug/d of 500 ug/mL, in mL/d.
  private static let flow = 0.6

  @Test("R-133 A leak of 0.2 mL/d is told in the time that is stated", arguments: 0..<4)
  func leak(seed: UInt64) throws {
    let off = [0.05, -0.05, 0, 0.02][Int(seed)]
    let bench = try Bench(dose: 300, off: off, cell: ordinary(seed))
    bench.run(for: .minutes(10))
    bench.pump.byHand { $0.reservoir.leakMicrolitresPerDay = 200 }
    let stated = try #require(TimeToTell.leak(0.2, atFlow: Self.flow))
    let told = try #require(bench.days(until: .weightDiffers, atMost: stated), "\(off)")
    #expect(told > 0.5 && bench.pump.mode == .continuous)
  }

  @Test(
    "R-133 What goes into a pocket is told within a minute, and the refill is not finished",
    arguments: 0..<3)
  func pocketFill(seed: UInt64) throws {
    let bench = try Bench(dose: 300, off: 0.03, cell: ordinary(seed))
    bench.run(for: .days(4))
    #expect(bench.refill(filled: 16_000, isLost: true)?.reason == .fluidElsewhere)
    bench.run(for: .minutes(1))
    #expect(bench.isTold.contains(.fluidElsewhere) && bench.pump.board.on[.reservoirUnknown])
    #expect(bench.pump.mode == .continuous)
  }

  @Test("R-133 A cell that is stuck is told in the time that is stated", arguments: 0..<3)
  func stuck(seed: UInt64) throws {
    let bench = try Bench(dose: 300, off: -0.05, cell: ordinary(seed))
    bench.run(for: .hours(5))
    bench.scale.cell.stick(true)
    let stated = try #require(TimeToTell.stuck(atFlow: Self.flow))
    #expect(bench.days(until: .notEmptying, atMost: stated) != nil)
  }

  @Test(
    "R-133 A cell that wanders twice as fast as it may is told in the time that is stated",
    arguments: [-1.0, 1])
  func drifting(sign: Double) throws {
    var faults = LoadCellTruth.Faults.nominal
    faults.driftMilligramsPerDay = sign * 100
    let bench = try Bench(
      dose: 50, off: 0, cell: LoadCellTruth(faults: faults, seed: 1))
    let stated = try #require(TimeToTell.doubleDrift(atFlow: 0.1))
    #expect(bench.days(until: sign > 0 ? .notEmptying : .weightDiffers, atMost: stated) != nil)
  }

  @Test("R-133 The table of the documentation is that of the formulas")
  func table() throws {
    let text = try String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/DosingCore/DosingCore.docc/Reservoir.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| a ") }
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    let formulas: [(Double) -> Double?] = [
      { TimeToTell.leak(0.2, atFlow: $0) }, { TimeToTell.leak(1, atFlow: $0) },
      TimeToTell.doubleDrift, TimeToTell.stuck,
    ]
    #expect(rows.count == formulas.count)
    for (row, formula) in zip(rows, formulas) {
      let days = [0.1, 0.6, 2].map { flow in
        formula(flow).map { String(format: "%.2f", $0 - TimeToTell.lasts) } ?? "never"
      }
      #expect(row[2...].map { $0 } == days, "\(row[0])")
    }
  }
}

/// What the documentation states: in days, for the rig that says nothing of accuracy, error and drift. Nil for
/// never.
private enum TimeToTell {
  private static let (error, drift, accuracy) = (0.1, 0.05, 0.05)
  /// For so long it has to last, and so long a look may be away.
  static let lasts = 11.0 / 1440

  private static func days(_ grows: Double) -> Double? {
    grows > 1e-9 ? 4 * error / grows + lasts : nil
  }

  static func leak(_ leak: Double, atFlow flow: Double) -> Double? {
    days(leak - 2 * drift - 2 * accuracy * flow)
  }

  static func stuck(atFlow flow: Double) -> Double? { days(flow * (1 - accuracy) - drift) }

  /// It wanders by twice of what may be subtracted.
  static func doubleDrift(atFlow flow: Double) -> Double? {
    days(2 * drift - drift - 2 * accuracy * flow)
  }
}
