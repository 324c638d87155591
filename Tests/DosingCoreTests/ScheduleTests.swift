import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

@Suite struct ScheduleTests {
  private static let week = 7 * 1440
  private static let ticksPerMinute: Int64 = 600

  /// The rate in each minute of the week, as the patterns say it.
  private func rates(_ order: Prescription) -> [Int64] {
    (0..<7).flatMap { weekday in
      let pattern = order.patterns[Int(order.week[weekday])]
      return (0..<1440).map { minute in
        let begun = (0..<pattern.count).filter { Int(pattern.steps[$0].minute) <= minute }
        return pattern.steps[begun.last ?? 0].rate.nanogramsPerDay
      }
    }
  }

  private func order(using generator: inout SplitMix64) -> Prescription {
    let patterns = (0..<generator.number(1...7)).map { _ in
      var minutes: Set<UInt16> = [0]
      for _ in 0..<generator.number(0...8) { minutes.insert(UInt16(generator.number(1...1439))) }
      return minutes.sorted().map {
        (minute: $0, rate: microgramsPerDay(generator.pick([100, 100, 200, 400])))
      }
    }
    let week = (0..<7).map { _ in UInt8(generator.number(0...Int64(patterns.count - 1))) }
    return .flex(patterns, week: week, safeBasal: microgramsPerDay(100))
  }

  @Test("R-016 Safe basal is held against the leanest day, whichever it is", arguments: 0..<7)
  func leanestDay(weekday: Int) throws {
    var week = [UInt8](repeating: 0, count: 7)
    week[weekday] = 1
    let usual = (minute: UInt16(0), rate: microgramsPerDay(300))
    let lean = (minute: UInt16(0), rate: microgramsPerDay(200))
    func order(_ safeBasal: DoseRate) -> Prescription {
      .flex([[usual], [lean]], week: week, safeBasal: safeBasal)
    }
    #expect(judge(order(microgramsPerDay(200))).1.count == 0)
    let tooMuch = judge(order(DoseRate(nanogramsPerDay: 200_001)))
    #expect(tooMuch.0 == nil && tooMuch.1.rules == [.safeBasalAboveLeanestDay])
  }

  @Test("R-116 The therapy clock shows the same after any number of ticks, whole weeks apart")
  func clockAfterManyTicks() throws {
    let start = WeekTime(weekday: 2, minute: 617)
    for tick in [1, 10, 100] as [Int64] {
      let clock = TherapyClock(start: start, tick: Nanoseconds(tick * 1_000_000))
      let week = 7 * 86_400_000 / tick
      let counts: [Int64] = [
        0, 1, 12_345, week - 1, week, 1 << 31, 1 << 32, (1 << 32) + 7, 1 << 40,
      ]
      for ticks in counts {
        #expect(clock.at(Tick(ticks)) == clock.at(Tick(ticks % week)))
        let wanted = start + Nanoseconds(ticks % week * tick * 1_000_000)
        #expect(clock.at(Tick(ticks)) == wanted)
      }
    }
  }

  @Test("R-015 The first span of the week in which no rate is above a bound is found")
  func spans() throws {
    var generator = SplitMix64(seed: 17)
    var found = 0
    for _ in 0..<200 {
      let order = order(using: &generator)
      let rates = rates(order)
      let therapy = try Therapy.of(order)
      let begin = Int(generator.number(0...Int64(Self.week - 1)))
      let bound = generator.pick([99, 100, 200, 300, 400] as [Int64])
      let ticks = generator.pick([1, 600, generator.number(1...864_000)])
      let minutes = Int((ticks + Self.ticksPerMinute - 1) / Self.ticksPerMinute)
      let first = (0..<Self.week).first { offset in
        (0..<minutes).allSatisfy {
          rates[(begin + offset + $0) % Self.week] <= bound * 1_000
        }
      }
      let answer = therapy.schedule.ticksUntilSpan(
        of: ticks, atMost: therapy.scale.perTick(microgramsPerDay(bound)),
        from: WeekTime(sinceMonday: .minutes(Int64(begin))))
      #expect(answer == first.map { Int64($0) * Self.ticksPerMinute })
      if answer ?? 0 > 0 { found += 1 }
    }
    #expect(found > 20)
  }
}
