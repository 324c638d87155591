internal import Quantities

/// The pump's own local time, which selects the step of flex and nothing else.
struct TherapyClock: BitwiseCopyable {
  private let tick: Nanoseconds
  var atTickZero: WeekTime
  /// Somebody vouches for it.
  var isTrusted = true

  /// - Parameter start: the time at tick 0, cut to a whole tick, so that the edges of a schedule are ticks.
  init(start: WeekTime, tick: Nanoseconds) {
    self.tick = tick
    atTickZero = WeekTime(
      sinceMonday: Nanoseconds(start.sinceMonday.count / tick.count * tick.count))
  }

  func at(_ tick: Tick) -> WeekTime {
    let week = WeekTime.week.count / self.tick.count
    return atTickZero + Nanoseconds(tick.number % week * self.tick.count)
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    var sinceMonday = atTickZero.sinceMonday
    coder.field(&sinceMonday)
    atTickZero = WeekTime(sinceMonday: sinceMonday)
    coder.field(&isTrusted)
  }

  /// - Parameter late: by how much it is behind; cut to a whole tick.
  mutating func advance(late: Nanoseconds) {
    atTickZero = atTickZero + Nanoseconds(late.count / tick.count * tick.count)
    isTrusted = true
  }
}
