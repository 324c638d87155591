public import Quantities

/// The basal rate over the week, in units of account per tick.
///
/// A constant rate is a schedule with one segment.
public struct Schedule: Sendable, BitwiseCopyable {
  /// From `start` until the next segment, or the end of the week.
  private struct Segment: BitwiseCopyable {
    var start: WeekTime
    var unitsPerTick: Int64
  }

  private static let capacity = 168
  private var segments: InlineArray<168, Segment>
  private var count: Int
  private let tick: Nanoseconds

  /// One rate all week.
  public init(constant unitsPerTick: Int64, tick: Nanoseconds) {
    segments = InlineArray(
      repeating: Segment(start: WeekTime(weekday: 0, minute: 0), unitsPerTick: unitsPerTick))
    count = 1
    self.tick = tick
  }

  /// - Precondition: the prescription's patterns have passed `Therapy`'s checks.
  init(_ prescription: Prescription, scale: AccountScale, tick: Nanoseconds) {
    self.init(constant: 0, tick: tick)
    count = 0
    for weekday in 0..<7 {
      let pattern = Int(prescription.week[weekday])
      for index in 0..<prescription.patterns[pattern].count {
        let step = prescription.patterns[pattern].steps[index]
        append(
          Segment(
            start: WeekTime(weekday: weekday, minute: Int(step.minute)),
            unitsPerTick: scale.perTick(step.rate)))
      }
    }
  }

  private mutating func append(_ segment: Segment) {
    segments[count] = segment
    count += 1
  }

  /// The rate at a time of the week.
  public func unitsPerTick(at time: WeekTime) -> Int64 {
    segments[index(at: time)].unitsPerTick
  }

  /// How long the segment at `time` still lasts: one tick or more, a week at most.
  public func ticksLeft(at time: WeekTime) -> Int64 {
    ticksLeft(at: time, in: index(at: time))
  }

  private func ticksLeft(at time: WeekTime, in index: Int) -> Int64 {
    let end =
      index + 1 < count ? segments[index + 1].start.sinceMonday : WeekTime.week
    // Steps begin at whole minutes, which are ticks; a clock set between two ticks rounds up.
    return ((end - time.sinceMonday).count + tick.count - 1) / tick.count
  }

  /// What accrues in `ticks` ticks from `time` on.
  public func units(from time: WeekTime, ticks: Int64) -> Int64 {
    var (index, time, left, sum) = (index(at: time), time, ticks, Int64(0))
    while left > 0 {
      let here = min(left, ticksLeft(at: time, in: index))
      sum += here * segments[index].unitsPerTick
      left -= here
      time = time + Nanoseconds(here * tick.count)
      index = index + 1 < count ? index + 1 : 0
    }
    return sum
  }

  /// The most that accrues in any `ticks` ticks of the week.
  ///
  /// The sum over a window that slides over a step function is greatest where an edge of the window
  /// meets an edge of a step.
  public func mostUnits(inTicks ticks: Int64) -> Int64 {
    let length = Nanoseconds(ticks * tick.count)
    var most: Int64 = 0
    for index in 0..<count {
      let edge = segments[index].start
      let before = WeekTime(sinceMonday: edge.sinceMonday - length)
      most = max(most, units(from: edge, ticks: ticks))
      most = max(most, units(from: before, ticks: ticks))
    }
    return most
  }

  /// The greatest rate within `ticks` ticks from `time` on.
  public func peakUnitsPerTick(from time: WeekTime, ticks: Int64) -> Int64 {
    var (index, time, left, peak) = (index(at: time), time, ticks, Int64(0))
    repeat {
      peak = max(peak, segments[index].unitsPerTick)
      let here = ticksLeft(at: time, in: index)
      left -= here
      time = time + Nanoseconds(here * tick.count)
      index = index + 1 < count ? index + 1 : 0
    } while left > 0
    return peak
  }

  /// What the leanest calendar day brings.
  public func leanestDayUnits() -> Int64 {
    var leanest = Int64.max
    let day = Nanoseconds.days(1).count / tick.count
    for weekday in 0..<7 {
      leanest = min(leanest, units(from: WeekTime(weekday: weekday, minute: 0), ticks: day))
    }
    return leanest
  }

  /// Whether this schedule is nowhere above `other`, and somewhere below it.
  public func isDecrease(from other: Schedule) -> Bool {
    var lower = false
    var time = WeekTime(weekday: 0, minute: 0)
    var left = WeekTime.week.count / tick.count
    while left > 0 {
      let (mine, theirs) = (unitsPerTick(at: time), other.unitsPerTick(at: time))
      if mine > theirs { return false }
      if mine < theirs { lower = true }
      let here = min(ticksLeft(at: time), other.ticksLeft(at: time))
      left -= here
      time = time + Nanoseconds(here * tick.count)
    }
    return lower
  }

  private func index(at time: WeekTime) -> Int {
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if segments[middle].start <= time { low = middle } else { high = middle }
    }
    return low
  }
}
