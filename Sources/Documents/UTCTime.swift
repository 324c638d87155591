internal import Glibc

/// A point in time as ISO 8601 writes it in UTC.
public struct UTCTime: Sendable {
  /// Since 1970, in ns.
  public let nanoseconds: Int64

  private static let second: Int64 = 1_000_000_000

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// As in `2026-03-01T08:00:00.250Z`, cut.
  ///
  /// - Parameter decimals: of the seconds, 1 to 9.
  public func text(decimals: Int) -> String {
    var seconds = nanoseconds / Self.second
    var rest = nanoseconds % Self.second
    if rest < 0 { (seconds, rest) = (seconds - 1, rest + Self.second) }
    var parts = unsafe tm()
    var time = time_t(seconds)
    _ = unsafe gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
    let (hour, minute, whole) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
    let digits = String(Self.second + rest).dropFirst().prefix(decimals)
    let fraction = digits.isEmpty ? "" : "." + digits
    return
      "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(whole))\(fraction)Z"
  }

  /// Reads `2026-03-01`, `2026-03-01T08:00`, with seconds and their decimals if wanted; always UTC.
  public init?(text: String) {
    var text = text[...]
    if text.last == "Z" { text.removeLast() }
    let halves = text.split(separator: "T", omittingEmptySubsequences: false)
    guard (1...2).contains(halves.count), let days = Self.days(halves[0]),
      let clock = halves.count == 2 ? Self.clock(halves[1]) : 0
    else { return nil }
    nanoseconds = days * 86_400 * Self.second + clock
  }

  private static func days(_ text: Substring) -> Int64? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], let year = digits(parts[0]),
      let month = digits(parts[1]),
      let day = digits(parts[2]), (1970...2200).contains(year)
    else { return nil }
    var date = unsafe tm()
    unsafe date.tm_year = Int32(year) - 1900
    unsafe date.tm_mon = Int32(month) - 1
    unsafe date.tm_mday = Int32(day)
    let seconds = unsafe timegm(&date)
    // What is not in the calendar was moved to another day.
    guard unsafe date.tm_mon == Int32(month) - 1, unsafe date.tm_mday == Int32(day) else {
      return nil
    }
    return Int64(seconds) / 86_400
  }

  /// ns since midnight.
  private static func clock(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts[0].count == 2, parts[1].count == 2,
      let hour = digits(parts[0]), let minute = digits(parts[1]), hour < 24, minute < 60
    else { return nil }
    guard parts.count == 3 else { return (hour * 60 + minute) * 60 * second }
    let pieces = parts[2].split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(pieces.count), pieces[0].count == 2, let seconds = digits(pieces[0]),
      seconds < 60
    else { return nil }
    let written = pieces.count == 2 ? pieces[1] : "0"
    let padded = written + String(repeating: "0", count: max(0, 9 - written.count))
    guard (1...9).contains(written.count), let fraction = digits(padded[...]) else { return nil }
    return ((hour * 60 + minute) * 60 + seconds) * second + fraction
  }

  private static func digits(_ text: some StringProtocol) -> Int64? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(text)
  }
}
