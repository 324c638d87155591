public import DosingCore
public import Quantities

extension Nanoseconds {
  /// The difference of a local time from UTC, as in `UTC+02:00`.
  public var utcOffsetText: String {
    let minutes = Int(abs(count) / Self.minutes(1).count)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "UTC\(count < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
  }

  /// Reads `+02:00` or `UTC-03:30`, from -12:00 to +14:00; nil for anything else.
  public init?(utcOffset text: String) {
    let text = text.hasPrefix("UTC") ? text.dropFirst(3) : text[...]
    let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
    guard let sign = text.first, sign == "+" || sign == "-", parts.map(\.count) == [2, 2],
      parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let hours = Int64(parts[0]),
      let minutes = Int64(parts[1]), minutes < 60
    else { return nil }
    let total = (hours * 60 + minutes) * (sign == "-" ? -1 : 1)
    guard (-12 * 60...14 * 60).contains(total) else { return nil }
    self = .minutes(total)
  }
}

extension ClockSource {
  /// Stable, for programs.
  public var code: String { "\(self)" }

  /// Who vouches for UTC, at the beginning of a sentence.
  public var words: String {
    switch self {
    case .nobody: "nobody vouches for UTC"
    case .person: "a person has said what UTC is"
    case .battery: "the clock with a battery vouches for UTC"
    case .kernel: "the kernel's clock is synchronised and vouches for UTC"
    }
  }
}

extension TickFacts.VouchedUTC {
  public var words: String {
    if source == .nobody { return "nobody vouches for UTC any more" }
    let off = wasOff > .zero ? "; the machine was off for \(wasOff.durationText) before" : ""
    return source.words + off
  }
}
