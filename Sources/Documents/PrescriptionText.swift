public import DosingCore
public import Quantities

extension Unit {
  /// As the steps of a day are ordered and shown.
  public static let microgramsPerHour = Unit("mcg/h", 24_000)
}

extension Prescription {
  /// The prescription as a file: `PrescriptionDocument` reads the same one from it, but for patterns
  /// that its mode does not use.
  public var fileText: String {
    var lines = [
      "patient: \(patient.quoted)",
      "drug: \(drug.quoted)",
      "concentration: \(concentration.fileText)",
    ]
    lines += basalLines
    if let bolus = patientBolus {
      lines.append(
        "patient_bolus: {dose: \(bolus.dose.fileText), duration: \(bolus.duration.fileText), "
          + "lockout: \(bolus.lockout.fileText), max_in_24h: \(bolus.maxIn24h)}")
    }
    lines.append(
      "limits: {max_dose_1h: \(maxDose1h.fileText), max_dose_24h: \(maxDose24h.fileText)}")
    if let safeBasal { lines.append("safe_basal: \(safeBasal.fileText)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private var basalLines: [String] {
    switch mode {
    case .stopped, .minimum: ["basal: {mode: \(mode.code)}"]
    case .continuous:
      ["basal: {mode: \(mode.code), dose: \(patterns[0].steps[0].rate.fileText)}"]
    case .flex:
      ["basal:", "  mode: \(mode.code)", "  patterns:"] + (0..<patternCount).flatMap(patternLines)
        + [
          "  week: {"
            + StrictYAML.weekdays.indices.map { day in
              "\(StrictYAML.weekdays[day]): \(Self.patternName(Int(week[day])))"
            }.joined(separator: ", ") + "}"
        ]
    }
  }

  private func patternLines(_ index: Int) -> [String] {
    let pattern = patterns[index]
    return ["    \(Self.patternName(index)):"]
      + (0..<pattern.count).map { step in
        let (minute, rate) = (pattern.steps[step].minute, pattern.steps[step].rate)
        let clock = WeekTime(weekday: 0, minute: Int(minute)).clockText
        return "      - {from: \"\(clock)\", rate: \(rate.hourText)}"
      }
  }

  /// A record keeps no names.
  private static func patternName(_ index: Int) -> String { "pattern-\(index + 1)" }
}

extension DoseRate {
  /// By the hour, as the steps of a day are written, where that is exact.
  fileprivate var hourText: String {
    let hour = Unit.microgramsPerHour
    let text = text(in: hour)
    return (try? DoseRate(text: text.split(separator: " ")[0] + " ug/h")) == self
      ? text.split(separator: " ")[0] + " ug/h" : fileText
  }
}

extension Label {
  /// Between quotes, so that no name is taken for another kind of value.
  fileprivate var quoted: String {
    let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    return "\"\(escaped)\""
  }
}
