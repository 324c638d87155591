/// Weekdays that run alike, before and after.
struct ScheduleDays {
  /// Nil where there is no old prescription.
  let old: BasalDay?
  let new: BasalDay
  /// 0 is Monday.
  private var weekdays: [Int]

  /// In the order of their first days.
  static func groups(old: BasalWeek?, new: BasalWeek) -> [ScheduleDays] {
    var groups: [ScheduleDays] = []
    for day in 0..<7 {
      let (before, after) = (old?.days[day], new.days[day])
      if let index = groups.firstIndex(where: { $0.old == before && $0.new == after }) {
        groups[index].weekdays.append(day)
      } else {
        groups.append(ScheduleDays(old: before, new: after, weekdays: [day]))
      }
    }
    return groups
  }

  /// As in `mon-fri` or `mon, wed, sat-sun`.
  var name: String {
    var spans: [ClosedRange<Int>] = []
    for day in weekdays {
      if let last = spans.last, last.upperBound + 1 == day {
        spans[spans.count - 1] = last.lowerBound...day
      } else {
        spans.append(day...day)
      }
    }
    let names = StrictYAML.weekdays
    return spans.map { span in
      span.count == 1
        ? names[span.lowerBound] : "\(names[span.lowerBound])-\(names[span.upperBound])"
    }.joined(separator: ", ")
  }

  var sums: AmountChange { AmountChange(old: old?.sum, new: new.sum) }
}
