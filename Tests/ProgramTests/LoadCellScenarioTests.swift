import Foundation
import Testing

/// Faults of the load cell and of the reservoir on it, in scenarios: what is told, and that basal goes on.
@Suite struct LoadCellScenarioTests {
  private static let rig = Texts.rig(with: Texts.loadCell)

  private func run(_ duration: String, _ events: String...) throws -> [String: Any] {
    try TemporaryFolder().summary(duration, events, rig: Self.rig)
  }

  /// What was raised, when, and until when; in hours, infinity for still on.
  private func alarms(_ summary: [String: Any]) -> [String: (raised: Double, ended: Double)] {
    var alarms: [String: (raised: Double, ended: Double)] = [:]
    for alarm in summary["alarms"] as? [[String: Any]] ?? [] {
      guard let code = alarm["code"] as? String, let raised = alarm["raised_s"] as? Double else {
        continue
      }
      let ended = (alarm["cleared_s"] as? Double ?? .infinity) / 3600
      let known = alarms[code] ?? (raised / 3600, ended)
      alarms[code] = (min(known.raised, raised / 3600), max(known.ended, ended))
    }
    return alarms
  }

  private func interval(_ summary: [String: Any], _ key: String) -> ClosedRange<Double>? {
    let reservoir = summary["reservoir"] as? [String: Any]
    guard let both = reservoir?[key] as? [String: Double], let least = both["least_ul"],
      let most = both["most_ul"]
    else { return nil }
    return least...most
  }

  @Test(
    "R-063 R-133 R-139 What happens to the bench while no engine runs is there when one does",
    arguments: [
      ("load-cell-fails, for: 2 h", "load-cell-lost"),
      ("load-cell-offset, value: -2 g, for: 2 h", "weight-differs"),
    ])
  func whileNoneRuns(fault: String, code: String) throws {
    let summary = try run(
      "6 h", "{at: 1 h, fault: kill, for: 30 min}", "{at: 70 min, fault: \(fault)}")
    let told = try #require(alarms(summary)[code], "\(alarms(summary).keys)")
    #expect(told.raised >= 1.5 && told.raised < 1.75, "\(told)")
    #expect(told.ended >= 190.0 / 60 && told.ended < 3.5, "\(told)")
  }

  @Test(
    "R-063 R-133 A bench without a fault tells nothing, and both intervals hold what is there, over a power cut"
  )
  func ordinary() throws {
    let summary = try run(
      "3 d", "{at: 30 h, fault: power-cut, for: 5 min}", "{at: 31 h, do: acknowledge}",
      "{at: 40 h, do: refill, aspirated: 18 mL, filled: 18 mL, concentration: 500 ug/mL}",
      "{at: 50 h, fault: kill, for: 10 s}")
    let told = Set(alarms(summary).keys).subtracting(["reservoir-unknown", "clock-uncertain"])
    #expect(!told.contains("weight-differs") && !told.contains("fluid-elsewhere"), "\(told)")
    let truth = try #require(summary["reservoir_ul"] as? Double)
    #expect(try #require(interval(summary, "by_count")).contains(truth))
    let weighed = try #require(interval(summary, "by_weight"))
    #expect(weighed.contains(truth) && weighed.upperBound - weighed.lowerBound < 700)
  }

  @Test(
    "R-063 R-133 A cell that fails, sticks, is leant on or wanders, and a leak, do what they say and end",
    arguments: [
      ("load-cell-stuck, for: 20 h", "not-emptying"),
      ("load-cell-offset, value: 1.5 g, for: 1 h", "not-emptying"),
      ("load-cell-offset, value: 1.5 g, for: 9 min", ""),
      ("load-cell-offset, value: 1.5 g, for: 2 h", "reservoir-unknown"),
      ("load-cell-offset, value: -3 g, for: 1 h", "weight-differs"),
      ("load-cell-drift, value: 1 g, for: 20 h", "not-emptying"),
      ("leak, value: 1 mL/d, for: 20 h", "weight-differs"),
    ])
  func fault(event: String, code: String) throws {
    let summary = try run("1 d", "{at: 2 h, fault: \(event)}")
    let told = alarms(summary)
    if code.isEmpty {
      #expect(told.isEmpty, "\(told)")
    } else {
      let alarm = try #require(told[code], "\(told)")
      #expect(alarm.raised > 2.1 && alarm.raised < 20, "\(alarm)")
      // What was lost stays lost, and so does where a cell has wandered to.
      #expect(
        (alarm.ended < 24) == (event.contains("offset") || event.contains("stuck")), "\(alarm)")
    }
    let deficit = (summary["deficit"] as? [String: Double] ?? [:]).values.reduce(0, +)
    #expect(deficit == 0)
    #expect(interval(summary, "by_weight") != nil)
  }

  @Test(
    "R-063 R-139 A cell of which nothing is heard is told after 10 s, and basal and extra doses go on"
  )
  func silent() throws {
    let summary = try run(
      "1 d", "{at: 2 h, fault: load-cell-fails, for: 20 h}",
      "{at: 3 h, do: bolus, dose: 5 ug, duration: 10 min}")
    let told = alarms(summary)
    let lost = try #require(told["load-cell-lost"])
    #expect(told.count == 1 && lost.raised * 3600 > 7_209 && lost.raised * 3600 < 7_272)
    #expect(lost.ended >= 22 && lost.ended < 22.02)
    #expect((summary["refusals"] as? [Any])?.isEmpty == true)
  }

  @Test(
    "R-063 R-145 A head that turns and gives nothing, or less, is told by the weight, and basal goes on",
    arguments: [
      ("occlusion-upstream, for: 90 h", 8.0...14), ("air, for: 90 h", 8.0...14),
      ("occlusion-upstream, value: 50 %, for: 90 h", 20.0...44),
      ("tubing-worn, value: 50 %, ramp: 10 h, for: 90 h", 24.0...50),
    ])
  func starved(fault: String, hours: ClosedRange<Double>) throws {
    let summary = try run("4 d", "{at: 2 h, fault: \(fault)}")
    let told = alarms(summary)
    let seen = try #require(told["not-emptying"], "\(told.keys)")
    #expect(told.count == 1 && hours.contains(seen.raised - 2), "\(told)")
    // Of 0.6 mL/d in 15.625 nL.
    let steps = try #require(summary["motor_steps"] as? Int)
    #expect(abs(steps - 4 * 38_400) <= 1, "\(steps)")
  }

  @Test("R-063 R-133 What did not arrive is refused at the end of a refill; an override ends it")
  func pocket() throws {
    let refill =
      "{at: 2 h, do: refill, aspirated: 19 mL, filled: 19 mL, really_filled: 1 mL, concentration: 500 ug/mL"
    let refused = try run("4 h", refill + "}")
    let reasons = (refused["refusals"] as? [[String: Any]] ?? []).compactMap {
      $0["reason"] as? String
    }
    #expect(reasons == ["fluid-elsewhere"])
    #expect(alarms(refused)["fluid-elsewhere"]?.ended == .infinity)
    let text = (refused["refusals"] as? [[String: Any]])?.first?["text"] as? String ?? ""
    #expect(text.hasPrefix("told were 19 mL, the load cell says "), "\(text)")
    let forced = try run("4 h", refill + ", override: yes}")
    #expect((forced["refusals"] as? [Any])?.count == 0)
    // Whoever overrides it has not filled it.
    #expect(alarms(forced)["weight-differs"] != nil)
  }

  @Test("R-040 A fault of a cell that a rig does not have is one error; a leak needs none")
  func withoutCell() throws {
    let folder = try TemporaryFolder()
    for (event, code) in [("load-cell-stuck, for: 1 h", 65), ("leak, value: 1 mL/d, for: 1 h", 0)] {
      let scenario = try folder.scenario("3 h", events: ["{at: 1 h, fault: \(event)}"])
      let outcome = try Programs.run("pumpsim", "run", scenario)
      #expect(outcome.code == code, "\(outcome.errors)")
      if code != 0 { #expect(outcome.errors.contains("the rig has none; see i2c in rig.yaml")) }
    }
    let scenario = try folder.scenario(
      "3 h", events: ["{at: 1 h, fault: load-cell-offset, value: 5 mL, for: 1 h}"])
    let outcome = try Programs.run("pumpsim", "check", scenario)
    #expect(outcome.code != 0)
  }
}
