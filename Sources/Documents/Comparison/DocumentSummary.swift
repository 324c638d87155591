public import DosingCore
internal import Quantities

// What a file that is good says, in lines of which the first names its kind.

extension RigDocument {
  public var summary: [String] {
    let backend = backend == .simulated ? "simulated" : "real lines"
    return [
      "a good rig: \(name.text), serial \(serial.text), \(backend)",
      "  rates       \(rig.pump.minRate.shown(decimals: 3)) to \(rig.pump.maxRate.shown(decimals: 3))",
      "  reservoir   \(rig.reservoir.volume.shown(decimals: 3)), low at "
        + "\(rig.reservoir.low.shown(decimals: 3)), empty at \(rig.reservoir.empty.shown(decimals: 3))",
      "  limits      \(rig.maxVolume1h.shown(decimals: 3)) in any hour, "
        + "\(rig.maxVolume24h.shown(decimals: 3)) in any 24 h",
    ]
  }
}

extension PrescriptionDocument {
  /// - Parameter rig: what it has to fit; nil for none, and then what hangs on a rig is not looked at.
  /// - Throws: what a pump on that rig would find, with exit code 65.
  public func summary(on rig: Rig?) throws(DocumentErrors) -> [String] {
    var findings = Findings()
    if let rig, Therapy(prescription, on: rig, findings: &findings) == nil {
      throw DocumentErrors(.badData, describe(findings))
    }
    if rig == nil {
      prescription.checkShape(into: &findings)
      if findings.errors > 0 { throw DocumentErrors(.badData, describe(findings)) }
    }
    let against = rig == nil ? "not checked against a rig, see --rig" : "fits the rig"
    return ["a good prescription, \(against)"]
      + ProgramComparison(old: nil, new: prescription, warnings: [], digest: []).linesAlone
      + describe(findings)
  }
}

extension ProgramComparison {
  /// The new prescription by itself: its values, and its schedule.
  var linesAlone: [String] {
    let values = rows.map { "  " + ScreenText.padded($0.name, to: 20) + $0.new }
    return values + (schedule.isEmpty ? [] : [""] + schedule)
  }
}

extension ScenarioDocument {
  public var summary: [String] {
    let count = scenario.events.count
    return [
      "a good scenario: \(scenario.duration.durationText) from \(scenario.start.text) on, "
        + "\(count) event\(count == 1 ? "" : "s"), seed \(scenario.seed)",
      "  rig         \(scenario.serial.text)",
      "  patient     \(scenario.therapy.prescription.patient.text), "
        + "\(scenario.therapy.prescription.drug.text)",
    ] + warnings
  }
}
