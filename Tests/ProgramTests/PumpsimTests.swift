import Foundation
import Testing

@Suite struct PumpsimTests {
  /// Runs a scenario and gives its summary and the times of its motor steps.
  private func run(
    _ folder: TemporaryFolder, _ scenario: String
  ) throws -> (summary: [String: Any], times: [Int64]) {
    let (trace, summary) = (folder.path("trace.csv"), folder.path("summary.json"))
    let outcome = try Programs.run(
      "pumpsim", "run", scenario, "--trace", trace, "--summary", summary)
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("SIMULATED"))
    let data = try Data(contentsOf: URL(fileURLWithPath: summary))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let rows = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    #expect(rows.first?.hasPrefix("time_ns,") == true)
    let times = rows.dropFirst().compactMap { Int64($0.prefix { $0 != "," }) }
    #expect(times.count == rows.count - 1)
    return (object, times)
  }

  private func number(_ summary: [String: Any], _ key: String) throws -> Double {
    try #require(summary[key] as? NSNumber, "\(key)").doubleValue
  }

  @Test func continuousBasalStepsExactlyEveryQuarterOfNineSeconds() throws {
    // 300 ug/d at 500 ug/mL is 600 uL/d; a step is 50 uL / 3200: one every 2.25 s exactly.
    let folder = try TemporaryFolder()
    let (summary, times) = try run(folder, folder.scenario("24 h"))
    #expect(times == (1...38_400).map { Int64($0) * 2_250_000_000 })
    #expect(try number(summary, "motor_steps") == 38_400)
    #expect(try number(summary, "commanded_steps") == 38_400)
    #expect(try number(summary, "delivered_volume_ul") == 600)
    #expect(try number(summary, "delivered_mass_ug") == 300)
    #expect(try number(summary, "duration_s") == 86_400)
    #expect(try number(summary, "seed") == 1)
    for key in ["alarms", "refusals", "violations"] {
      #expect((summary[key] as? [Any])?.isEmpty == true, "\(key)")
    }
  }

  @Test func aBolusIsAddedToBasalAndDeliveredInFull() throws {
    let folder = try TemporaryFolder()
    let (summary, times) = try run(
      folder, folder.scenario("24 h", "{at: 7 h, do: bolus, dose: 20 ug, duration: 30 min}"))
    // 20 ug are 40 uL or 2560 steps.
    #expect(try number(summary, "motor_steps") == 40_960)
    let hours = Int64(3_600_000_000_000)
    let during = times.filter { $0 > 7 * hours && $0 <= 7 * hours + hours / 2 }
    #expect(during.count == 2560 + 800)
  }

  @Test("R-043 A cancel in a scenario ends the bolus alone, and one with nothing to end is refused")
  func cancel() throws {
    let folder = try TemporaryFolder()
    let (summary, times) = try run(
      folder,
      folder.scenario(
        "24 h", "{at: 7 h, do: bolus, dose: 20 ug, duration: 30 min}",
        "{at: 435 min, do: cancel-bolus}", "{at: 8 h, do: cancel-bolus}"))
    // Half of 2560 steps; basal goes on.
    #expect(try number(summary, "motor_steps") == 38_400 + 1280)
    let minute = Int64(60_000_000_000)
    let after = times.filter { $0 > 435 * minute && $0 <= 465 * minute }
    #expect(after.count == 800)
    let refusals = try #require(summary["refusals"] as? [[String: Any]])
    #expect(refusals.map { $0["reason"] as? String } == ["no-extra-dose"])
  }

  @Test func lockoutRefusesAndSaysWhenItWillNot() throws {
    let folder = try TemporaryFolder()
    let (summary, _) = try run(
      folder,
      folder.scenario(
        "12 h", "{at: 1 h, do: patient-bolus}", "{at: 2 h, do: patient-bolus}",
        "{at: 18600 s, do: patient-bolus}"))
    let refusals = try #require(summary["refusals"] as? [[String: Any]])
    #expect(refusals.count == 1)
    #expect(refusals.first?["reason"] as? String == "lockout")
    #expect(refusals.first?["command"] as? String == "patient-bolus")
    #expect((refusals.first?["at_s"] as? NSNumber)?.doubleValue == 7200)
    // 1 h + 10 min + 4 h.
    #expect((refusals.first?["allowed_at_s"] as? NSNumber)?.doubleValue == 18_600)
  }

  @Test func aStopIsAnAlarmThatEscalatesAndIsClearedByResume() throws {
    let folder = try TemporaryFolder()
    let (summary, times) = try run(
      folder, folder.scenario("6 h", "{at: 1 h, do: stop}", "{at: 3 h, do: resume}"))
    // A stop loses no tick: the step that was due in it is made after resume.
    #expect(times.count == 4 * 1600)
    let alarms = try #require(summary["alarms"] as? [[String: Any]])
    #expect(alarms.map { $0["priority"] as? String } == ["medium", "high"])
    #expect(alarms.map { ($0["raised_s"] as? NSNumber)?.doubleValue } == [3600, 7200])
    #expect(alarms.map { ($0["cleared_s"] as? NSNumber)?.doubleValue } == [7200, 10_800])
  }

  @Test func lateTicksAreADeficitAndNeverMadeUp() throws {
    let folder = try TemporaryFolder()
    let (summary, times) = try run(
      folder, folder.scenario("2 h", "{at: 1 h, fault: late-tick, for: 900 s}"))
    // The interlock lapses in the pause and lets steps through again after the next complete tick.
    #expect(times.count >= 2 * 1600 - 401 && times.count <= 2 * 1600 - 399)
    #expect(
      try number(summary, "ticks_missed") == 89_999 || number(summary, "ticks_missed") == 90_000)
    let deficit = try #require(summary["deficit"] as? [String: Any])
    let late = try #require(deficit["late_tick_ug"] as? NSNumber).doubleValue
    #expect(abs(late - 3.125) < 0.001)
  }

  @Test func theSameScenarioGivesTheSameTrace() throws {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario("12 h", "{at: 1 h, do: patient-bolus}")
    let first = try run(folder, scenario).times
    let second = try run(folder, scenario).times
    #expect(first == second)
  }

  private func deficit(_ summary: [String: Any], _ key: String) throws -> Double {
    let deficit = try #require(summary["deficit"] as? [String: Any])
    return try #require(deficit[key] as? NSNumber, "\(key)").doubleValue
  }

  @Test("R-114 R-115 a drive that fails for a while costs what was ordered meanwhile, and says so")
  func driveFails() throws {
    let folder = try TemporaryFolder()
    let (summary, times) = try run(
      folder, folder.scenario("2 h", "{at: 1 h, fault: drive-fails, for: 15 min}"))
    let minute = Int64(60_000_000_000)
    #expect(times.filter { $0 >= 60 * minute && $0 < 75 * minute }.isEmpty)
    // 12.5 ug/h for a quarter of an hour, but for the step that waits.
    #expect(abs(try deficit(summary, "drive_failed_ug") - 3.125) < 0.01)
    let alarms = try #require(summary["alarms"] as? [[String: Any]])
    #expect(alarms.contains { $0["code"] as? String == "drive-fails" })
  }

  @Test(
    "R-114 an enable line that cannot be written stops the motor, and is written when it can be")
  func outputFails() throws {
    let folder = try TemporaryFolder()
    let (summary, times) = try run(
      folder,
      folder.scenario(
        "3 h", "{at: 1 h, do: stop}", "{at: 2 h, fault: output-fails, line: enable, for: 10 min}",
        "{at: 2 h, do: resume}"))
    let minute = Int64(60_000_000_000)
    #expect(times.filter { $0 > 60 * minute && $0 < 130 * minute }.isEmpty)
    #expect(times.filter { $0 >= 130 * minute }.count > 1_300)
    #expect(abs(try deficit(summary, "drive_failed_ug") - 2.083) < 0.02)
  }

  @Test("R-063 a trace says what each step comes to and what ran, on standard output too")
  func trace() throws {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario("2 h", "{at: 1 h, do: patient-bolus}")
    let outcome = try Programs.run("pumpsim", "run", scenario, "--trace", "-")
    #expect(outcome.code == 0 && outcome.errors.contains("SIMULATED"))
    let rows = outcome.output.split(separator: "\n")
    #expect(
      rows.first
        == "time_ns,motor_steps,volume_pl,tip_total_ng,mode,extra_dose,mass_ng,tip_ng_per_ml")
    #expect(rows[1] == "2250000000,1,15625,7,continuous,,7.8125,500000")
    #expect(rows[2].hasPrefix("4500000000,2,31250,15,"))
    let bolus = rows.filter { $0.contains(",continuous,patient-bolus,7.8125,") }
    // 10 ug of bolus and 2.08 ug of basal in 10 min, 7.8125 ng each.
    #expect(abs(bolus.count - 1_546) <= 2)
    let both = try Programs.run(
      "pumpsim", "run", scenario, "--trace", "-", "--summary", "-")
    #expect(both.code == 64)
  }

  @Test("R-063 a summary tells what was granted and the digests of what was run")
  func inputs() throws {
    let folder = try TemporaryFolder()
    let (summary, _) = try run(
      folder,
      folder.scenario("2 h", "{at: 1 h, do: patient-bolus}", "{at: 61 min, do: patient-bolus}"))
    let accepted = try #require(summary["accepted"] as? [[String: Any]])
    #expect(accepted.compactMap { $0["command"] as? String } == ["program", "patient-bolus"])
    let inputs = try #require(summary["inputs"] as? [[String: String]])
    #expect(inputs.count == 3 && inputs.allSatisfy { $0["digest"]?.count == 64 })
    for kind in ["prescribed", "delivered"] {
      let causes = try #require(summary[kind] as? [String: NSNumber])
      #expect(causes.count == 3 && causes["bolus_ug"] == 0)
      // Whole steps of 7.8 ng.
      #expect(abs((causes["patient_bolus_ug"]?.doubleValue ?? 0) - 10) < 0.01)
      #expect(abs((causes["basal_ug"]?.doubleValue ?? 0) - 25) < 0.01)
    }
  }
}
