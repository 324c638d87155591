/// A change of a line's physical level.
public struct Edge: Sendable, Equatable {
  /// The line's global number: the chip's base and the offset.
  public let line: Int
  public let isRising: Bool
  /// CLOCK_MONOTONIC, to the microsecond.
  public let timeNanoseconds: Int64
}

/// What a line has done since the trace began.
public struct LineHistory: Sendable, Equatable {
  /// The physical level that was set last; low before that.
  public internal(set) var level = false
  /// Counts of edges.
  public internal(set) var rising = 0
  public internal(set) var falling = 0
  /// CLOCK_MONOTONIC; `Int64.min` before the first edge.
  public internal(set) var lastEdgeNanoseconds = Int64.min
  /// The shortest time from a rising edge to the falling one, of those not forgotten.
  public internal(set) var narrowestHighNanoseconds: Int64?
}

/// A line's history, and how long it was high each time.
struct WatchedLine {
  private(set) var history = LineHistory()
  private(set) var highTimes: [Int64] = []
  /// When it rose, while it is high.
  private var rose: Int64?

  /// Takes one record. True where it is an edge: setting the same level again is none.
  mutating func set(_ level: Bool, at timeNanoseconds: Int64) -> Bool {
    guard level != history.level else { return false }
    history.level = level
    history.lastEdgeNanoseconds = timeNanoseconds
    if level {
      history.rising += 1
      rose = timeNanoseconds
      return true
    }
    history.falling += 1
    if let rose {
      let high = timeNanoseconds - rose
      highTimes.append(high)
      history.narrowestHighNanoseconds = min(history.narrowestHighNanoseconds ?? high, high)
    }
    rose = nil
    return true
  }

  mutating func forgetLevel() {
    history.level = false
    rose = nil
  }

  mutating func forgetHighTimes() {
    highTimes = []
    history.narrowestHighNanoseconds = nil
  }
}
