import Quantities
import Testing

@Suite struct TimeTests {
  @Test("A week wraps at Monday 00:00, forwards and backwards")
  func weekWraps() {
    let lastTick = WeekTime(sinceMonday: .days(7) - Nanoseconds(1))
    #expect(lastTick.weekday == 6)
    #expect((lastTick + Nanoseconds(1)).sinceMonday == .zero)
    #expect(WeekTime(sinceMonday: Nanoseconds(-1)) == lastTick)
    #expect(WeekTime(sinceMonday: .days(-7)).sinceMonday == .zero)
    #expect(WeekTime(sinceMonday: .days(15)).weekday == 1)
    #expect((WeekTime(weekday: 0, minute: 0) + .days(-1)).weekday == 6)
  }

  @Test("A time of the week knows its day and its time of day")
  func partsOfAWeek() {
    let time = WeekTime(weekday: 3, minute: 6 * 60 + 30)
    #expect(time.weekday == 3)
    #expect(time.sinceMidnight == .minutes(390))
    #expect(
      WeekTime(weekday: 6, minute: 1439) < WeekTime.init(sinceMonday: .days(7) - Nanoseconds(1)))
    #expect(time < time + .seconds(1))
  }

  @Test("Ticks and counts of ticks are different things that add up")
  func ticks() {
    let tick = Tick(5) + TickCount(3)
    #expect(tick == Tick(8))
    #expect(tick - Tick(5) == TickCount(3))
    #expect(Tick(7) < tick && tick < .never)
  }

  @Test("Lengths of time are whole nanoseconds")
  func lengths() {
    #expect(Nanoseconds.days(1).count == 86_400_000_000_000)
    #expect(Nanoseconds.hours(24) == .days(1))
    #expect(Nanoseconds.minutes(60) == .hours(1))
    #expect(Nanoseconds.seconds(60) == .minutes(1))
  }
}
