public import DosingCore
internal import Quantities

/// A prescription file: what is ordered. See `scripts/examples/`.
public struct PrescriptionDocument: Sendable {
  public let path: String
  /// Well formed; whether it fits a rig is `Therapy`'s to say.
  public let prescription: Prescription

  /// The line of each key that a finding can be about, and of each pattern and step.
  private let lines: [String: Int]
  private let patterns: [PatternPlace]

  struct PatternPlace: Sendable {
    let name: String
    let line: Int
    let stepLines: [Int]
  }

  /// - Throws: everything that is wrong with the file; its exit code is 65, or 66 and 77 where it
  ///   cannot be read.
  public init(path: String) throws(DocumentErrors) { try self.init(try SourceText(path)) }

  init(_ source: SourceText) throws(DocumentErrors) {
    let path = source.path
    var yaml = StrictYAML(path, code: .badData)
    let root = try yaml.root(of: source)
    let top = yaml.mapping(
      root, required: ["patient", "drug", "concentration", "basal", "limits"],
      optional: ["patient_bolus", "safe_basal"])
    let patient = yaml.label(top["patient"])
    let drug = yaml.label(top["drug"])
    let concentration = yaml.quantity(top["concentration"], as: Concentration.self)
    let limits =
      top["limits"].map { yaml.mapping($0, required: ["max_dose_1h", "max_dose_24h"]) } ?? [:]
    let maxDose1h = yaml.quantity(limits["max_dose_1h"], as: Mass.self)
    let maxDose24h = yaml.quantity(limits["max_dose_24h"], as: Mass.self)
    var prescription = Prescription.blank
    var places: [PatternPlace] = []
    if let basal = top["basal"] { yaml.basal(basal, into: &prescription, &places) }
    if let bolus = top["patient_bolus"] { prescription.patientBolus = yaml.patientBolus(bolus) }
    prescription.safeBasal = yaml.quantity(top["safe_basal"], as: DoseRate.self)
    try yaml.throwErrors()
    guard let patient, let drug, let concentration, let maxDose1h, let maxDose24h else {
      throw DocumentErrors(.internalError, ["\(path): a value is missing without an error"])
    }
    prescription.patient = patient
    prescription.drug = drug
    prescription.concentration = concentration
    prescription.maxDose1h = maxDose1h
    prescription.maxDose24h = maxDose24h
    self.path = path
    self.prescription = prescription
    lines = top.merging(limits) { first, _ in first }.mapValues(\.line)
    patterns = places
  }

  /// A line for each finding, with its place in this file.
  public func describe(_ findings: Findings) -> [String] {
    var result: [String] = []
    for index in 0..<findings.count {
      let finding = findings[index]
      let (line, field) = place(of: finding)
      let kind = finding.rule.isWarning ? "warning: " : ""
      result.append("\(path):\(line): \(field): \(kind)\(finding.sentence)")
    }
    if findings.dropped > 0 { result.append("\(path): and \(findings.dropped) more") }
    return result.map(\.onOneLine)
  }

  private func place(of finding: Finding) -> (line: Int, field: String) {
    if patterns.indices.contains(Int(finding.pattern)) {
      let pattern = patterns[Int(finding.pattern)]
      let field = "basal.patterns.\(pattern.name)"
      guard pattern.stepLines.indices.contains(Int(finding.step)) else {
        return (pattern.line, field)
      }
      return (pattern.stepLines[Int(finding.step)], "\(field)[\(finding.step + 1)]")
    }
    let key = finding.rule.prescriptionKey
    let field = key.hasPrefix("max_dose") ? "limits.\(key)" : key
    return (lines[key] ?? 1, field)
  }
}

extension StrictYAML {
  static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let modes: [(String, BasalMode)] = [
    BasalMode.stopped, .minimum, .continuous, .flex,
  ].map { ($0.code, $0) }

  fileprivate mutating func basal(
    _ value: Value, into prescription: inout Prescription,
    _ places: inout [PrescriptionDocument.PatternPlace]
  ) {
    let any = mapping(value, required: ["mode"], optional: ["dose", "patterns", "week"])
    guard let mode = word(any["mode"], of: Self.modes) else { return }
    prescription.mode = mode
    let needed: [String] =
      switch mode {
      case .stopped, .minimum: []
      case .continuous: ["dose"]
      case .flex: ["patterns", "week"]
      }
    for key in ["dose", "patterns", "week"] where !needed.contains(key) {
      if let extra = any[key] {
        report(extra, "does not belong to mode \(mode.code); leave it out")
      }
    }
    for key in needed where any[key] == nil { report(value, "key '\(key)' is missing") }
    switch mode {
    case .stopped, .minimum: break
    case .continuous:
      if let dose = quantity(any["dose"], as: DoseRate.self) { prescription.setContinuous(dose) }
    case .flex:
      if let patterns = any["patterns"] { self.patterns(patterns, into: &prescription, &places) }
      if let week = any["week"] { self.week(week, places, into: &prescription) }
    }
  }

  private mutating func patterns(
    _ value: Value, into prescription: inout Prescription,
    _ places: inout [PrescriptionDocument.PatternPlace]
  ) {
    for (name, value) in named(value) {
      guard places.count < Limits.patternsMax else {
        return report(value, "more than \(Limits.patternsMax) patterns; one a day is enough")
      }
      var pattern = DayPattern()
      var stepLines: [Int] = []
      for item in list(value) {
        let keys = mapping(item, required: ["from", "rate"])
        let minute = minuteOfDay(keys["from"])
        let rate = quantity(keys["rate"], as: DoseRate.self)
        guard let minute, let rate else { continue }
        guard pattern.append(FlexStep(minute: minute, rate: rate)) else {
          report(item, "more than \(Limits.stepsPerDayMax) steps in a day")
          break
        }
        stepLines.append(item.line)
      }
      prescription.patterns[places.count] = pattern
      places.append(
        PrescriptionDocument.PatternPlace(name: name, line: value.line, stepLines: stepLines))
      prescription.patternCount = places.count
    }
  }

  private mutating func week(
    _ value: Value, _ places: [PrescriptionDocument.PatternPlace],
    into prescription: inout Prescription
  ) {
    let days = mapping(value, required: Self.weekdays)
    for (index, day) in Self.weekdays.enumerated() {
      let known = places.enumerated().map { ($1.name, UInt8($0)) }
      if let pattern = word(days[day], of: known) { prescription.week[index] = pattern }
    }
  }

  fileprivate mutating func patientBolus(_ value: Value) -> PatientBolus? {
    let keys = mapping(value, required: ["dose", "duration", "lockout", "max_in_24h"])
    let dose = quantity(keys["dose"], as: Mass.self)
    let duration = quantity(keys["duration"], as: Nanoseconds.self)
    let lockout = quantity(keys["lockout"], as: Nanoseconds.self)
    let count = integer(keys["max_in_24h"], 1...Limits.patientBolusesIn24hMax)
    guard let dose, let duration, let lockout, let count else { return nil }
    return PatientBolus(dose: dose, duration: duration, lockout: lockout, maxIn24h: count)
  }
}

extension Finding.Rule {
  /// The key of a prescription that a rule is about.
  fileprivate var prescriptionKey: String {
    switch self {
    case .concentrationOutOfRange: "concentration"
    case .hourLimitBelowBasal, .rigHourLimitBelowBasal, .rigHourLimitTighter,
      .hourDoseLimitAboveDayDoseLimit:
      "max_dose_1h"
    case .dayLimitBelowBasal, .rigDayLimitBelowBasal, .rigDayLimitTighter: "max_dose_24h"
    case .patientBolusTooSmall, .patientBolusDurationOutOfRange, .patientBolusLockoutOutOfRange,
      .patientBolusCountOutOfRange, .patientBolusRateAboveMaximum, .patientBolusNeverGranted,
      .patientBolusesNotAllGranted:
      "patient_bolus"
    case .safeBasalMissing, .safeBasalBelowMinimum, .safeBasalAboveLeanestDay, .safeBasalUnused:
      "safe_basal"
    case .doseOutOfRange: "limits"
    default: "basal"
    }
  }
}
