import Foundation
import Testing

/// Scenarios in which a boundary is on its way while steps are made that nothing writes down, and then the
/// power goes. The line is short: 0.04 mL.
@Suite struct UncountedScenarioTests {
  private struct Run {
    let summary: [String: Any]

    func number(_ key: String) -> Double { (summary[key] as? NSNumber)?.doubleValue ?? .nan }

    /// When it was raised, in s.
    func raised(_ code: String) -> Double? {
      let alarms = summary["alarms"] as? [[String: Any]] ?? []
      return alarms.first { $0["code"] as? String == code }
        .flatMap { ($0["raised_s"] as? NSNumber)?.doubleValue }
    }
  }

  /// - Parameters:
  ///   - old, new: what is in the line, and what is filled after half an hour, in ug/mL.
  ///   - hasBatteryClock: somebody can tell how long the power was away.
  private func run(_ old: Int, _ new: Int, hasBatteryClock: Bool, _ events: String...) throws -> Run
  {
    let folder = try TemporaryFolder()
    let refill =
      "{at: 30 min, do: refill, aspirated: 19.4 mL, filled: 19.4 mL, concentration: \(new) ug/mL, "
      + "override: yes}"
    let scenario = try folder.scenario("12 h", events: [refill] + events)
    let line = "{pump_tubing: 0.02 mL, catheter_length: 10 cm, catheter_volume: 2 uL/cm}"
    let rig = Texts.rig.replacingOccurrences(
      of: "{pump_tubing: 0.25 mL, catheter_length: 70 cm, catheter_volume: 2.2 uL/cm}", with: line)
    try folder.write("rig.yaml", rig + (hasBatteryClock ? "clock: {rtc: yes}\n" : ""))
    try folder.write(
      "prescription.yaml",
      Texts.prescription.replacingOccurrences(
        of: "concentration: 500 ug/mL", with: "concentration: \(old) ug/mL"))
    let summary = folder.path("summary.json")
    let outcome = try Programs.run("pumpsim", "run", scenario, "--summary", summary)
    // 0: the oracle is content.
    try #require(outcome.code == 0, "\(outcome.errors)\(outcome.output)")
    let data = try Data(contentsOf: URL(fileURLWithPath: summary))
    return Run(
      summary: try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]))
  }

  @Test(
    "R-063 R-083 R-126 No boundary that has passed uncounted is dosed as if it had not",
    arguments: [(500, 2_000), (2_000, 500), (500, 1_000)], [true, false])
  func unwritten(strengths: (Int, Int), hasBatteryClock: Bool) throws {
    let (old, new) = strengths
    let run = try run(
      old, new, hasBatteryClock: hasBatteryClock, "{at: 1 h, fault: storage-fails, for: 1 h}",
      "{at: 100 min, fault: power-cut, for: 100 min}")
    #expect(run.number("starts") == 2)
    // 1 h and 38 min without power.
    #expect(try #require(run.raised("line-uncertain")) >= 12_000)
    // 300 ug/d, and no more: it runs for 10 h and 20 min.
    #expect(run.number("tip_mass_ug") < 10.4 / 24 * 300)
    #expect(hasBatteryClock == (run.raised("account-uncertain") != nil))
    // A cut after which all is written down again, and one by which nobody is told how long it was.
    let again = try self.run(
      old, new, hasBatteryClock: hasBatteryClock, "{at: 1 h, fault: storage-fails, for: 40 min}",
      "{at: 90 min, fault: power-cut, for: 5 min}", "{at: 96 min, fault: power-cut, for: 5 min}",
      "{at: 103 min, fault: kill, for: 20 s}")
    #expect(again.number("starts") == 4 && again.raised("line-uncertain") != nil)
  }

  @Test(
    "R-063 R-083 R-126 A resume that was never written down is reckoned with after a cut",
    arguments: [(500, 2_000), (2_000, 500)], [true, false])
  func resumed(strengths: (Int, Int), hasBatteryClock: Bool) throws {
    let run = try run(
      strengths.0, strengths.1, hasBatteryClock: hasBatteryClock, "{at: 50 min, do: stop}",
      "{at: 1 h, fault: storage-fails, for: 2 h}", "{at: 61 min, do: resume}",
      "{at: 140 min, fault: power-cut, for: 1 h}", "{at: 4 h, do: acknowledge}",
      "{at: 4 h, do: resume}")
    #expect(run.number("starts") == 2)
    #expect(run.raised("line-uncertain") != nil)
    // 300 ug/d for 10 h 9 min at the most.
    #expect(run.number("tip_mass_ug") < 10.15 / 24 * 300)
    #expect(hasBatteryClock == (run.raised("account-uncertain") != nil))
  }

  @Test("R-083 R-126 A kill while nothing can be written leaves the place of no boundary in doubt")
  func killed() throws {
    for hasBatteryClock in [true, false] {
      let run = try run(
        500, 2_000, hasBatteryClock: hasBatteryClock, "{at: 1 h, fault: storage-fails, for: 1 h}",
        "{at: 100 min, fault: kill, for: 10 min}")
      #expect(run.raised("line-uncertain") == nil && run.number("steps_in_doubt") == 0)
    }
  }
}
