import Foundation
import Testing

/// Faults of motor, driver and encoder in scenarios: what is told and when, what becomes of basal, and that the oracle
/// is content: no more than was ordered leaves the tip, and less by no more than what is told.
@Suite struct ShaftScenarioTests {
  private static let rig = Texts.rig(with: Texts.encoder)

  private func run(_ duration: String, _ events: String...) throws -> [String: Any] {
    try TemporaryFolder().summary(duration, events, rig: Self.rig)
  }

  @Test("R-063 R-137 A bench without a fault tells nothing in 10 days, over kills and a power cut")
  func ordinary() throws {
    let summary = try run(
      "10 d", "{at: 30 h, fault: kill, for: 5 s}", "{at: 60 h, fault: power-cut, for: 5 s}",
      "{at: 61 h, do: acknowledge}", "{at: 100 h, do: bolus, dose: 10 ug, duration: 10 min}")
    let told = raisedAlarms(summary).keys.filter {
      !$0.contains("clock") && !$0.contains("account")
    }
    #expect(told.isEmpty, "\(told)")
  }

  @Test(
    "R-063 R-137 Two steps that nobody saw missing leave the reservoir empty so much before its mark"
  )
  func unseenBeforeEmpty() throws {
    let rig = Self.rig.replacingOccurrences(
      of: "volume: 20 mL, low: 3 mL, empty: 1 mL", with: "volume: 1.5 mL, low: 1.2 mL, empty: 1 mL")
    let summary = try TemporaryFolder().summary(
      "30 h", ["{at: 2 h, fault: stall, for: 5 s}"], rig: rig)
    let told = raisedAlarms(summary)
    #expect(told["high reservoir-empty"]?.ended == .infinity && told["medium stalled"] == nil)
    #expect(try #require(summary["motor_steps"] as? Int) < 32_000)
  }

  @Test(
    "R-063 R-137 A stall is told, tried again and found gone; each step that it took is in doubt; over a kill and a power cut",
    arguments: ["", "{at: 4 h, fault: kill, for: 30 s}", "{at: 4 h, fault: power-cut, for: 8 s}"])
  func stall(event: String) throws {
    let events = ["{at: 2 h, fault: stall, for: 6 h}"] + (event.isEmpty ? [] : [event])
    let read = try TemporaryFolder().summary("12 h", events, rig: Self.rig)
    let told = raisedAlarms(read)
    let first = try #require(told["medium stalled"])
    #expect(first.raised > 7_200 && told["high was-stalled"]?.ended == .infinity)
    let high = try #require(told["high stalled"])
    // The next attempt comes within a quarter of an hour, and takes two minutes and a half at 26 steps a minute.
    #expect(high.ended > 8 * 3_600 && high.ended < 8 * 3_600 + 18 * 60)
    let commanded = try #require(read["commanded_steps"] as? Int)
    let made = try #require(read["motor_steps"] as? Int)
    let doubts = try #require(read["steps_in_doubt"] as? Int)
    #expect(commanded - made <= doubts && doubts <= commanded - made + 100)
  }

  @Test(
    "R-063 R-137 R-138 R-139 Each fault of motor, driver and encoder says what it is",
    arguments: [
      ("slip, value: 10 %, for: 5 h", ["medium shaft-slips", "high shaft-slips"]),
      ("encoder-fails, for: 5 h", ["medium encoder-lost", "high encoder-lost"]),
      ("encoder-fails, for: 9 s", []),
      (
        "encoder-stuck, for: 5 h",
        ["medium stalled", "high stalled", "medium was-stalled", "high was-stalled"]
      ),
      ("run-away, value: 12 mL/d, for: 1 h", ["high drive-disobeys", "high hard-stop"]),
      // Nobody can tell it from a shaft that went by itself.
      ("magnet-slips, value: 5 %, for: 1 h", ["high drive-disobeys", "high hard-stop"]),
      ("magnet-slips, value: 0.5 %, for: 1 h", []),
    ] as [(String, [String])])
  func fault(event: String, codes: [String]) throws {
    let summary = try run("12 h", "{at: 2 h, fault: \(event)}")
    #expect(Set(raisedAlarms(summary).keys) == Set(codes))
  }

  @Test(
    "R-063 R-138 A driver that runs away has no power within seconds, and goes on when somebody has cleared it"
  )
  func runAway() throws {
    let summary = try run(
      "12 h", "{at: 2 h, fault: run-away, value: 12 mL/d, for: 1 h}", "{at: 4 h, do: clear}",
      "{at: 4 h, do: resume}")
    let hard = try #require(raisedAlarms(summary)["high hard-stop"])
    #expect(hard.raised < 7_220 && hard.ended >= 4 * 3_600 && hard.ended < 4 * 3_600 + 2)
    let commanded = try #require(summary["commanded_steps"] as? Int)
    let made = try #require(summary["motor_steps"] as? Int)
    // 8.9 steps a second for as long as three looks take, and 0.3 s.
    #expect(made - commanded > 33 && made - commanded < 150)
  }

  @Test("R-063 An event about an encoder needs one")
  func noEncoder() throws {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario(
      "1 h", events: ["{at: 1 min, fault: encoder-stuck, for: 1 min}"])
    try folder.write("rig.yaml", Texts.rig)
    let outcome = try Programs.run("pumpsim", "run", scenario)
    #expect(outcome.code == 65 && outcome.errors.contains("the rig has none; see i2c"))
  }
}
