public import Quantities

/// The basal rate over the week.
///
/// Neighbours differ, so that an edge is a change of rate; a constant rate is a schedule with one segment.
public struct Schedule: Sendable, BitwiseCopyable {
  /// From `start` until the next segment, or the end of the week.
  private struct Segment: BitwiseCopyable {
    var start: WeekTime
    var quantaPerDay: Int64
  }

  private static let capacity = 168
  private var segments: InlineArray<168, Segment>
  private var count: Int
  private let tick: Nanoseconds
  /// Units of account that a quantum a day brings in a tick.
  private let unitsPerQuantum: Int64

  /// One rate all week.
  ///
  /// - Parameter quantaPerDay: in 1e-9 ng/d.
  init(constant quantaPerDay: Int64, scale: AccountScale, tick: Nanoseconds) {
    segments = InlineArray(
      repeating: Segment(start: WeekTime(weekday: 0, minute: 0), quantaPerDay: quantaPerDay))
    count = 1
    self.tick = tick
    unitsPerQuantum = scale.perTickAtOneQuantumPerDay
  }

  /// - Precondition: the prescription's patterns have passed `Therapy`'s checks.
  init(_ prescription: Prescription, scale: AccountScale, tick: Nanoseconds) {
    self.init(constant: 0, scale: scale, tick: tick)
    count = 0
    for weekday in 0..<7 {
      let pattern = Int(prescription.week[weekday])
      for index in 0..<prescription.patterns[pattern].count {
        let step = prescription.patterns[pattern].steps[index]
        append(
          Segment(
            start: WeekTime(weekday: weekday, minute: Int(step.minute)),
            quantaPerDay: AccountScale.quanta(step.rate)))
      }
    }
  }

  private mutating func append(_ segment: Segment) {
    if count > 0, segments[count - 1].quantaPerDay == segment.quantaPerDay { return }
    segments[count] = segment
    count += 1
  }

  /// This schedule where it is above a rate, and that rate elsewhere: the most that either can bring, and
  /// one after the other, however often they take turns.
  func raised(to quantaPerDay: Int64) -> Schedule {
    var raised = self
    raised.count = 0
    for index in 0..<count {
      let segment = segments[index]
      raised.append(
        Segment(start: segment.start, quantaPerDay: max(segment.quantaPerDay, quantaPerDay)))
    }
    return raised
  }

  /// The rate at a time of the week, in units of account.
  public func unitsPerTick(at time: WeekTime) -> Int128 {
    Int128(segments.span[index(at: time)].quantaPerDay) * Int128(unitsPerQuantum)
  }

  /// How long the rate at `time` still lasts; nil where it never changes.
  func ticksUntilChange(at time: WeekTime) -> Int64? {
    guard count > 1 else { return nil }
    let index = index(at: time)
    let left = ticksLeft(at: time, in: index)
    // Over the end of the week the same rate may go on.
    let goesOn = index == count - 1 && segments[0].quantaPerDay == segments[index].quantaPerDay
    return goesOn ? left + ticksLeft(at: WeekTime(weekday: 0, minute: 0), in: 0) : left
  }

  /// How long the segment at `time` still lasts: one tick or more, a week at most.
  public func ticksLeft(at time: WeekTime) -> Int64 {
    ticksLeft(at: time, in: index(at: time))
  }

  private func ticksLeft(at time: WeekTime, in index: Int) -> Int64 {
    // Steps begin at whole minutes, which are ticks; a clock set between two ticks rounds up.
    return ((end(of: index) - time.sinceMonday).count + tick.count - 1) / tick.count
  }

  /// What accrues in `ticks` ticks from `time` on.
  public func units(from time: WeekTime, ticks: Int64) -> Int128 {
    let week = WeekTime.week.count / tick.count
    let rest = sum(from: time, ticks: ticks % week)
    // A gap may be as long as nobody looked; it costs no more than a week.
    let whole = ticks < week ? 0 : sum(from: time, ticks: week) * Int128(ticks / week)
    return (whole + rest) * Int128(unitsPerQuantum)
  }

  /// In quanta a day x ticks. At most a week of them.
  private func sum(from time: WeekTime, ticks: Int64) -> Int128 {
    let segments = segments.span
    var (index, time, left, sum) = (index(at: time), time, ticks, Int128(0))
    while left > 0 {
      let here = min(left, ticksLeft(at: time, in: index))
      sum += Int128(here) * Int128(segments[index].quantaPerDay)
      left -= here
      time = time + Nanoseconds(here * tick.count)
      index = index + 1 < count ? index + 1 : 0
    }
    return sum
  }

  /// Visits `count` edges of time, the first after so many ticks and the others at an even distance: what
  /// accrues from `time` up to each, and in the tick behind it. Once through the schedule for all of them.
  func forEachEdge(
    from time: WeekTime, first: Int64, every: Int64, count: Int,
    _ visit: (_ edge: Int, _ sum: Int128, _ unitsPerTick: Int128) -> Void
  ) {
    // A span, since an array that is asked through `self` is copied first.
    let segments = segments.span
    var index = index(at: time)
    var left = ticksLeft(at: time, in: index)
    var sum: Int128 = 0
    for edge in 1...count {
      var ticks = edge == 1 ? first : every
      while ticks > 0 {
        let here = min(ticks, left)
        sum += Int128(here) * Int128(segments[index].quantaPerDay)
        ticks -= here
        left -= here
        if left > 0 { continue }
        index = index + 1 < self.count ? index + 1 : 0
        let end = index + 1 < self.count ? segments[index + 1].start.sinceMonday : WeekTime.week
        left = (end - segments[index].start.sinceMonday).count / tick.count
      }
      visit(
        edge, sum * Int128(unitsPerQuantum),
        Int128(segments[index].quantaPerDay) * Int128(unitsPerQuantum))
    }
  }

  /// The most that accrues in any `ticks` ticks of the week.
  ///
  /// The sum over a window that slides over a step function is greatest where an edge of the window
  /// meets an edge of a step.
  public func mostUnits(inTicks ticks: Int64) -> Int128 {
    let length = Nanoseconds(ticks * tick.count)
    var most: Int128 = 0
    for index in 0..<count {
      let edge = segments[index].start
      let before = WeekTime(sinceMonday: edge.sinceMonday - length)
      most = max(most, units(from: edge, ticks: ticks))
      most = max(most, units(from: before, ticks: ticks))
    }
    return most
  }

  /// The greatest rate within `ticks` ticks from `time` on.
  public func peakUnitsPerTick(from time: WeekTime, ticks: Int64) -> Int128 {
    let segments = segments.span
    var (index, time, left) = (index(at: time), time, min(ticks, WeekTime.week.count / tick.count))
    var peak: Int64 = 0
    repeat {
      peak = max(peak, segments[index].quantaPerDay)
      let here = ticksLeft(at: time, in: index)
      left -= here
      time = time + Nanoseconds(here * tick.count)
      index = index + 1 < count ? index + 1 : 0
    } while left > 0
    return Int128(peak) * Int128(unitsPerQuantum)
  }

  /// What the leanest calendar day brings.
  public func leanestDayUnits() -> Int128 {
    var leanest = Int128.max
    let day = Nanoseconds.days(1).count / tick.count
    for weekday in 0..<7 {
      leanest = min(leanest, units(from: WeekTime(weekday: weekday, minute: 0), ticks: day))
    }
    return leanest
  }

  /// Whether this schedule is at no time above `other`.
  func isNowhereAbove(_ other: Schedule) -> Bool {
    let (segments, others) = (segments.span, other.segments.span)
    var (mine, theirs) = (0, 0)
    while true {
      if segments[mine].quantaPerDay > others[theirs].quantaPerDay { return false }
      let (myNext, theirNext) = (end(of: mine), other.end(of: theirs))
      if min(myNext, theirNext) >= WeekTime.week { return true }
      if myNext <= theirNext { mine += 1 }
      if theirNext <= myNext { theirs += 1 }
    }
  }

  /// Since Monday.
  private func end(of index: Int) -> Nanoseconds {
    index + 1 < count ? segments.span[index + 1].start.sinceMonday : WeekTime.week
  }

  private func index(at time: WeekTime) -> Int {
    let segments = segments.span
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if segments[middle].start <= time { low = middle } else { high = middle }
    }
    return low
  }
}
