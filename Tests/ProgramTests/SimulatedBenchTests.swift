import ChildProcess
import Foundation
import Testing

/// A simulated bench goes on where it was, as a real one does, whatever becomes of the program.
@Suite struct SimulatedBenchTests {
  private static let rig =
    Texts.rig + """
      i2c:
        bus: /dev/i2c-1
        encoder: {driver: as5600, address: 0x36}
        load_cell: {driver: nau7802, address: 0x2a, counts_per_gram: 10000, zero: 0}

      """

  /// What the pump's own sensors say, both of them good.
  private struct Reading {
    /// Steps of the motor by its angle, within a revolution.
    let steps: Double
    let milligrams: Int64
  }

  private static let stepsPerRevolution = 3_200.0
  /// Microlitres, and milligrams, of a step.
  private static let step = 50 / stepsPerRevolution

  private func reading(_ pump: RunningPump) throws -> Reading {
    var reading: Reading?
    try pump.waitUntil("the sensors are good") {
      let status = try pump.status()
      guard let counts = good(status["encoder_counts"]),
        let milligrams = good(status["load_cell_milligrams"])
      else { return false }
      // The magnet stands at a tenth of a turn before the first step.
      let turns = Double(counts) / 4_096 - 0.1
      // A count is more than a step: the first one may seem to lie before it.
      reading = Reading(
        steps: (turns < -0.001 ? turns + 1 : turns) * Self.stepsPerRevolution,
        milligrams: milligrams)
      return true
    }
    return try #require(reading)
  }

  private func good(_ sensor: Any?) -> Int64? {
    guard let sensor = sensor as? [String: Any], sensor["state"] as? String == "good" else {
      return nil
    }
    return (sensor["value"] as? NSNumber)?.int64Value
  }

  /// - Parameter steps: what the motor has made.
  private func expect(_ reading: Reading, after steps: Int) {
    // What was given between the kill and the look at the sensors, and a step that no look has seen.
    let more = reading.steps - Double(steps)
    #expect(
      (-2.5...4.5).contains(more), "\(steps) steps were made, the angle is at \(reading.steps)")
    let weight = 20_000 - Double(steps) * Self.step
    #expect(abs(Double(reading.milligrams) - weight) <= 1.1, "\(weight) mg, \(reading.milligrams)")
  }

  @Test("weight and angle go on over kills amid a bolus, and another bench begins full")
  func goesOn() throws {
    let folder = try TemporaryFolder()
    let motor = folder.path("motor")
    let pump = try RunningPump(rig: Self.rig, arguments: ["--motor-trace", motor])
    let full = try reading(pump)
    #expect(full.milligrams == 20_000)
    #expect(abs(full.steps) < 1)
    try pump.program()
    // 10 steps a second.
    #expect(try pump.control("bolus", "--dose", "10 ug", "--duration", "2 min").code == 0)
    try pump.waitUntil("3 mg are given") { MotorTrace(path: motor).pulses.count >= 200 }
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    let steps = MotorTrace(path: motor).pulses.count
    try pump.startAgain()
    try expect(reading(pump), after: steps)
    // At once, before anything has happened.
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    try pump.startAgain()
    try expect(reading(pump), after: steps)
    #expect(pump.end() == 0)
    #expect(!pump.log(of: 1).contains("simulated bench"))

    let other = try RunningPump(rig: Self.rig)
    #expect(try reading(other).milligrams == 20_000)
    #expect(other.end() == 0)
  }

  @Test(
    "an end in order loses no step, and a bench that cannot be read is a new one, with a warning")
  func endsInOrder() throws {
    let folder = try TemporaryFolder()
    let motor = folder.path("motor")
    let pump = try RunningPump(rig: Self.rig, arguments: ["--motor-trace", motor])
    try pump.program()
    #expect(try pump.control("bolus", "--dose", "10 ug", "--duration", "2 min").code == 0)
    try pump.waitUntil("1 mg is given") { MotorTrace(path: motor).pulses.count >= 70 }
    #expect(try pump.control("stop").code == 0)
    #expect(pump.end() == 0)
    let steps = MotorTrace(path: motor).pulses.count
    // A pump that is stopped stays so: nothing is added.
    try pump.startAgain()
    let after = try reading(pump)
    #expect(abs(after.steps - Double(steps)) < 1)
    #expect(abs(Double(after.milligrams) - (20_000 - Double(steps) * Self.step)) <= 1)
    #expect(pump.end() == 0)

    let kept = pump.state + "/simulated-bench"
    #expect(FileManager.default.fileExists(atPath: kept))
    try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: kept))
    try pump.startAgain()
    #expect(pump.log(of: 1).contains("the simulated bench is new: what is kept of it in"))
    #expect(try reading(pump).milligrams == 20_000)
    #expect(pump.end() == 0)
  }
}
