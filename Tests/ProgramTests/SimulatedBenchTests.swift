import ChildProcess
import Foundation
import Glibc
import Testing

/// A simulated bench goes on where it was, as a real one does, whatever becomes of the program.
@Suite struct SimulatedBenchTests {
  private static let rig = Texts.rig(with: Texts.encoder, Texts.loadCell)

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

  private func tell(_ pump: RunningPump, _ step: String...) throws -> Outcome {
    try pump.control(["refill"] + step + ["--yes"], as: pump.clinician)
  }

  private func expectWeight(_ pump: RunningPump, _ milligrams: Int64) throws {
    try pump.waitUntil("the cell shows \(milligrams) mg") {
      abs(try reading(pump).milligrams - milligrams) <= 3
    }
  }

  @Test(
    "R-129 R-133 What is told of a refill is done at the bench, over a kill; what it does not weigh needs a reason"
  )
  func refill() throws {
    let pump = try RunningPump(rig: Self.rig)
    try expectWeight(pump, 20_000)
    try pump.program()
    #expect(try tell(pump, "begin", "--concentration", "500 ug/mL").code == 0)
    #expect(try tell(pump, "aspirated", "--volume", "19 mL").code == 0)
    try expectWeight(pump, 1_000)
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    try pump.startAgain()
    // What it weighs while it is empty the pump has to have seen.
    try expectWeight(pump, 1_000)
    #expect(try tell(pump, "filled", "--volume", "18 mL", "--lot", "A-7").code == 0)
    try expectWeight(pump, 19_000)
    #expect(try tell(pump, "finish").code == 0)
    let forecast = try pump.status()["reservoir_forecast"] as? [String: Any]
    let weighed = try #require(forecast?["weighed"] as? [String: Int64])
    let (least, most) = (
      try #require(weighed["least_picolitres"]), try #require(weighed["most_picolitres"])
    )
    #expect(
      (18_700_000_000...18_990_000_000).contains(least)
        && (19_000_000_000...19_300_000_000).contains(most))

    // More than there was: the bench cannot do that.
    #expect(try tell(pump, "begin", "--concentration", "500 ug/mL").code == 0)
    #expect(try tell(pump, "aspirated", "--volume", "19.9 mL").code == 0)
    try expectWeight(pump, 0)
    #expect(try tell(pump, "filled", "--volume", "15 mL").code == 0)
    try expectWeight(pump, 15_000)
    let refused = try tell(pump, "finish")
    #expect(
      refused.code == 65 && refused.errors.contains("the fluid may be elsewhere"),
      "\(refused.errors)")
    #expect(try tell(pump, "finish", "--override").code == 64)
    #expect(try tell(pump, "finish", "--override", "read wrong").code == 0)
    #expect(pump.end() == 0)
    let log = try Programs.run("pumpctl", "log", "--state", pump.state)
    #expect(log.output.contains("overriding what stands against it: read wrong"), "\(log.output)")
    let replay = try Programs.run("pumpsim", "replay", pump.state)
    #expect(replay.code == 0, "\(replay.errors)")
  }
}
