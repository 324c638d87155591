import Plant
import Testing

@Suite struct LoadCellTruthTests {
  private let second: Int64 = 1_000_000_000
  private let hour: Int64 = 3_600_000_000_000

  @Test("a cell without faults shows what lies on it")
  func perfect() {
    var cell = LoadCellTruth()
    #expect(cell.look(milligrams: 20_000, at: 0) == 20_000)
    #expect(cell.look(milligrams: 0.25, at: 7 * hour) == 0.25)
    cell.offsetMilligrams = 130
    #expect(cell.look(milligrams: 0.25, at: 8 * hour) == 130.25)
  }

  @Test("a share of a change creeps, and what lies there at first has crept")
  func creep() {
    var cell = LoadCellTruth(faults: .init(creepShare: 0.1, creepSeconds: 10))
    #expect(cell.look(milligrams: 1_000, at: 0) == 1_000)
    #expect(cell.look(milligrams: 1_000, at: hour) == 1_000)
    // A tenth of -800 mg is still to come, then that over e, then nothing.
    #expect(cell.look(milligrams: 200, at: hour) == 280)
    let later = cell.look(milligrams: 200, at: hour + 10 * second)
    #expect(abs(later - (200 + 80 * 0.367_879_441_171_442_3)) < 1e-9)
    #expect(abs(cell.look(milligrams: 200, at: 2 * hour) - 200) < 1e-9)
  }

  @Test("what leans on it creeps as a load does")
  func offsetCreeps() {
    var cell = LoadCellTruth(faults: .init(creepShare: 0.1, creepSeconds: 10))
    _ = cell.look(milligrams: 1_000, at: 0)
    cell.offsetMilligrams = 100
    #expect(cell.look(milligrams: 1_000, at: second) == 1_090)
  }

  @Test("the zero walks evenly, from the first look on")
  func drift() {
    var cell = LoadCellTruth(faults: .init(driftMilligramsPerDay: -12))
    #expect(cell.look(milligrams: 500, at: 5 * hour) == 500)
    #expect(cell.look(milligrams: 500, at: 17 * hour) == 494)
    #expect(cell.look(milligrams: 500, at: 53 * hour) == 476)
  }

  @Test("the temperature of a day goes up and down with a sine")
  func temperature() {
    var cell = LoadCellTruth(faults: .init(milligramsPerKelvin: 3, dailyKelvin: 2))
    let expected = [500.0, 506, 500, 494, 500, 506]
    for (quarter, milligrams) in expected.enumerated() {
      let shown = cell.look(milligrams: 500, at: Int64(quarter) * 6 * hour)
      #expect(abs(shown - milligrams) < 1e-9)
    }
  }

  @Test("a cell that is stuck shows one weight, and creeps on beneath it")
  func stuck() {
    var cell = LoadCellTruth(faults: .init(noiseMilligrams: 5, driftMilligramsPerDay: 9))
    cell.stuckAtMilligrams = 321
    #expect(cell.look(milligrams: 20_000, at: 0) == 321)
    #expect(cell.look(milligrams: 0, at: hour) == 321)
    cell.stuckAtMilligrams = nil
    cell.faults.noiseMilligrams = 0
    #expect(cell.look(milligrams: 10, at: 24 * hour) == 19)
  }

  @Test("noise is that of its seed, about the truth, as wide as is said")
  func noise() {
    func looks(seed: UInt64) -> [Double] {
      var cell = LoadCellTruth(faults: .init(noiseMilligrams: 1.5), seed: seed)
      return (0..<20_000).map { cell.look(milligrams: 100, at: Int64($0)) - 100 }
    }
    let errors = looks(seed: 7)
    #expect(errors == looks(seed: 7))
    #expect(errors != looks(seed: 8))
    let count = Double(errors.count)
    let mean = errors.reduce(0, +) / count
    let deviation = (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    // Five standard errors: 1.5 / sqrt(20000), and over sqrt(2) for the deviation.
    #expect(abs(mean) < 0.053)
    #expect(abs(deviation - 1.5) < 0.038)
    // 68.27 % within one standard deviation, five standard errors either way.
    let within = Double(errors.count { abs($0) < 1.5 }) / count
    #expect(abs(within - 0.6827) < 0.0165)
  }

  @Test("the sensors of a bench show what the cell makes of the weight")
  func behindSensors() throws {
    let clock = HandClock()
    let bus = clock.bus()
    var sensors = BenchSensors(
      bus: bus, stepsPerRevolution: 3200, encoder: nil,
      loadCell: .init(countsPerGram: 10_000, zero: 500), linePressure: nil)
    func counts() throws -> Int {
      clock.pass(second)
      let bytes = try bus.transfer(0x2A, writing: [0x12], reading: 3).get()
      return bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    #expect(bus.transfer(0x2A, writing: [0x00, 0x16, 0x27], reading: 0) == .success([]))
    sensors.loadCellTruth = LoadCellTruth(faults: .init(driftMilligramsPerDay: 24))
    sensors.update(motorSteps: 0, reservoirMicrolitres: 18_500)
    #expect(try counts() == 185_500)
    clock.pass(hour - second)
    sensors.loadCellTruth.offsetMilligrams = 2
    sensors.update(motorSteps: 0, reservoirMicrolitres: 18_500)
    // 1 mg of drift and 2 mg that somebody put there, 10 counts each.
    #expect(try counts() == 185_530)
  }
}
