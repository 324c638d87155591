internal import DosingCore
internal import Quantities

/// From where on a comparison warns.
///
/// They decide what is displayed and nothing else: the limits of what is accepted are in `Limits`, in
/// the rig and in the prescription. Nobody can configure them, and they have no source but caution.
enum WarningThresholds {
  /// Percent: a daily dose that rises by more is `HIGH`.
  static let highRise: Int128 = 100
  /// Percent: a daily dose that falls by more is `HIGH`.
  static let highFall: Int128 = 50
  /// Percent: a daily dose that changes by more either way is `MEDIUM`.
  static let mediumChange: Int128 = 20
  /// Times: any amount that grows or shrinks so much is `HIGH`. A decimal point in the wrong place
  /// on top of a wanted change by half or to the double is still a factor of 5.
  static let slipFactor: Int128 = 5
  /// Percent: a rate, limit or bolus that rises by more is `MEDIUM`.
  static let mediumRise: Int128 = 100
}

/// What somebody should look at before a new prescription is committed.
struct ComparisonWarning {
  enum Severity: Int {
    case medium = 1
    case high = 2
  }

  let severity: Severity
  let text: String

  init(_ severity: Severity, _ text: String) {
    self.severity = severity
    self.text = text
  }

  var lines: [String] {
    ScreenText.wrapped(text, behind: severity == .high ? "HIGH    " : "MEDIUM  ")
  }

  /// What there is to say of a daily dose; nil where it changes little.
  static func dose(_ name: String, _ sums: AmountChange) -> ComparisonWarning? {
    typealias Limit = WarningThresholds
    let head = "\(name) \(sums.text)"
    if sums.rises(byMoreThan: Limit.highRise) {
      return .init(.high, "\(head): up by more than \(Limit.highRise) %, can cause overdose")
    }
    if sums.falls(byMoreThan: Limit.highFall) {
      return .init(
        .high,
        "\(head): down by more than \(Limit.highFall) %, abrupt reduction can cause withdrawal")
    }
    guard sums.rises(byMoreThan: Limit.mediumChange) || sums.falls(byMoreThan: Limit.mediumChange)
    else { return nil }
    return .init(.medium, "\(head): a change by more than \(Limit.mediumChange) %")
  }
}

extension ProgramComparison {
  /// Those of the comparison first, then those of the pump; the gravest first.
  var warningLines: [String] {
    let all = comparisonWarnings + warnings.map { ComparisonWarning(.medium, $0) }
    let high = all.filter { $0.severity == .high }
    return (high + all.filter { $0.severity == .medium }).flatMap(\.lines)
  }

  private var comparisonWarnings: [ComparisonWarning] {
    guard let oldBasal else {
      return [ComparisonWarning(.medium, "nothing to compare with: check each value by itself")]
    }
    return identityWarnings + modeWarnings(from: oldBasal.mode) + doseWarnings(from: oldBasal)
      + amountWarnings
  }

  private var identityWarnings: [ComparisonWarning] {
    identityRows.filter(\.isChanged).map {
      ComparisonWarning(.high, "another \($0.name): \($0.new) in place of \($0.now)")
    }
  }

  private func modeWarnings(from old: BasalMode) -> [ComparisonWarning] {
    let change = "basal goes from \(old.code) to \(new.mode.code)"
    return switch (old.delivers, new.mode.delivers) {
    case (true, false): [ComparisonWarning(.high, "\(change): withdrawal of baclofen can kill")]
    case (false, true): [ComparisonWarning(.medium, "\(change): tolerance may have been lost")]
    default: []
    }
  }

  /// Of the mean of the week, and of the days that change more gravely than it does.
  private func doseWarnings(from old: BasalWeek) -> [ComparisonWarning] {
    guard old.mode.delivers, new.mode.delivers else { return [] }
    let mean = ComparisonWarning.dose(
      hasFlex ? "mean daily dose" : "daily dose", AmountChange(old: old.sum, new: newBasal.sum))
    let days = ScheduleDays.groups(old: old, new: newBasal).compactMap { group in
      ComparisonWarning.dose("dose of \(group.name)", group.sums)
    }
    let level = mean?.severity.rawValue ?? 0
    return [mean].compactMap { $0 } + days.filter { $0.severity.rawValue > level }
  }

  /// A line for all amounts that look like a slip, and one for all that more than double.
  private var amountWarnings: [ComparisonWarning] {
    let watched = rows.filter(\.isWatched)
    func isSlip(_ row: ComparisonRow) -> Bool {
      row.amount?.differs(byFactor: WarningThresholds.slipFactor) == true
    }
    func rises(_ row: ComparisonRow) -> Bool {
      row.amount?.rises(byMoreThan: WarningThresholds.mediumRise) == true
    }
    func warnings(
      _ severity: ComparisonWarning.Severity, _ rows: [ComparisonRow], _ what: String
    ) -> [ComparisonWarning] {
      let names = rows.map { "\($0.name) \($0.change)" }.joined(separator: "; ")
      return rows.isEmpty ? [] : [ComparisonWarning(severity, "\(names): \(what)")]
    }
    return warnings(.high, watched.filter(isSlip), "is a decimal point in the wrong place?")
      + warnings(.medium, watched.filter { rises($0) && !isSlip($0) }, "more than doubled")
  }
}
