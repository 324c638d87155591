public import DosingCore
public import Quantities

extension Label {
  public var text: String { String(decoding: (0..<count).map { self[$0] }, as: UTF8.self) }
}

extension WeekTime {
  /// As in `Mon 08:05:00`.
  public var text: String {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    let seconds = sinceMidnight.count / 1_000_000_000
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(days[weekday]) \(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }

  /// The hour and the minute, as in `08:05`.
  var clockText: String { String(text.dropFirst(4).prefix(5)) }
}

extension Nanoseconds {
  /// The two largest units that are not zero, cut: `3 h 12 min`, `2 d`, `45 s`, `0 s`.
  public var durationText: String {
    let seconds = count / 1_000_000_000
    let parts = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"),
      (seconds % 60, "s"),
    ]
    guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0 s" }
    return parts[first..<min(first + 2, parts.count)].filter { $0.0 > 0 }
      .map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }
}

/// Two digits a byte, as `sha256sum` writes them.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// A share in thousandths as files have it: `20 %`, `2.5 %`.
public func percentText(permille: Int64) -> String { "\(decimalText(permille, per: 10)) %" }
