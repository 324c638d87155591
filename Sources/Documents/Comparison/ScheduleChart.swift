internal import DosingCore
internal import Quantities

/// Rates over the hours of a day as bars: `#` the new ones, `-` at the height of the old ones.
struct ScheduleChart {
  private static let rowsMax = 8
  private static let hours = 24

  /// What a row is high, in ng/d.
  private let rowRate: Int128

  /// A chart that holds all of these days, so that charts side by side have one scale.
  init(_ days: [BasalDay]) {
    let sums = days.flatMap { day in (0..<Self.hours).map { day.sum(ofHour: $0) } }
    rowRate = Self.rowRate(peak: (sums.max() ?? 0) / 60)
  }

  /// The least round number of mcg/h of which eight rows hold the peak, in ng/d.
  private static func rowRate(peak: Int128) -> Int128 {
    // In ng/h, as a tenth of these.
    let round: [Int128] = [10, 15, 20, 25, 30, 40, 50, 60, 80]
    var power: Int128 = 1
    while true {
      if let rate = round.first(where: { $0 * power * 24 * Int128(rowsMax) >= peak }) {
        return rate * power * 24
      }
      power *= 10
    }
  }

  var rowText: String { rowLabel(1) + " mcg/h" }

  private func rowLabel(_ row: Int) -> String {
    decimalText(
      Int64(clamping: rowRate * Int128(row)), per: Unit.microgramsPerHour.baseUnits, decimals: 3)
  }

  /// How many rows the mean of an hour is high, to the nearest; at least one where there is any.
  private func height(_ day: BasalDay?, _ hour: Int) -> Int {
    guard let sum = day?.sum(ofHour: hour), sum > 0 else { return 0 }
    return max(1, Int((sum + rowRate * 30) / (rowRate * 60)))
  }

  /// The bars from the top down, and the hours under them.
  func lines(old: BasalDay?, new: BasalDay) -> [String] {
    let columns = (0..<Self.hours).map { (old: height(old, $0), new: height(new, $0)) }
    let top = columns.map { max($0.old, $0.new) }.max() ?? 0
    let bars = (0..<top).reversed().map { row in
      let label = rowLabel(row + 1)
      let cells = columns.map { Self.cell(isNew: $0.new > row, isOld: $0.old == row + 1) }
      return Self.line(label.count <= 6 ? label : "", "|", cells)
    }
    let hours = (0..<Self.hours).map { $0 < 10 ? "0\($0)" : "\($0)" }
    return bars + [Self.line("hour", " ", hours)]
  }

  private static func cell(isNew: Bool, isOld: Bool) -> String {
    switch (isNew, isOld) {
    case (false, false): "  "
    case (false, true): "--"
    case (true, false): "##"
    case (true, true): "#-"
    }
  }

  private static func line(_ label: String, _ axis: String, _ cells: [String]) -> String {
    var line = String(repeating: " ", count: 6 - label.count) + label + " " + axis
    line += cells.joined(separator: " ")
    while line.last == " " { line.removeLast() }
    return line
  }
}

extension ProgramComparison {
  /// A chart for each kind of day where there is flex, else a bar for each of both rates.
  var schedule: [String] { hasFlex ? charts : constantBars }

  private var charts: [String] {
    let groups = ScheduleDays.groups(old: oldBasal, new: newBasal)
    let chart = ScheduleChart(groups.flatMap { [$0.old, $0.new].compactMap { $0 } })
    let key = old == nil ? "## NEW" : "## NEW, -- now, #- both"
    let blocks = groups.map { group in
      dayTitle(group) + chart.lines(old: group.old, new: group.new)
        + (group.old.map { stepLines("now", $0) } ?? []) + stepLines("NEW", group.new)
    }
    return ["\(key); a row is \(chart.rowText), an hour shows its mean"]
      + blocks.flatMap { [""] + $0 }
  }

  private func dayTitle(_ group: ScheduleDays) -> [String] {
    let head = "\(group.name)  "
    let after = "NEW \(newBasal.doseText(group.new.sum))"
    guard let oldBasal, let old = group.old else { return ScreenText.wrapped(after, behind: head) }
    let change = old == group.new ? "no change" : group.sums.text
    let parts = ["now \(oldBasal.doseText(old.sum))", after, change].filter { !$0.isEmpty }
    return ScreenText.wrapped(parts.joined(separator: ", "), behind: head)
  }

  /// The steps of a day, cut to three places.
  private func stepLines(_ head: String, _ day: BasalDay) -> [String] {
    let steps = day.steps.map { step in
      let rate = decimalText(
        step.rate.nanogramsPerDay, per: Unit.microgramsPerHour.baseUnits, decimals: 3)
      return "\(WeekTime(weekday: 0, minute: step.minute).clockText) \(rate)"
    }
    let pieces = steps.enumerated().map { $1 + ($0 + 1 < steps.count ? "," : " mcg/h") }
    return ScreenText.wrapped(pieces.isEmpty ? ["no basal"] : pieces, behind: "   \(head)  ")
  }

  /// The two daily doses as bars of one scale.
  private var constantBars: [String] {
    guard let oldBasal else { return [] }
    let width = 40
    let bars = [("now", "-", oldBasal), ("NEW", "#", newBasal)]
    let most = max(oldBasal.sum, newBasal.sum)
    guard most > 0 else { return [] }
    return bars.map { name, mark, basal in
      let sum = basal.sum
      let length = sum > 0 ? max(1, Int((sum * Int128(width) + most / 2) / most)) : 0
      let text = (length > 0 ? " " : "") + basal.doseText(sum, days: 7)
      return "   \(name)  " + String(repeating: mark, count: length) + text
    }
  }
}
