import Foundation
import Testing

/// Refills and work on the line in scenarios, told to the pump and done to the bench, with the oracle beside
/// them. The line is short: 0.04 mL, half of it catheter, 2,560 steps, 1.6 h of 300 ug/d at 500 ug/mL.
@Suite struct RefillScenarioTests {
  private struct Run {
    let summary: [String: Any]
    /// Of each step: its time in s, what the tip gave in ng, and what that held in ng/mL.
    let steps: [(time: Double, nanograms: Double, held: Int)]

    func number(_ keys: String...) -> Double {
      var value: Any? = summary
      for key in keys { value = (value as? [String: Any])?[key] }
      return (value as? NSNumber)?.doubleValue ?? .nan
    }

    func texts(_ list: String, _ key: String) -> [String] {
      (summary[list] as? [[String: Any]] ?? []).compactMap { $0[key] as? String }
    }

    /// From the tip on, in ng/mL.
    var line: [Int] {
      (summary["line"] as? [[String: Any]] ?? []).compactMap { $0["ng_per_ml"] as? Int }
    }

    var deficit: Double {
      (summary["deficit"] as? [String: NSNumber] ?? [:]).values.reduce(0) { $0 + $1.doubleValue }
    }

    /// What the tip gave, one after the other.
    var held: [Int] {
      steps.reduce(into: []) { held, step in if held.last != step.held { held.append(step.held) } }
    }
  }

  private static let rig = Texts.rig.replacingOccurrences(
    of: "{pump_tubing: 0.25 mL, catheter_length: 70 cm, catheter_volume: 2.2 uL/cm}",
    with: "{pump_tubing: 0.02 mL, catheter_length: 10 cm, catheter_volume: 2 uL/cm}")

  private func run(_ duration: String, _ events: String...) throws -> Run {
    try run(duration, events)
  }

  /// - Parameter clock: what of the rig says who can tell how long the power was away.
  private func run(_ duration: String, _ events: [String], clock: String = "") throws -> Run {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario(duration, events: events)
    try folder.write("rig.yaml", Self.rig + clock)
    let (trace, summary) = (folder.path("trace.csv"), folder.path("summary.json"))
    let outcome = try Programs.run(
      "pumpsim", "run", scenario, "--trace", trace, "--summary", summary)
    // 0: the oracle is content.
    try #require(outcome.code == 0, "\(outcome.errors)\(outcome.output)")
    let data = try Data(contentsOf: URL(fileURLWithPath: summary))
    let rows = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    let columns = rows[0].split(separator: ",")
    let (mass, held) = (columns.firstIndex(of: "mass_ng"), columns.firstIndex(of: "tip_ng_per_ml"))
    let (massColumn, heldColumn) = (try #require(mass), try #require(held))
    return Run(
      summary: try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]),
      steps: rows.dropFirst().compactMap { row in
        let fields = row.split(separator: ",", omittingEmptySubsequences: false)
        guard let time = Double(fields[0]), let nanograms = Double(fields[massColumn]),
          let held = Int(fields[heldColumn])
        else { return nil }
        return (time / 1e9, nanograms, held)
      })
  }

  /// 19.95 mL are left after half an hour and a bolus.
  private static func refill(_ strength: Int, _ more: String = "") -> String {
    "{at: 30 min, do: refill, aspirated: 19.4 mL, filled: 19.4 mL, concentration: \(strength) ug/mL"
      + more + "}"
  }

  private static let steps = ["refill-begin", "refill-aspirated", "refill-filled", "refill-finish"]

  @Test(
    "R-063 R-126 Through a refill the tip gives what is ordered, with boluses, stops and power cuts",
    arguments: [1_000, 2_000], [true, false])
  func change(strength: Int, losesPower: Bool) throws {
    let cut = losesPower ? ["{at: 80 min, fault: power-cut, for: 5 min}"] : []
    let run = try run(
      "8 h",
      [
        "{at: 5 min, do: bolus, dose: 20 ug, duration: 20 min}", Self.refill(strength),
        "{at: 32 min, do: bolus, dose: 2 ug, duration: 2 min}", "{at: 50 min, do: stop}",
        "{at: 60 min, do: resume}",
        "{at: 75 min, fault: late-tick, for: 30 s}",
      ] + cut + [
        "{at: 125 min, do: stop}", "{at: 130 min, do: resume}",
        "{at: 5 h, do: bolus, dose: 20 ug, duration: 20 min}",
        "{at: 310 min, fault: kill, for: 10 s}",
        "{at: 7 h, do: patient-bolus}",
      ], clock: "clock: {rtc: yes}\n")
    #expect(Array(run.texts("accepted", "command").filter { $0.hasPrefix("refill") }) == Self.steps)
    // What stayed behind, 547.5 uL and what the bolus did not take of a step, mixes.
    let mixed = (547.5 * 500_000 + 19_400 * Double(strength) * 1_000) / 19_947.5
    #expect(run.held.first == 500_000 && abs(Double(run.held.last ?? 0) - mixed) < 20)
    // With a journal each step of it takes a tick, in which the head may take in what is there.
    #expect(run.held.count <= 3, "\(run.held)")
    let given = run.steps.reduce(0) { $0 + $1.nanograms }
    #expect(abs(given / 1_000 - run.number("tip_mass_ug")) < 1e-6)
    let missing = run.number("prescribed_mass_ug") * 1_000 - given - run.deficit * 1_000
    // What a restart could not count was given all the same. A step of it is 1/64 uL.
    let (step, inDoubt) = (Double(strength) / 64, run.number("steps_in_doubt"))
    // Where it may be that the boundary has come the stronger is paid for.
    #expect(missing > -1 - inDoubt * step && missing < 1 + (1 + inDoubt) * step, "\(missing)")
    #expect((inDoubt > 0) == losesPower)
    // The pump knows what is in its line, and what is left.
    #expect(run.line.count == 1 && run.line == [run.held.last])
    let counted = run.number("reservoir", "counted", "ul")
    let doubt = run.number("steps_in_doubt") * 0.015625
    #expect((0...doubt + 1e-5).contains(run.number("reservoir", "truth", "ul") - counted))
    let truth = run.number("reservoir", "truth", "ul")
    #expect(run.number("reservoir_ul") == truth)
    #expect(run.number("reservoir", "least_ul") <= truth + 1e-5)
    #expect(run.number("reservoir", "most_ul") >= truth - 1e-5)
    let (earliest, expected) = (
      run.number("forecast", "low", "earliest_s"), run.number("forecast", "low", "expected_s")
    )
    #expect(earliest < expected && expected < run.number("forecast", "low", "latest_s"))
  }

  @Test("R-063 R-129 What the pump refuses of a refill ends it, with its reason")
  func refused() throws {
    func refill(_ old: String, _ new: String) -> [String] {
      [Self.refill(1_000).replacingOccurrences(of: old, with: new)]
    }
    let bolus = "{at: 29 min, do: bolus, dose: 5 ug, duration: 10 min}"
    for (events, reason, accepted) in [
      ([Self.refill(4_000)], "factor-above-5", 0),
      ([Self.refill(5)], "concentration-out-of-range", 0),
      ([bolus, Self.refill(1_000)], "extra-dose-running", 0),
      (refill("aspirated: 19.4", "aspirated: 20.1"), "more-than-reservoir", 1),
      (refill("aspirated: 19.4", "aspirated: 3.2"), "more-than-fits", 2),
      (refill("19.4", "9.4"), "mixture-off-label", 3),
      (refill("19.4 mL, filled: 19.4 mL,", "9.4 mL, filled: 9.4 mL, override: yes,"), "", 4),
      ([Self.refill(1_000), Self.refill(1_000)], "", 8),
    ] {
      let run = try run("1 h", events)
      #expect(run.texts("refusals", "reason") == (reason.isEmpty ? [] : [reason]))
      let told = run.texts("accepted", "command").filter { $0.hasPrefix("refill") }
      #expect(told == Array((Self.steps + Self.steps).prefix(accepted)), "\(reason)")
      let isUnknown = (2...3).contains(accepted)
      let lasting = (run.summary["alarms"] as? [[String: Any]] ?? []).contains {
        $0["code"] as? String == "reservoir-unknown" && !($0["cleared_s"] is NSNumber)
      }
      #expect(lasting == isUnknown, "\(reason)")
    }
  }

  @Test("R-063 R-131 A prime and a purge give nobody anything, while stopped and over a kill")
  func primed() throws {
    let run = try run(
      "8 h",
      [
        "{at: 1 h, do: catheter-emptied}", "{at: 61 min, do: prime}",
        "{at: 3 h, do: bolus, dose: 5 ug, duration: 10 min}",
        "{at: 4 h, do: stop}", "{at: 241 min, do: line-replaced}", "{at: 242 min, do: purge}",
        "{at: 250 min, do: connected}", "{at: 252 min, do: resume}",
        "{at: 5 h, do: catheter-emptied}", "{at: 301 min, do: prime}",
        "{at: 18080 s, fault: kill, for: 5 s}", "{at: 305 min, do: prime}",
      ])
    #expect(run.texts("refusals", "reason") == [])
    let (old, none) = (500_000, 0)
    #expect(run.held == [old, none, old, none, old, none, old])
    // Of 12.5 ug/h no more is missing than a minute until the prime and 72 s of it bring, and 5 min of the one
    // that was killed; without them it would be 20 ug and more.
    #expect(run.deficit > 0.4 && run.deficit < 2.5, "\(run.deficit)")
    let wasted = run.steps.filter { $0.held == none }
    #expect(wasted.count >= 4 * 1_280 - 3 && wasted.allSatisfy { $0.nanograms == 0 })
  }

  @Test("R-063 R-128 Of a line that is emptied nothing comes, which is a deficit of its own")
  func emptied() throws {
    for (event, micrograms, line) in [
      ("catheter-emptied", 10.0, [500_000]), ("line-replaced", 20.0, [500_000]),
    ] {
      let run = try run("6 h", "{at: 1 h, do: \(event)}")
      #expect(run.held == [500_000, 0, 500_000] && run.line == line)
      #expect(abs(run.number("deficit", "no_drug_ug") - micrograms) < 1e-6)
      #expect(abs(run.number("tip_mass_ug") - (75 - micrograms)) < 0.008)
      let unconnected = event == "line-replaced" ? ["not-connected"] : []
      #expect(run.texts("alarms", "code") == ["no-drug-at-tip"] + unconnected)
    }
    // While it lasts, and when it is over.
    let short = try run("2 h", "{at: 1 h, do: line-replaced}")
    let first = (short.summary["line"] as? [[String: Any]])?.first
    #expect(short.line == [0, 500_000] && first?["ul"] as? Double == 15 - 1.0 / 64)
    // 40 uL at 25 uL/h, from 1 h on: the first step of them is made at once.
    #expect(abs((first?["leaves_s"] as? Double ?? 0) - (2.6 * 3_600 - 2.25)) < 0.02)
  }

  @Test("R-063 What is filled in may be less than is told: the pump counts what it was told")
  func otherwise() throws {
    let run = try run("3 h", Self.refill(500, ", really_filled: 10 mL, lot: A-7"))
    let missing = run.number("reservoir", "counted", "ul") - run.number("reservoir", "truth", "ul")
    #expect(abs(missing - 9_400) < 1e-3)
  }

  @Test("R-129 A kill amid a refill leaves it, and what nobody heard is told")
  func cut() throws {
    let run = try run(
      "2 h", "{at: 20 min, fault: storage-slow, delay: 500 ms, for: 20 min}", Self.refill(1_000),
      "{at: 1801 s, fault: kill, for: 10 s}")
    // The step that was not yet written down never happened, and nobody hears the one after it.
    #expect(run.texts("refusals", "reason") == ["not-running", "taken-back"])
    let told = run.texts("accepted", "command").filter { $0.hasPrefix("refill") }
    #expect(told == Array(Self.steps.prefix(told.count)) && (1...3).contains(told.count))
    let away = try self.run(
      "1 h", "{at: 29 min, fault: kill, for: 10 min}", Self.refill(1_000))
    #expect(away.texts("refusals", "reason") == ["not-running"])
    #expect(away.texts("refusals", "command") == ["refill-begin"])
  }

  @Test("R-064 pumpctl check knows a refill, and names what is wrong with one")
  func check() throws {
    let folder = try TemporaryFolder()
    let good = try folder.scenario("1 h", Self.refill(1_000), "{at: 40 min, do: line-replaced}")
    let outcome = try Programs.run("pumpctl", "check", good)
    #expect(outcome.code == 0 && outcome.output.contains("2 events"), "\(outcome.errors)")
    let bad = try folder.scenario("1 h", "{at: 30 min, do: refill, filled: 1 mL}")
    let refused = try Programs.run("pumpctl", "check", bad)
    #expect(refused.code == 65 && refused.errors.contains("key 'aspirated' is missing"))
  }
}
