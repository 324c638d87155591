public import Quantities

extension WeekTime {
  /// The time when so many ticks have passed.
  @inline(__always)
  func after(_ ticks: TickCount, of tick: Nanoseconds) -> WeekTime {
    self + Nanoseconds(ticks.count * tick.count)
  }
}

/// The basal rate over the week.
///
/// Neighbours differ, so that an edge is a change of rate; a constant rate is a schedule with one segment.
public struct Schedule: Sendable, BitwiseCopyable {
  // Each segment lasts from its minute of the week until that of the next one, or the end of the week.
  private var minutes: InlineArray<168, UInt16> = InlineArray(repeating: 0)
  private var quantaPerDay: InlineArray<168, Int64> = InlineArray(repeating: 0)
  private var count = 0
  private let tick: Nanoseconds
  /// Units of account that a quantum a day brings in a tick.
  private let unitsPerQuantum: Int64

  /// One rate all week.
  ///
  /// - Parameter quantaPerDay: in 1e-9 ng/d.
  init(constant quantaPerDay: Int64, scale: AccountScale, tick: Nanoseconds) {
    self.tick = tick
    unitsPerQuantum = scale.perTickAtOneQuantumPerDay
    append(quantaPerDay, fromMinute: 0)
  }

  /// The patterns of a week.
  ///
  /// - Parameter least: in 1e-9 ng/d. Where the patterns are below it the rate is this: the most that
  ///   either can bring, and one after the other, however often they take turns.
  /// - Precondition: the prescription's patterns have passed `Therapy`'s checks.
  init(
    flex prescription: Prescription, atLeast least: Int64, scale: AccountScale, tick: Nanoseconds
  ) {
    self.tick = tick
    unitsPerQuantum = scale.perTickAtOneQuantumPerDay
    for weekday in 0..<7 {
      let pattern = prescription.patterns[Int(prescription.week[weekday])]
      for index in 0..<pattern.count {
        let step = pattern.steps[index]
        append(
          max(least, AccountScale.quanta(step.rate)),
          fromMinute: UInt16(weekday) * 1440 + step.minute)
      }
    }
  }

  private mutating func append(_ rate: Int64, fromMinute minute: UInt16) {
    if count > 0, quantaPerDay[count - 1] == rate { return }
    (minutes[count], quantaPerDay[count]) = (minute, rate)
    count += 1
  }

  /// The rate at a time of the week, in units of account.
  public func unitsPerTick(at time: WeekTime) -> Int128 {
    Int128(quantaPerDay.span[index(at: time)]) * Int128(unitsPerQuantum)
  }

  /// How long the rate at `time` still lasts; nil where it never changes.
  func ticksUntilChange(at time: WeekTime) -> Int64? {
    guard count > 1 else { return nil }
    let index = index(at: time)
    let left = ticksLeft(at: time, in: index)
    // Over the end of the week the same rate may go on.
    let goesOn = index == count - 1 && quantaPerDay.span[0] == quantaPerDay.span[index]
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
    let rates = quantaPerDay.span
    var (index, time, left, sum) = (index(at: time), time, ticks, Int128(0))
    while left > 0 {
      let here = min(left, ticksLeft(at: time, in: index))
      sum += Int128(here) * Int128(rates[index])
      left -= here
      time = time.after(TickCount(here), of: tick)
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
    let rates = quantaPerDay.span
    var index = index(at: time)
    var left = ticksLeft(at: time, in: index)
    var sum: Int128 = 0
    for edge in 1...count {
      var ticks = edge == 1 ? first : every
      while ticks > 0 {
        let here = min(ticks, left)
        sum += Int128(here) * Int128(rates[index])
        ticks -= here
        left -= here
        if left > 0 { continue }
        index = index + 1 < self.count ? index + 1 : 0
        left = (end(of: index) - start(of: index)).count / tick.count
      }
      visit(
        edge, sum * Int128(unitsPerQuantum),
        Int128(rates[index]) * Int128(unitsPerQuantum))
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
      let edge = WeekTime(sinceMonday: start(of: index))
      let before = WeekTime(sinceMonday: edge.sinceMonday - length)
      most = max(most, units(from: edge, ticks: ticks))
      most = max(most, units(from: before, ticks: ticks))
    }
    return most
  }

  /// The greatest rate of the week.
  var peakUnitsPerTick: Int128 {
    var peak: Int64 = 0
    for index in 0..<count { peak = max(peak, quantaPerDay[index]) }
    return Int128(peak) * Int128(unitsPerQuantum)
  }

  /// How many ticks after `time` the first span begins that is so long and in which no rate is greater
  /// than a bound; nil where there is none in a week.
  func ticksUntilSpan(of ticks: Int64, atMost unitsPerTick: Int128, from time: WeekTime) -> Int64? {
    let (rates, week) = (quantaPerDay.span, WeekTime.week.count / tick.count)
    var (index, left) = (index(at: time), ticksLeft(at: time))
    // Where the span began that goes on, and how far the week was looked through.
    var (begin, passed) = (Int64(0), Int64(0))
    while begin < week {
      passed += left
      if Int128(rates[index]) * Int128(unitsPerQuantum) > unitsPerTick {
        begin = passed
      } else if passed - begin >= ticks {
        return begin
      }
      index = index + 1 < count ? index + 1 : 0
      left = (end(of: index) - start(of: index)).count / tick.count
    }
    return nil
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
    let (rates, others) = (quantaPerDay.span, other.quantaPerDay.span)
    var (mine, theirs) = (0, 0)
    while true {
      if rates[mine] > others[theirs] { return false }
      let (myNext, theirNext) = (end(of: mine), other.end(of: theirs))
      if min(myNext, theirNext) >= WeekTime.week { return true }
      if myNext <= theirNext { mine += 1 }
      if theirNext <= myNext { theirs += 1 }
    }
  }

  // Since Monday.
  private func start(of index: Int) -> Nanoseconds { .minutes(Int64(minutes.span[index])) }
  private func end(of index: Int) -> Nanoseconds {
    index + 1 < count ? start(of: index + 1) : WeekTime.week
  }

  private func index(at time: WeekTime) -> Int {
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if start(of: middle) <= time.sinceMonday { low = middle } else { high = middle }
    }
    return low
  }
}
