public import Quantities

/// What the reservoir may hold, and when it comes to its marks.
public struct Forecast: Equatable, Sendable, BitwiseCopyable {
  /// How long it takes from now until a mark is reached. What is not reached within a year, or because nothing
  /// runs, is `notWithinAYear`.
  public struct Span: Equatable, Sendable, BitwiseCopyable {
    /// With every bolus that the patient may have, from the least that it may hold.
    public var earliest = Forecast.notWithinAYear
    /// With the schedule alone, from what is counted.
    public var expected = Forecast.notWithinAYear
    /// The same from the most that it may hold.
    public var latest = Forecast.notWithinAYear

    public init() {}
  }

  public static let notWithinAYear = Nanoseconds.days(366)

  /// Nil for what is not reached within a year, or because nothing runs.
  public static func known(_ time: Nanoseconds) -> Nanoseconds? {
    time < notWithinAYear ? time : nil
  }

  public var reservoir = ReservoirIntervals()
  public var low = Span()
  public var empty = Span()

  public init() {}

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.begin("reservoir", .plain)
    reservoir.layout(&coder)
    coder.end()
    coder.begin("low", .plain)
    low.layout(&coder)
    coder.end()
    coder.begin("empty", .plain)
    empty.layout(&coder)
    coder.end()
  }
}

extension Forecast.Span {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("earliest", &earliest)
    coder.field("expected", &expected)
    coder.field("latest", &latest)
  }
}
