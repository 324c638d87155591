public import DosingCore
internal import Quantities

/// What somebody sees before a new prescription is committed: the old one and the new one side by
/// side, in lines of at most 79 columns of plain ASCII.
public struct ProgramComparison: Sendable {
  let old: Prescription?
  let new: Prescription
  let warnings: [String]
  private let digest: [UInt8]

  /// - Parameters:
  ///   - old: the order in force; nil where there is none.
  ///   - warnings: what the pump says of the new one, a sentence each.
  ///   - digest: what the pump calls the proposal.
  public init(old: Prescription?, new: Prescription, warnings: [String], digest: [UInt8]) {
    self.old = old
    self.new = new
    self.warnings = warnings
    self.digest = digest
  }

  public var lines: [String] {
    let parts = [
      [title], [ComparisonRow.heading] + rows.flatMap(\.lines), schedule, warningLines, proposal,
    ]
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private var title: String {
    guard let old else { return "first prescription: there is none to compare it with" }
    if old.fileText == new.fileText { return "new prescription: nothing changes" }
    let changes = rows.filter(\.isChanged).count
    return "new prescription: \(changes) of \(rows.count) values change, marked with *"
  }

  // MARK: Values

  var oldBasal: BasalWeek? { old.map { BasalWeek($0) } }
  var newBasal: BasalWeek { BasalWeek(new) }
  var hasFlex: Bool { old?.mode == .flex || new.mode == .flex }

  var rows: [ComparisonRow] { orderRows + doseRows + rateRows + limitRows + bolusRows }

  private var orderRows: [ComparisonRow] {
    identityRows + [ComparisonRow("basal mode", old?.mode.code, new.mode.code)]
  }

  /// Whom and what the pump is for.
  var identityRows: [ComparisonRow] {
    [
      ComparisonRow("patient", old?.patient.text, new.patient.text),
      ComparisonRow("drug", old?.drug.text, new.drug.text),
      ComparisonRow("concentration", old?.concentration, new.concentration),
    ]
  }

  /// The mean over the week; with `flex` the lowest and the highest day too.
  private var doseRows: [ComparisonRow] {
    func row(_ name: String, days: Int = 1, _ sum: (BasalWeek) -> Int128) -> ComparisonRow {
      let sums = AmountChange(
        old: oldBasal.flatMap { $0.mode.delivers ? sum($0) : nil },
        new: newBasal.mode.delivers ? sum(newBasal) : nil)
      return ComparisonRow(
        name, oldBasal.map { $0.doseText(sum($0), days: days) },
        newBasal.doseText(sum(newBasal), days: days), sums, watched: false)
    }
    let mean = row(hasFlex ? "mean daily dose" : "daily dose", days: 7) { $0.sum }
    guard hasFlex else { return [mean] }
    return [
      mean, row("lowest day") { $0.days.map(\.sum).min() ?? 0 },
      row("highest day") { $0.days.map(\.sum).max() ?? 0 },
    ]
  }

  private var rateRows: [ComparisonRow] {
    func text(_ rate: DoseRate) -> String { rate.text(in: .microgramsPerHour, decimals: 3) }
    let rows = [
      flowRow,
      // A constant rate is the daily dose once more.
      ComparisonRow(
        "highest rate", oldBasal?.highestRate, newBasal.highestRate, watched: hasFlex, text: text),
      ComparisonRow(
        "lowest rate", oldBasal?.lowestRate, newBasal.lowestRate, watched: hasFlex, text: text),
    ]
    return hasFlex ? rows + [stepsRow] : rows
  }

  /// What the mean dose takes at the concentration.
  private var flowRow: ComparisonRow {
    func text(_ order: Prescription) -> String {
      order.mode == .minimum ? "keep-open" : flow(order)?.shown(decimals: 4) ?? "none"
    }
    let flows = AmountChange(
      old: old.flatMap { flow($0) }.map { Int128($0.picolitresPerDay) },
      new: flow(new).map { Int128($0.picolitresPerDay) })
    return ComparisonRow("flow", old.map(text), text(new), flows, watched: false)
  }

  /// Nil where nobody is treated; the largest number where it would not fit.
  private func flow(_ order: Prescription) -> FlowRate? {
    guard order.mode.delivers else { return nil }
    let most = FlowRate(picolitresPerDay: .max)
    guard order.concentration > .zero else { return most }
    let dose = max(.zero, BasalWeek(order).meanDose)
    return FlowRate(of: dose, at: order.concentration, rounded: .down) ?? most
  }

  /// Changes where any day does, even one that brings the same dose at other times.
  private var stepsRow: ComparisonRow {
    func text(_ basal: BasalWeek) -> String { "\(basal.days.reduce(0) { $0 + $1.steps.count })" }
    return ComparisonRow(
      "steps in the week", oldBasal.map(text), text(newBasal),
      isChanged: oldBasal?.days != newBasal.days)
  }

  private var limitRows: [ComparisonRow] {
    [
      ComparisonRow("safe basal", old?.safeBasal, new.safeBasal),
      ComparisonRow("max dose 1 h", old?.maxDose1h, new.maxDose1h),
      ComparisonRow("max dose 24 h", old?.maxDose24h, new.maxDose24h),
    ]
  }

  private var bolusRows: [ComparisonRow] {
    // Two units hold every whole minute of a day; what is finer is not cut.
    func text(_ length: Nanoseconds) -> String {
      let isWholeMinutes = length.count % Nanoseconds.minutes(1).count == 0
      return isWholeMinutes ? length.durationText : length.fileText
    }
    let (before, after) = (old?.patientBolus, new.patientBolus)
    if before == nil, after == nil { return [ComparisonRow("patient bolus", "none", "none")] }
    return [
      ComparisonRow("bolus dose", before?.dose, after?.dose),
      ComparisonRow("bolus duration", before?.duration, after?.duration, text: text),
      ComparisonRow("bolus lockout", before?.lockout, after?.lockout, text: text),
      ComparisonRow("bolus max in 24 h", before?.maxIn24h, after?.maxIn24h),
    ]
  }

  // MARK: Proposal

  /// A short name to compare by eye, and the whole one for `--digest`.
  private var proposal: [String] {
    let digits = hexadecimal(digest)
    let groups = stride(from: 0, to: min(16, digits.count), by: 4).map {
      String(digits.dropFirst($0).prefix(4))
    }
    return ScreenText.wrapped(groups.joined(separator: " "), behind: "proposal  ")
      + ScreenText.wrapped(digits, behind: "digest    ")
  }
}
