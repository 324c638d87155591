internal import DosingCore
internal import Quantities

/// The basal of one day, exactly.
///
/// Sums are in ng/d x min: a rate in ng/d, over whole minutes.
struct BasalDay: Equatable {
  struct Step: Equatable {
    /// From this minute of the day on.
    let minute: Int
    let rate: DoseRate
  }

  static let minutes = 1440
  /// In order of time; a step that only repeats the rate before it is left out.
  let steps: [Step]

  init(_ pattern: DayPattern) {
    var steps: [Step] = []
    for index in 0..<pattern.count {
      let step = Step(minute: Int(pattern.steps[index].minute), rate: pattern.steps[index].rate)
      if step.rate != steps.last?.rate { steps.append(step) }
    }
    self.steps = steps
  }

  /// What accrues within a span of the day, in ng/d x min.
  func sum(_ span: Range<Int>) -> Int128 {
    var sum: Int128 = 0
    for (index, step) in steps.enumerated() {
      let end = index + 1 < steps.count ? steps[index + 1].minute : Self.minutes
      let overlap = min(end, span.upperBound) - max(step.minute, span.lowerBound)
      sum += Int128(step.rate.nanogramsPerDay) * Int128(max(0, overlap))
    }
    return sum
  }

  /// In ng/d x min.
  var sum: Int128 { sum(0..<Self.minutes) }

  /// In ng/d x min.
  func sum(ofHour hour: Int) -> Int128 { sum(hour * 60..<(hour + 1) * 60) }
}

/// The basal that a prescription brings in a week; without steps where its mode treats nobody.
struct BasalWeek {
  let mode: BasalMode
  /// Monday first.
  let days: [BasalDay]

  init(_ prescription: Prescription) {
    mode = prescription.mode
    days = (0..<7).map { weekday in
      let pattern = prescription.mode == .flex ? Int(prescription.week[weekday]) : 0
      let isThere = prescription.mode.delivers && pattern < prescription.patternCount
      return BasalDay(isThere ? prescription.patterns[pattern] : DayPattern())
    }
  }

  /// Of the whole week, in ng/d x min.
  var sum: Int128 { days.reduce(0) { $0 + $1.sum } }
  /// Over the week.
  var meanDose: DoseRate { Self.mean(sum, days: days.count) }

  private var rates: [DoseRate] { days.flatMap(\.steps).map(\.rate) }
  var highestRate: DoseRate? { rates.max() }
  var lowestRate: DoseRate? { rates.min() }

  /// The daily dose that a sum in ng/d x min over so many days comes to, cut to ng/d.
  static func mean(_ sum: Int128, days: Int) -> DoseRate {
    DoseRate(nanogramsPerDay: Int64(clamping: sum / Int128(days * BasalDay.minutes)))
  }

  /// A daily dose in words: of one day, or the mean of several.
  func doseText(_ sum: Int128, days: Int = 1) -> String {
    mode.delivers ? Self.mean(sum, days: days).shown(decimals: 3) : mode.code
  }
}
