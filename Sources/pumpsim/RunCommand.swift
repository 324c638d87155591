internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Quantities

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a scenario in virtual time.",
    discussion: """
      Events of a scenario, each with its time, as in {at: 3 h, do: bolus, dose: 20 ug, duration: 30 min}:
      \(ScenarioDocument.eventForms.joined(separator: "\n"))
      """)

  @Argument(help: ArgumentHelp("The scenario.", valueName: "scenario.yaml"))
  var path: String

  @Option(help: "Use this seed instead of the scenario's.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Write a row for each motor step; '-' is standard output.", valueName: "FILE.csv"))
  var trace: String?

  @Option(
    help: ArgumentHelp(
      "Write the summary as one JSON object; '-' is standard output.", valueName: "FILE.json"))
  var summary: String?

  func validate() throws {
    if trace == "-", summary == "-" {
      throw ValidationError("only one of --trace and --summary can be standard output")
    }
  }

  func run() throws {
    try Pumpsim.guarded { try simulate() }
  }

  private func simulate() throws {
    let document = try ScenarioDocument(path: path)
    for warning in document.warnings { Pumpsim.complain(warning) }
    var traceFile: TraceFile?
    if let trace {
      traceFile = try TraceFile(trace, rig: document.scenario.rig)
    }
    var scenario = document.scenario
    if let seed { scenario.seed = seed }
    var run = try ScenarioRun(scenario, trace: traceFile)
    try run.run()
    let outcome = run.summary(
      path: document.path, inputs: document.inputs, seed: scenario.seed)
    try write(outcome)
    for violation in outcome.violations { Pumpsim.complain("\(path): violation: \(violation)") }
    if !outcome.violations.isEmpty {
      throw ArgumentParser.ExitCode(Documents.ExitCode.violation.rawValue)
    }
  }

  private func write(_ outcome: Summary) throws {
    if summary == "-" {
      print(try outcome.json(isPretty: true), terminator: "")
      return
    }
    if let summary {
      var file = try OutputFile(summary)
      try file.write(outcome.json(isPretty: true))
      try file.finish()
    }
    for line in outcome.lines {
      if trace == "-" { Pumpsim.complain(line) } else { print(line) }
    }
  }
}

extension Summary {
  /// The summary for a person.
  fileprivate var lines: [String] {
    func number(_ value: Double) -> String {
      decimalText(Int64(value * 1000), per: 1000, decimals: 3)
    }
    let million = Double(ticks) / max(wallS, 1e-9) / 1e6
    // Those that any run may have, and of the rare ones what there is.
    let deficits =
      [
        ("late ticks", deficit.lateTickUg), ("waiting steps", deficit.stepWaitedUg),
        ("limits", deficit.limitUg),
      ] as [(name: String, ug: Double)]
      + [
        ("reservoir empty", deficit.reservoirEmptyUg), ("hard stop", deficit.hardStopUg),
        ("drive failed", deficit.driveFailedUg), ("not running", deficit.notRunningUg),
        ("not written down", deficit.noLeaseUg), ("suspended", deficit.suspendedUg),
        ("no drug at the tip", deficit.noDrugUg),
      ].filter { $0.1 > 0 }
    let parts = [
      ("basal", delivered.basalUg, prescribed.basalUg),
      ("patient boluses", delivered.patientBolusUg, prescribed.patientBolusUg),
      ("boluses", delivered.bolusUg, prescribed.bolusUg),
    ].filter { $0.2 > 0 }.map { "\($0.0) \(number($0.1)) of \(number($0.2))" }
    let head: [String?] = [
      "SIMULATED \(scenario), seed \(seed)",
      "  ran        \(Nanoseconds(Int64(durationS * 1e9)).durationText) in \(number(wallS)) s, "
        + "\(number(million)) million ticks a second",
      "  motor      \(motorSteps) steps of \(commandedSteps) commanded, "
        + "\(number(deliveredVolumeUl)) uL",
      "  delivered  \(number(deliveredMassUg)) mcg of \(number(prescribedMassUg)) mcg prescribed",
      parts.isEmpty ? nil : "  of that    " + parts.joined(separator: ", ") + " mcg",
      "  deficit    " + deficits.map { "\($0.name) \(number($0.ug))" }.joined(separator: ", ")
        + " mcg",
      "  reservoir  \(number(reservoirUl / 1000)) mL left of "
        + "\(number(reservoir.truth.ngPerMl / 1000)) mcg/mL",
    ]
    var lines = head.compactMap(\.self)
    for (index, part) in line.enumerated() where line.count > 1 {
      let drug = part.ngPerMl > 0 ? "\(number(part.ngPerMl / 1000)) mcg/mL" : "no drug"
      let leaves = part.leavesS.map {
        ", until \(Nanoseconds(Int64($0) * 1_000_000_000).durationText)"
      }
      lines.append(
        "  \(index == 0 ? "line     " : "         ")  \(number(part.ul)) uL of \(drug)\(leaves ?? "")"
      )
    }
    for refusal in refusals {
      lines.append(
        "  refused    \(refusal.command) at "
          + "\(Nanoseconds(Int64(refusal.atS * 1e9)).durationText): \(refusal.text)")
    }
    for alarm in alarms {
      let raised = Nanoseconds(Int64(alarm.raisedS * 1e9)).durationText
      let cleared = alarm.clearedS.map { "until \(Nanoseconds(Int64($0 * 1e9)).durationText)" }
      lines.append(
        "  alarm      \(alarm.priority) \(alarm.code) from \(raised) \(cleared ?? "on")")
    }
    lines.append(
      violations.isEmpty
        ? "  oracle     no violation" : "  oracle     \(violations.count) violations")
    return lines
  }
}
