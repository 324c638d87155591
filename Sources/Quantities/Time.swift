/// A length of time, in whole nanoseconds.
public struct Nanoseconds: Quantity {
  public static var baseUnit: StaticString { "ns" }
  public var count: Int64
  public init(_ count: Int64) { self.count = count }
  public init(baseUnits: Int64) { count = baseUnits }
  public var baseUnits: Int64 { count }

  public static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000) }
  public static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000_000) }
  public static func minutes(_ count: Int64) -> Nanoseconds { seconds(count * 60) }
  public static func hours(_ count: Int64) -> Nanoseconds { minutes(count * 60) }
  public static func days(_ count: Int64) -> Nanoseconds { hours(count * 24) }
}

/// A point in powered time: the number of a tick. Tick 0 is the first one of an engine.
public struct Tick: Comparable, Sendable, BitwiseCopyable {
  public var number: Int64
  public init(_ number: Int64) { self.number = number }

  public static func < (left: Tick, right: Tick) -> Bool { left.number < right.number }
  public static func + (tick: Tick, count: TickCount) -> Tick { Tick(tick.number + count.count) }
  public static func - (later: Tick, earlier: Tick) -> TickCount {
    TickCount(later.number - earlier.number)
  }

  /// Later than every tick that an engine can reach.
  public static let never = Tick(Int64.max)
}

/// A length of time as a number of ticks.
public struct TickCount: Quantity {
  public static var baseUnit: StaticString { "ticks" }
  public var count: Int64
  public init(_ count: Int64) { self.count = count }
  public init(baseUnits: Int64) { count = baseUnits }
  public var baseUnits: Int64 { count }
}

/// A point in the week of the therapy clock: nanoseconds since Monday 00:00.
public struct WeekTime: Comparable, Sendable, BitwiseCopyable {
  /// 0 up to, but not including, one week.
  public let sinceMonday: Nanoseconds

  public static let week = Nanoseconds.days(7)

  /// Any length of time since some Monday 00:00; whole weeks are dropped.
  public init(sinceMonday: Nanoseconds) {
    let remainder = sinceMonday.count % Self.week.count
    self.sinceMonday = Nanoseconds(remainder < 0 ? remainder + Self.week.count : remainder)
  }

  /// - Parameters:
  ///   - weekday: 0 is Monday, 6 is Sunday.
  ///   - minute: the minute of the day, 0 to 1439.
  public init(weekday: Int, minute: Int) {
    self.init(sinceMonday: .days(Int64(weekday)) + .minutes(Int64(minute)))
  }

  /// UTC as ns since 1970, which began on a Thursday.
  public init(ofUTC utc: Int64) {
    self.init(sinceMonday: .days(3) + Nanoseconds(utc % Self.week.count))
  }

  /// 0 is Monday, 6 is Sunday.
  public var weekday: Int { Int(truncatingIfNeeded: sinceMonday.count / Nanoseconds.days(1).count) }

  public var sinceMidnight: Nanoseconds {
    Nanoseconds(sinceMonday.count % Nanoseconds.days(1).count)
  }

  public static func < (left: WeekTime, right: WeekTime) -> Bool {
    left.sinceMonday < right.sinceMonday
  }

  public static func + (time: WeekTime, length: Nanoseconds) -> WeekTime {
    WeekTime(sinceMonday: time.sinceMonday + length)
  }

  public static func - (time: WeekTime, length: Nanoseconds) -> WeekTime {
    WeekTime(sinceMonday: time.sinceMonday - length)
  }

  /// The shorter way from another point to this one: at most half a week, negative where it lies behind.
  public func distance(from other: WeekTime) -> Nanoseconds {
    let ahead = WeekTime(sinceMonday: sinceMonday - other.sinceMonday).sinceMonday
    return ahead.count > Self.week.count / 2 ? ahead - Self.week : ahead
  }
}
