/// A point in time in ISO 8601, as in `2026-03-01T08:00:00.250Z`.
///
/// - Parameter nanoseconds: UTC since 1970, not before.
public func utcText(_ nanoseconds: Int64) -> String {
  let milliseconds = nanoseconds / 1_000_000
  let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000)
  let (year, month, day) = date(daysSince1970: days)
  func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60)
  let time = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
  return "\(date)T\(time).\(padded(rest % 1_000, 3))Z"
}

/// The Gregorian calendar, in years that begin in March, so that the leap day is the last one.
private func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
  // 1 March 0000 lies 719,468 days before 1970; 400 years are 146,097 days.
  let shifted = days + 719_468
  let (era, dayOfEra) = (shifted / 146_097, shifted % 146_097)
  let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  // Months from March on have 31, 30, 31, 30, 31 days, again and again: 153 in five.
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
}
