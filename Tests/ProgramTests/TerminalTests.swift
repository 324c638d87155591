import ChildProcess
import Foundation
import Testing

/// What somebody reads who works with the programs: hints, units, times, and no names out of the code.
@Suite struct TerminalTests {
  private static let flex = Texts.prescription.replacingOccurrences(
    of: "basal: {mode: continuous, dose: 300 ug/d}",
    with: """
      basal:
        mode: flex
        patterns: {day: [{from: "00:00", rate: 10 ug/h}, {from: "12:00", rate: 14.5 ug/h}]}
        week: {mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day}
      """)

  @Test("Before a therapy no patient is named, and the limits are those of the rig")
  func beforeTherapy() throws {
    let pump = try RunningPump()
    let text = try pump.control("status").output
    #expect(text.contains("no therapy: give it one with pumpctl program FILE"), "\(text)")
    #expect(!text.contains("patient BP-0001"))
    #expect(text.contains("1 h limit     at most 1 mL, by the rig"), "\(text)")
    #expect(text.contains("24 h limit    at most 5 mL, by the rig"))
    let status = try pump.status()
    for key in ["patient", "drug", "concentration_nanograms_per_millilitre"] {
      #expect(status[key] == nil || status[key] is NSNull, "\(key)")
    }
    #expect(try pump.number("rig_limit_hour_picolitres") == 1_000_000_000)
    #expect(try pump.number("rig_limit_day_picolitres") == 5_000_000_000)
  }

  @Test("A rate is shown by the hour where it is ordered so, in program, status, show and export")
  func oneUnit() throws {
    let pump = try RunningPump()
    #expect(try pump.program(Self.flex).code == 0)
    #expect(try pump.control("clock", "--set", "now").code == 0)
    try pump.waitUntil("flex runs") { try pump.word("mode") == "flex" }
    let text = try pump.control("status").output
    let lines = text.split(separator: "\n")
    let now = try #require(lines.first { $0.contains("basal now") })
    let next = try #require(lines.first { $0.contains("next step") })
    #expect(now.contains("10 mcg/h") || now.contains("14.5 mcg/h"), "\(now)")
    #expect(next.contains(" mcg/h at 20"), "\(next)")
    // Each time of day stands beside its date and its offset from UTC.
    #expect(
      try #require(lines.first).contains(/20\d\d-\d\d-\d\d \w{3} \d\d:\d\d:\d\d UTC\+00:00/),
      "\(text)"
    )
    #expect(next.contains(/20\d\d-\d\d-\d\d \w{3} (00|12):00:00 UTC\+00:00/), "\(next)")
    for line in lines where line.contains("limit") == false { #expect(line.count <= 79, "\(line)") }
    let shown = try pump.control("show").output
    #expect(shown.contains("rate: 10 ug/h") && shown.contains("rate: 14.5 ug/h"), "\(shown)")
    #expect(pump.end() == 0)
    let out = pump.folder.path("out")
    #expect(try Programs.run("pumpctl", "export", out, "--state", pump.state).code == 0)
    let order = try String(contentsOfFile: out + "/prescription-1.yaml", encoding: .utf8)
    #expect(order.contains("rate: 14.5 ug/h"), "\(order)")
  }

  @Test(
    "R-143 An acknowledge says what would end the alarms that stay on, and a second one is in vain")
  func whatEnds() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control("stop").code == 0)
    let seen = try pump.control("acknowledge")
    #expect(seen.code == 0 && seen.errors.contains("pumpctl resume ends it"), "\(seen.errors)")
    #expect(try pump.control("status").output.contains(", acknowledged"))
    let refused = try pump.control("acknowledge")
    #expect(refused.code == 65, "\(refused.output)")
    #expect(refused.errors.contains("stopped by command"), "\(refused.errors)")
    #expect(refused.errors.contains("pumpctl resume ends it"))
    #expect(refused.errors.contains("no alarm is on that nobody has acknowledged"))
  }

  @Test("Who only looks at a change has done what he wanted; who types another word has not")
  func looking() throws {
    let pump = try RunningPump()
    let file = try pump.folder.write("order.yaml", Texts.prescription)
    let no = try pump.folder.write("no", "no\n")
    for (input, code) in [("/dev/null", Int32(0)), (no, 65)] {
      let outcome = try pump.control(["program", file], as: pump.clinician, input: input)
      #expect(
        outcome.code == code && outcome.errors.contains("nothing was changed"), "\(outcome.errors)")
      #expect(outcome.output.contains("digest"))
    }
    #expect(try pump.word("mode") == "no-therapy")
    // What was given in the past is no change that somebody looks at first.
    let west = try pump.control(
      ["clock", "--utc-offset", "-03:30"], as: pump.clinician, input: pump.clinician.yes)
    #expect(west.code == 0 && west.output.contains("-03:30"), "\(west.errors)")
  }

  @Test("key new and enroll each say what comes next")
  func hints() throws {
    let pump = try RunningPump()
    let someone = pump.folder.path("someone")
    let made = try Programs.run("pumpctl", ["key", "new", "--key", someone])
    #expect(made.output.contains("pumpd enroll --state DIR --role ROLE --name NAME "))
    let key = try #require(made.output.split(whereSeparator: \.isWhitespace).last)
    let enrolled = try Programs.run(
      "pumpd", "enroll", "--state", pump.state, "--role", "technician", "--name", "anna",
      String(key))
    let lines = enrolled.output.split(separator: "\n")
    let pumpKey = try #require(lines.last?.split(separator: " ").last)
    #expect(
      lines.contains("pumpctl key trust --state \(pump.state) \(pumpKey)"), "\(enrolled.output)")
  }

  @Test(
    "R-064 A command that is not known is one line, with the nearest one",
    arguments: [
      ("pumpctl", ["docto"], "did you mean doctor?"),
      ("pumpctl", ["key", "lst"], "did you mean list?"),
      ("pumpctl", ["xyzzy"], "accepted: status, program"),
      ("pumpsim", ["rum"], "did you mean run?"),
      ("pumpd", ["enrol", "--state", "x"], "did you mean enroll?"),
    ])
  func unknown(program: String, arguments: [String], says: String) throws {
    let outcome = try Programs.run(program, arguments)
    #expect(outcome.code == 64 && outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(says), "\(outcome.errors)")
  }

  @Test("The help of a run names every event and its keys")
  func events() throws {
    let help = try Programs.run("pumpsim", "run", "--help").output
    for form in [
      "fault: late-tick, for: ...", "do: cancel-bolus", "fault: output-fails, for: ..., line: ...",
    ] {
      #expect(help.contains(form), "\(help)")
    }
  }

  // MARK: JSON

  private func keys(_ value: Any) -> Set<String> {
    if let list = value as? [Any] { return list.reduce(into: []) { $0.formUnion(keys($1)) } }
    guard let object = value as? [String: Any] else { return [] }
    return object.reduce(into: Set(object.keys)) { $0.formUnion(keys($1.value)) }
  }

  @Test("Every key of what the programs say in JSON is in snake case")
  func snakeCase() throws {
    let pump = try RunningPump()
    try pump.program()
    _ = try pump.control("patient-bolus")
    _ = try pump.control("bolus", "--cancel")
    let stranger = pump.folder.path("stranger")
    _ = try Programs.run("pumpctl", ["key", "new", "--key", stranger])
    _ = try pump.control("stop", "--signed", "--key", stranger)
    #expect(
      pump.log.contains("patient-bolus by ") && !pump.log.contains("patientBolus"), "\(pump.log)")
    _ = try pump.folder.scenario("1 h")
    let summary = try Programs.run(
      "pumpsim", "run", pump.folder.path("scenario.yaml"), "--summary", "-")
    let doctor = try Programs.run("pumpctl", "doctor", "--json", "--state", pump.state)
    let status = try pump.control("status", "--json")
    #expect(pump.end() == 0)
    let log = try Programs.run("pumpctl", "log", "--json", "--all", "--state", pump.state)
    let texts =
      [summary.output, doctor.output, status.output]
      + log.output.split(separator: "\n").map(String.init)
    var seen: Set<String> = []
    for text in texts {
      let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
      seen.formUnion(keys(value))
    }
    #expect(
      seen.isSuperset(of: ["motor_steps", "deficit_nanograms", "late_tick", "dose_end"]), "\(seen)")
    #expect(seen.isSuperset(of: ["frames_refused"]), "\(seen)")
    for key in seen { #expect(key.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, "\(key)") }
  }
}
