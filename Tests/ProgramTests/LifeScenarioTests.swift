import Foundation
import Testing

/// Scenarios in which storage fails, the engine is killed or the power goes: whole lives of a pump.
@Suite struct LifeScenarioTests {
  private struct Outcome {
    let summary: [String: Any]
    /// In ns.
    let steps: [Int64]

    func number(_ key: String) -> Double { (summary[key] as? NSNumber)?.doubleValue ?? .nan }
    func deficit(_ key: String) -> Double {
      ((summary["deficit"] as? [String: Any])?[key] as? NSNumber)?.doubleValue ?? .nan
    }
    func codes(_ list: String, _ key: String) -> [String] {
      (summary[list] as? [[String: Any]] ?? []).compactMap { $0[key] as? String }
    }
    func steps(minutes: Range<Int64>) -> Int {
      steps.filter { minutes.contains($0 / 60_000_000_000) }.count
    }
  }

  /// 300 ug/d: a step every 2.25 s.
  private func run(_ duration: String, _ events: String...) throws -> Outcome {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario(duration, events: events)
    let (trace, summary) = (folder.path("trace.csv"), folder.path("summary.json"))
    let outcome = try Programs.run(
      "pumpsim", "run", scenario, "--trace", trace, "--summary", summary)
    try #require(outcome.code == 0, "\(outcome.errors)")
    let data = try Data(contentsOf: URL(fileURLWithPath: summary))
    let rows = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    return Outcome(
      summary: try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]),
      steps: rows.dropFirst().compactMap { Int64($0.prefix { $0 != "," }) })
  }

  @Test("R-083 R-087 an engine that is killed goes on to the step, and its absence is a deficit")
  func kill() throws {
    let run = try run("2 h", "{at: 1 h, fault: kill, for: 90 s}")
    #expect(run.number("starts") == 2 && run.summary["has_journal"] as? Bool == true)
    #expect(run.steps(minutes: 60..<61) <= 1)
    #expect(run.steps.count == 3200 - 40 || run.steps.count == 3200 - 41)
    #expect(run.number("steps_in_doubt") == 0)
    // 12.5 ug an hour.
    #expect(abs(run.deficit("not_running_ug") - 0.3125) < 0.01)
  }

  @Test("R-003 a late tick within a suspension takes no time that is gone already")
  func overlappingGaps() throws {
    let run = try run(
      "5 h", "{at: 1 h, fault: suspend, for: 2 h}", "{at: 2 h, fault: late-tick, for: 90 min}")
    // From 1 h to 3 h 30 min.
    #expect(run.steps(minutes: 61..<210) == 0 && run.steps(minutes: 210..<220) > 250)
    #expect(abs(run.number("delivered_mass_ug") - 2.5 * 12.5) < 0.1)
  }

  @Test("R-080 R-083 a power cut leaves a lease in doubt, and basal runs again")
  func powerCut() throws {
    let run = try run("2 h", "{at: 1 h, fault: power-cut, for: 10 min}")
    #expect(run.number("starts") == 2)
    #expect(run.steps(minutes: 60..<70) == 0 && run.steps(minutes: 70..<80) > 250)
    #expect(run.number("steps_in_doubt") > 0 && run.number("steps_in_doubt") < 60)
  }

  @Test("R-084 a stop outlives a power cut, and a bolus does not")
  func stopAndPowerCut() throws {
    let stopped = try run(
      "3 h", "{at: 1 h, do: stop}", "{at: 61 min, fault: power-cut, for: 1 min}",
      "{at: 2 h, do: resume}")
    #expect(stopped.steps(minutes: 60..<120) == 0 && stopped.steps(minutes: 120..<180) > 1_500)
    let bolus = try run(
      "2 h", "{at: 1 h, do: bolus, dose: 20 ug, duration: 30 min}",
      "{at: 65 min, fault: power-cut, for: 1 min}")
    #expect(bolus.steps(minutes: 60..<65) > 400 && bolus.steps(minutes: 66..<71) < 150)
  }

  @Test("R-081 R-093 storage that fails is an alarm, and safe basal goes on without")
  func storageFails() throws {
    let run = try run("3 h", "{at: 1 h, fault: storage-fails, for: 30 min}")
    #expect(run.codes("alarms", "code") == ["storage-failed"])
    // 200 ug/d are two thirds of the steps.
    let during = run.steps(minutes: 62..<90)
    #expect(during > 28 * 26 * 2 / 3 - 20 && during < 28 * 26 * 2 / 3 + 40)
    #expect(run.steps(minutes: 92..<180) > 88 * 26)
  }

  @Test("R-081 a program that cannot be written down at time zero never happens, and nothing flows")
  func neverOrdered() throws {
    let run = try run("30 min", "{at: 0 s, fault: storage-fails, for: 10 min}")
    #expect(run.codes("refusals", "reason") == ["taken-back"] && run.steps.isEmpty)
  }

  @Test("R-082 a bolus that cannot be written down in time never happens")
  func storageSlow() throws {
    let run = try run(
      "2 h", "{at: 1 h, fault: storage-slow, delay: 3 s, for: 10 min}",
      "{at: 65 min, do: bolus, dose: 20 ug, duration: 30 min}")
    #expect(run.codes("refusals", "reason") == ["taken-back"])
    #expect(run.codes("accepted", "command") == ["program"])
    #expect(abs(run.steps.count - 3_200) < 5)
  }

  @Test("R-040 a fault of the storage says for how long, and how slow it is")
  func keys() throws {
    let folder = try TemporaryFolder()
    for (event, complaint) in [
      ("{at: 1 min, fault: storage-slow, for: 1 min}", "key 'delay' is missing"),
      ("{at: 1 min, fault: kill}", "key 'for' is missing"),
      ("{at: 1 min, fault: power-cut, for: 1 min, delay: 1 s}", "does not belong to power-cut"),
    ] {
      let outcome = try Programs.run("pumpsim", "run", try folder.scenario("1 h", event))
      #expect(outcome.code == 65 && outcome.errors.contains(complaint), "\(outcome.errors)")
    }
  }

  @Test("R-012 R-120 a campaign is one line of JSON a seed, and the same again")
  func campaign() throws {
    let all = try Programs.run("pumpsim", "campaign", "--seeds", "2..4")
    try #require(all.code == 0, "\(all.errors)")
    let lines = all.output.split(separator: "\n")
    #expect(lines.count == 3)
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect((object?["violations"] as? [Any])?.isEmpty == true)
      #expect((object?["motor_steps"] as? NSNumber)?.intValue ?? 0 > 1_000)
    }
    // But for the time that it took.
    func told(_ line: Substring) -> String {
      line.components(separatedBy: ",\"wall_s\"")[0]
    }
    let half = try Programs.run("pumpsim", "campaign", "--seeds", "2..4", "--shard", "2/2")
    #expect(half.output.split(separator: "\n").map(told) == [told(lines[1])])
    for wrong in [["--seeds", "4..2"], ["--seeds", "4"], ["--seeds", "1..2", "--shard", "3/2"]] {
      #expect(try Programs.run("pumpsim", ["campaign"] + wrong).code == 64)
    }
  }
}
