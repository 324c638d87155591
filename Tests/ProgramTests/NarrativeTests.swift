import Fixtures
import Foundation
import Testing

/// Stories that an earlier engine, or the oracle of its runs, told wrongly.
@Suite struct NarrativeTests {
  /// What a run has to come to; its oracle has to be content with all of them.
  struct Narrative: Sendable {
    let name: String
    var steps: Int64
    var deficits: [String: Double] = [:]
    /// The command, when it was asked, and when it is allowed, in seconds.
    var refusals: [Refusal] = []

    struct Refusal: Equatable {
      let command: String
      let reason: String
      let asked: Double
      let allowed: Double?
    }
  }

  static let narratives = [
    // The lockout ends before the hour has room: the promise is that of both.
    Narrative(
      name: "lockout-promise", steps: 40_960,
      refusals: [
        .init(command: "patient-bolus", reason: "lockout", asked: 1_320, allowed: 4_260),
        .init(command: "patient-bolus", reason: "dose-limit-1h", asked: 1_726, allowed: 4_260),
      ]),
    Narrative(name: "decrease-with-tighter-limits", steps: 130_560),
    Narrative(name: "decrease-first-limits-later", steps: 130_560),
    // Half an hour of 12.5 ug/h passed in one tick in which a stop was asked for.
    Narrative(
      name: "late-tick-ends-in-stop", steps: 5_333, deficits: ["late_tick_ug": 6.25]),
    Narrative(name: "late-tick-outlasts-scenario", steps: 2_399),
    Narrative(name: "program-changes-patient-bolus", steps: 48_640),
    Narrative(name: "reservoir-empty", steps: 4_800, deficits: ["reservoir_empty_ug": 12.5]),
    Narrative(
      name: "stop-in-fast-bolus", steps: 4_862, deficits: ["step_waited_ug": 0.002]),
    // The schedule changes between two ticks of the clock that people set.
    Narrative(name: "start-between-ticks", steps: 7_040),
  ]

  @Test(
    "R-012 R-015 R-016 R-063 R-115 A story that was told wrongly once is told rightly",
    arguments: narratives)
  func narrative(_ narrative: Narrative) throws {
    let folder = try TemporaryFolder()
    let outcome = try Programs.run(
      "pumpsim", "run", Fixture.url("narratives/\(narrative.name).yaml").path, "--summary",
      folder.path("summary.json"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("summary.json")))
    let summary = Facts(value: try JSONSerialization.jsonObject(with: data))
    #expect(summary["violations"].list.isEmpty)
    #expect(summary["motor_steps"].number == narrative.steps)
    for key in summary["deficit"].keys {
      let micrograms = try #require(summary["deficit"][key].value as? NSNumber).doubleValue
      // It is told to a nanogram, and a tick may be booked on either side of an edge.
      #expect(abs(micrograms - narrative.deficits[key, default: 0]) < 0.005, "\(key)")
    }
    let refusals = summary["refusals"].list.map {
      Narrative.Refusal(
        command: $0["command"].text ?? "", reason: $0["reason"].text ?? "",
        asked: ($0["at_s"].value as? NSNumber)?.doubleValue ?? -1,
        allowed: ($0["allowed_at_s"].value as? NSNumber)?.doubleValue)
    }
    #expect(refusals == narrative.refusals)
  }
}
