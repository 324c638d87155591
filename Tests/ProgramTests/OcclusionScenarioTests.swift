import Foundation
import Testing

/// A line that is blocked, and a sensor of its pressure that is not true, in scenarios.
@Suite struct OcclusionScenarioTests {
  private static let rig = Texts.rig(with: Texts.pressure)

  private func run(_ duration: String, _ events: String...) throws -> [String: Any] {
    try TemporaryFolder().summary(duration, events, rig: Self.rig)
  }

  private func errors(_ event: String, rig: String = Self.rig) throws -> String {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario("4 h", events: [event])
    try folder.write("rig.yaml", rig)
    let outcome = try Programs.run("pumpsim", "run", scenario)
    #expect(outcome.code == 65)
    return outcome.errors
  }

  @Test(
    "R-063 R-141 An occlusion is told and found gone, over a kill and a power cut; the bench has lost nothing",
    arguments: ["", "{at: 4 h, fault: kill, for: 30 s}", "{at: 4 h, fault: power-cut, for: 8 s}"])
  func occlusion(event: String) throws {
    let events = ["{at: 2 h, fault: occlusion, for: 6 h}"] + (event.isEmpty ? [] : [event])
    let told = raisedAlarms(try TemporaryFolder().summary("12 h", events, rig: Self.rig))
    let first = try #require(told["medium occluded"])
    // 0.6 mL/d: 26 steps a minute, and 93 of them.
    #expect(first.raised > 7_200 + 200 && first.raised < 7_200 + 480)
    // Nobody sees it.
    let passed = try #require(told["medium was-occluded"])
    #expect(passed.ended == passed.raised + 1_800 && told["high was-occluded"]?.ended == .infinity)
    let high = try #require(told["high occluded"])
    #expect(high.ended > 8 * 3_600 && high.ended < 8 * 3_600 + 20 * 60)
  }

  @Test(
    "R-063 R-139 R-141 Each fault of line and sensor says what it is, at once or by and by",
    arguments: [
      ("occlusion, value: 50 %, for: 5 h", []),
      (
        "occlusion, ramp: 3 h, for: 5 h",
        ["medium occluded", "high occluded", "medium was-occluded", "high was-occluded"]
      ),
      ("pressure-fails, for: 5 h", ["medium pressure-lost", "high pressure-lost"]),
      ("pressure-fails, for: 20 min", ["medium pressure-lost"]),
      ("pressure-fails, for: 9 s", []),
      ("pressure-stuck, for: 5 h", ["medium pressure-lost", "high pressure-lost"]),
      ("pressure-stuck, for: 59 min", []),
    ] as [(String, [String])])
  func fault(event: String, codes: [String]) throws {
    let summary = try run("12 h", "{at: 2 h, fault: \(event)}")
    #expect(Set(raisedAlarms(summary).keys) == Set(codes))
  }

  @Test("R-063 A fault that comes by and by comes to its value, and no further")
  func ramp() throws {
    let rig = Texts.rig(with: Texts.encoder)
    func slipped(_ event: String) throws -> Int {
      let summary = try TemporaryFolder().summary(
        "12 h", ["{at: 2 h, fault: slip, value: 10 %, \(event)}"], rig: rig)
      let commanded = try #require(summary["commanded_steps"] as? Int)
      return commanded - (try #require(summary["motor_steps"] as? Int))
    }
    // Of 1,600 steps an hour a tenth: in six hours; and in two, after four of 21 fortieths as a mean.
    let (atOnce, byAndBy) = (try slipped("for: 6 h"), try slipped("for: 6 h, ramp: 4 h"))
    #expect((955...962).contains(atOnce), "\(atOnce)")
    #expect((650...660).contains(byAndBy), "\(byAndBy)")
  }

  @Test(
    "R-063 What cannot be is refused, with what is accepted",
    arguments: [
      ("{at: 1 h, fault: occlusion, for: 1 h, ramp: 2 h}", "longer than the fault lasts; accepted"),
      ("{at: 1 h, fault: occlusion, for: 1 h, value: 101 %}", "accepted: 0 % to 100 %"),
      ("{at: 1 h, fault: stall, for: 1 h, ramp: 10 min}", "does not belong to stall"),
    ])
  func refused(event: String, says: String) throws {
    #expect(try errors(event).contains(says))
  }

  @Test("R-063 An event about a sensor of the pressure needs one; an occlusion does not")
  func noSensor() throws {
    let told = try errors("{at: 1 h, fault: pressure-fails, for: 1 min}", rig: Texts.rig)
    #expect(told.contains("the rig has none; see i2c"))
    let summary = try TemporaryFolder().summary(
      "6 h", ["{at: 1 h, fault: occlusion, for: 2 h}"], rig: Texts.rig)
    #expect(raisedAlarms(summary).isEmpty)
  }
}
