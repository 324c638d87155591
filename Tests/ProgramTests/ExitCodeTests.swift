import Foundation
import Testing

/// One bad thing, and what must come of it.
struct BadCall: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let program: String
  let arguments: [String]
  /// Files to write first.
  var files: [String: String] = [:]
  let code: Int32
  /// What the error has to name.
  let says: String
}

private let rigAndScenario = ["rig.yaml": Texts.rig, "scenario.yaml": Texts.scenario("1 h")]

private let badCalls = [
  BadCall(
    testDescription: "an unknown option", program: "pumpsim", arguments: ["run", "x", "--wrong"],
    code: 64, says: "--wrong"),
  BadCall(
    testDescription: "a bolus without a unit", program: "pumpctl",
    arguments: ["bolus", "--dose", "20", "--duration", "30 min"], code: 64, says: "--dose"),
  BadCall(
    testDescription: "a bolus below nothing", program: "pumpctl",
    arguments: ["bolus", "--dose", "-20 ug", "--duration", "30 min"], code: 64,
    says: "'-20' is not a decimal number"),
  BadCall(
    testDescription: "a bolus without a duration", program: "pumpctl",
    arguments: ["bolus", "--dose", "20 ug"], code: 64, says: "needs --dose and --duration"),
  BadCall(
    testDescription: "a cancel with a dose", program: "pumpctl",
    arguments: ["bolus", "--cancel", "--dose", "20 ug"], code: 64, says: "leave --dose"),
  BadCall(
    testDescription: "a time without a day", program: "pumpctl",
    arguments: ["log", "--since", "02:00"], code: 64, says: "accepted: 2026-03-01, 2026-03-01T08:00"
  ),
  BadCall(
    testDescription: "a time that is a length", program: "pumpctl",
    arguments: ["log", "--since", "-1 h"], code: 64, says: "accepted: 2026-03-01, 2026-03-01T08:00"
  ),
  BadCall(
    testDescription: "a priority out of range", program: "pumpd",
    arguments: ["--rig", "rig.yaml", "--state", "s", "--priority", "100"], code: 64,
    says: "0 to 99"),
  BadCall(
    testDescription: "a rig that is not there", program: "pumpd",
    arguments: ["--rig", "none.yaml", "--state", "s"], code: 66, says: "none.yaml"),
  BadCall(
    testDescription: "a rig with a wrong value", program: "pumpd",
    arguments: ["--rig", "rig.yaml", "--state", "s"],
    files: ["rig.yaml": Texts.rig.replacingOccurrences(of: "10 ms", with: "7 ms")], code: 78,
    says: "tick"),
  BadCall(
    testDescription: "a rig of real lines that does not say where they are", program: "pumpd",
    arguments: ["--rig", "rig.yaml", "--state", "s"],
    files: ["rig.yaml": Texts.rig.replacingOccurrences(of: "simulated", with: "linux")], code: 78,
    says: "gpio"),
  BadCall(
    testDescription: "a chip that this machine does not have", program: "pumpd",
    arguments: ["--rig", "rig.yaml", "--state", "s"],
    files: [
      "rig.yaml": Texts.rig.replacingOccurrences(of: "simulated", with: "linux")
        + "gpio: {chip: no-such-chip, step: 1, dir: 2, enable: 3, heartbeat: 4, buzzer: 5, lamp: 6}\n"
    ], code: 69, says: "no chip has the label 'no-such-chip'"),
  BadCall(
    testDescription: "an empty rig", program: "pumpd",
    arguments: ["--rig", "rig.yaml", "--state", "s"],
    files: ["rig.yaml": ""], code: 78, says: "empty"),
  BadCall(
    testDescription: "a rig that is no text", program: "pumpd",
    arguments: ["--rig", "rig.yaml", "--state", "s"], files: ["rig.yaml": "a\0b"], code: 78,
    says: "UTF-8"),
  BadCall(
    testDescription: "a scenario whose rig is empty", program: "pumpsim",
    arguments: ["run", "scenario.yaml"],
    files: [
      "rig.yaml": "", "scenario.yaml": Texts.scenario("1 h"),
      "prescription.yaml": Texts.prescription,
    ], code: 78, says: "empty"),
  BadCall(
    testDescription: "a scenario that is not there", program: "pumpsim",
    arguments: ["run", "none.yaml"], code: 66, says: "none.yaml"),
  BadCall(
    testDescription: "a scenario that is a directory", program: "pumpsim",
    arguments: ["run", "."], code: 66, says: "directory"),
  BadCall(
    testDescription: "an empty scenario", program: "pumpsim", arguments: ["run", "empty.yaml"],
    files: ["empty.yaml": ""], code: 65, says: "empty"),
  BadCall(
    testDescription: "a prescription with an unknown key", program: "pumpsim",
    arguments: ["run", "scenario.yaml"],
    files: rigAndScenario.merging(
      ["prescription.yaml": Texts.prescription + "colour: blue\n"], uniquingKeysWith: { $1 }),
    code: 65, says: "colour"),
  BadCall(
    testDescription: "a prescription that its own limits never allow", program: "pumpsim",
    arguments: ["run", "scenario.yaml"],
    files: rigAndScenario.merging(
      [
        "prescription.yaml": Texts.prescription.replacingOccurrences(
          of: "max_dose_24h: 500 ug", with: "max_dose_24h: 100 ug")
      ], uniquingKeysWith: { $1 }), code: 65, says: "max_dose_24h"),
  BadCall(
    testDescription: "a trace that cannot be written", program: "pumpsim",
    arguments: ["run", "scenario.yaml", "--trace", "no/such/folder/trace.csv"],
    files: rigAndScenario.merging(
      ["prescription.yaml": Texts.prescription], uniquingKeysWith: { $1 }), code: 69,
    says: "trace.csv"),
]

@Suite struct ExitCodeTests {
  @Test("R-064 bad input ends with its exit code and names what is wrong", arguments: badCalls)
  func endsWithItsCode(_ call: BadCall) throws {
    let folder = try TemporaryFolder()
    for (name, text) in call.files { try folder.write(name, text) }
    let arguments = call.arguments.map { argument in
      argument.hasPrefix("-") || !(argument.hasSuffix(".yaml") || [".", "s"].contains(argument))
        ? argument : folder.path(argument)
    }
    let outcome = try Programs.run(call.program, arguments)
    #expect(outcome.code == call.code, "\(outcome.errors)")
    #expect(outcome.errors.contains(call.says), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  @Test func aFileOfTenMegabytesIsRefusedByItsSize() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("big.yaml", String(repeating: "# filler\n", count: 1_200_000))
    let outcome = try Programs.run("pumpsim", "run", path)
    #expect(outcome.code == 65)
    #expect(outcome.errorLines.count == 1)
  }

  @Test func aFullDiskLeavesNoHalfATrace() throws {
    let folder = try TemporaryFolder()
    let scenario = try folder.scenario("1 h")
    let outcome = try Programs.run("pumpsim", "run", scenario, "--summary", "/dev/full/summary")
    #expect(outcome.code == 69)
    // /dev/full takes the open and refuses the write.
    let full = folder.path("trace.csv")
    try FileManager.default.createSymbolicLink(
      atPath: full + ".partial", withDestinationPath: "/dev/full")
    let second = try Programs.run("pumpsim", "run", scenario, "--trace", full)
    #expect(second.code == 69)
    #expect(second.errors.contains("trace.csv"))
    #expect(!FileManager.default.fileExists(atPath: full))
  }
}
