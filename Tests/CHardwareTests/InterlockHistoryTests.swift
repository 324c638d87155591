import CHardware
import Testing

/// The numbers of the buckets that hold two days after the epoch.
private let minuteNow: Int64 = 2 * 24 * 60
private let quarterNow: Int64 = 2 * 24 * 4

@Suite struct InterlockHistoryTests {
  /// A rig, not sealed, whose clock shows two days.
  private func rigAfterTwoDays() throws -> Rig {
    let rig = try Rig()
    #expect(rig.setTime(2 * day) == .CHW_OK)
    return rig
  }

  @Test("R-036 Loaded steps count in the hour until they are too old for it")
  func loadedStepsCountInTheHour() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: minuteNow - 59, steps: 2) == .CHW_OK)
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: minuteNow - 30, steps: 1) == .CHW_OK)
    #expect(rig.seal(.only(perHour: 3)) == .CHW_OK)
    #expect(rig.counts.hour_steps == 3)
    #expect(rig.counts.day_steps == 0)
    #expect(rig.stepsUntilRefusal(at: 2 * day).made == allowance)
    #expect(rig.step(at: 2 * day + 2 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: 2 * day + 2 * minute) == .CHW_STEP_MADE)
    #expect(rig.counts.hour_steps == 3)
  }

  @Test("R-036 Loaded steps count in the day until they are too old for it")
  func loadedStepsCountInTheDay() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(.CHW_WINDOW_DAY, bucket: quarterNow - 92, steps: 5) == .CHW_OK)
    #expect(rig.seal(.only(perDay: 5)) == .CHW_OK)
    #expect(rig.counts.day_steps == 5)
    #expect(rig.counts.hour_steps == 0)
    #expect(rig.stepsUntilRefusal(at: 2 * day).made == allowance)
    #expect(rig.step(at: 2 * day + 75 * minute - 1) == .CHW_STEP_DAY_LIMIT)
    #expect(rig.step(at: 2 * day + 75 * minute) == .CHW_STEP_MADE)
  }

  @Test("R-036 The oldest bucket of each window counts, and one before it does not")
  func onlyTheWindowCounts() throws {
    let rig = try rigAfterTwoDays()
    for (window, now, buckets) in [
      (chw_window.CHW_WINDOW_HOUR, minuteNow, Int64(CHW_HOUR_BUCKETS)),
      (chw_window.CHW_WINDOW_DAY, quarterNow, Int64(CHW_DAY_BUCKETS)),
    ] {
      #expect(rig.load(window, bucket: now - 5_000, steps: 1_000_000) == .CHW_OK)
      #expect(rig.load(window, bucket: now - buckets, steps: 1_000) == .CHW_OK)
      #expect(rig.load(window, bucket: now - buckets + 1, steps: 20) == .CHW_OK)
      #expect(rig.load(window, bucket: now, steps: 3) == .CHW_OK)
    }
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.counts.hour_steps == 23)
    #expect(rig.counts.day_steps == 23)
    #expect(rig.setTime(2 * day + minute) == .CHW_OK)
    #expect(rig.counts.hour_steps == 3)
    #expect(rig.setTime(2 * day + 15 * minute) == .CHW_OK)
    #expect(rig.counts.day_steps == 3)
  }

  @Test(
    "R-036 No bucket is loaded that lies more than 73 years from the epoch",
    arguments: [(0, minute), (1, 15 * minute)] as [(Int32, Int64)])
  func farBuckets(window: Int32, length: Int64) throws {
    let window = try #require(chw_window(rawValue: window))
    let most = (Int64(1) << 61) / length
    for (bucket, wanted) in [
      (-most - 1, chw_error.CHW_ERROR_INVALID), (-most, .CHW_OK), (most, .CHW_OK),
      (most + 1, .CHW_ERROR_INVALID), (.min, .CHW_ERROR_INVALID), (.max, .CHW_ERROR_INVALID),
    ] {
      let rig = try rigAfterTwoDays()
      #expect(rig.load(window, bucket: bucket, steps: 1) == wanted, "\(bucket)")
    }
  }

  @Test("R-036 Buckets before the epoch have negative numbers, and count like the others")
  func bucketsBeforeTheEpoch() throws {
    let rig = try rigAfterTwoDays()
    // The bucket of now is the fifth minute, and the first quarter, before the epoch.
    for (bucket, steps) in [(-66, 1_000), (-65, 20), (-6, 3), (-5, 4)] as [(Int64, Int64)] {
      #expect(rig.load(.CHW_WINDOW_HOUR, bucket: bucket, steps: steps) == .CHW_OK)
    }
    for (bucket, steps) in [(-98, 1_000), (-97, 20), (-1, 3)] as [(Int64, Int64)] {
      #expect(rig.load(.CHW_WINDOW_DAY, bucket: bucket, steps: steps) == .CHW_OK)
    }
    let epoch = 2 * day + 5 * minute
    #expect(rig.seal(.only(), epoch: epoch) == .CHW_OK)
    #expect(rig.counts.hour_steps == 27)
    #expect(rig.counts.day_steps == 23)
    #expect(rig.setTime(2 * day + minute) == .CHW_OK)
    #expect(rig.counts.hour_steps == 7)
    #expect(rig.setTime(epoch - 1) == .CHW_OK)
    #expect(rig.counts.day_steps == 23)
    #expect(rig.setTime(epoch) == .CHW_OK)
    #expect(rig.counts.day_steps == 3)
    #expect(rig.step(at: epoch) == .CHW_STEP_MADE)
    #expect(rig.counts.hour_steps == 8)
  }

  @Test(
    "R-036 However long it takes until the interlock is sealed, no loaded step moves",
    arguments: [0, 10 * millisecond, second / 2, 5 * second, 20 * minute])
  func delayMovesNothing(delay: Int64) throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: minuteNow, steps: 3) == .CHW_OK)
    #expect(rig.setTime(2 * day + delay) == .CHW_OK)
    #expect(rig.seal(.only(perHour: 2)) == .CHW_OK)
    #expect(rig.step(at: 2 * day + 61 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: 2 * day + 61 * minute) == .CHW_STEP_MADE)
  }

  @Test("R-036 What is loaded counts at once, even before its bucket has begun")
  func loadedStepsCountAtOnce() throws {
    let rig = try Rig()
    for window in [chw_window.CHW_WINDOW_HOUR, .CHW_WINDOW_DAY] {
      #expect(rig.load(window, bucket: 0, steps: 2) == .CHW_OK)
      #expect(rig.load(window, bucket: 1, steps: 3) == .CHW_OK)
    }
    #expect(rig.now == 0)
    #expect(rig.counts.hour_steps == 5)
    #expect(rig.counts.day_steps == 5)
  }

  @Test("R-036 Loaded steps were not made by this rig: its own count starts at 0")
  func loadedStepsAreNotOurs() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: minuteNow, steps: 3) == .CHW_OK)
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.counts.steps == 0)
    #expect(rig.takePulses().isEmpty)
  }

  @Test("R-036 History that is negative, out of order or too large to count changes nothing")
  func badHistoryIsRefused() throws {
    let rig = try rigAfterTwoDays()
    for window in [chw_window.CHW_WINDOW_HOUR, .CHW_WINDOW_DAY] {
      #expect(rig.load(window, bucket: 100, steps: -1) == .CHW_ERROR_INVALID)
      #expect(rig.load(window, bucket: 100, steps: 1) == .CHW_OK)
      #expect(rig.load(window, bucket: 100, steps: 1) == .CHW_ERROR_INVALID)
      #expect(rig.load(window, bucket: 99, steps: 1) == .CHW_ERROR_INVALID)
      #expect(rig.load(window, bucket: 101, steps: .max) == .CHW_ERROR_INVALID)
      #expect(rig.load(window, bucket: 101, steps: .max / 2) == .CHW_ERROR_INVALID)
      for bucket in [Int64.min, -(1 << 60), 1 << 60, .max] {
        #expect(rig.load(window, bucket: bucket, steps: 1) == .CHW_ERROR_INVALID)
      }
      #expect(rig.load(window, bucket: 101, steps: 0) == .CHW_OK)
      #expect(rig.load(window, bucket: 102, steps: .max / 2 - 1) == .CHW_OK)
      #expect(rig.load(window, bucket: 103, steps: 1) == .CHW_ERROR_INVALID)
    }
    #expect(rig.setTime(2 * day) == .CHW_OK)
    #expect(rig.seal(.only(), epoch: 2 * day - 105 * minute) == .CHW_ERROR_INVALID)
    #expect(rig.seal(.only(), epoch: 2 * day - 102 * 15 * minute) == .CHW_OK)
    #expect(rig.counts.hour_steps == 0)
    #expect(rig.counts.day_steps == .max / 2)
    #expect(rig.step(at: 2 * day) == .CHW_STEP_MADE)
    #expect(rig.counts.day_steps == .max / 2 + 1)
  }

  @Test("R-036 A bucket that has not begun when the interlock is sealed does not seal")
  func bucketsOfTheFutureDoNotSeal() throws {
    for (window, next) in [
      (chw_window.CHW_WINDOW_HOUR, minuteNow + 1), (chw_window.CHW_WINDOW_DAY, quarterNow + 1),
    ] {
      let rig = try rigAfterTwoDays()
      #expect(rig.load(window, bucket: next, steps: 1) == .CHW_OK)
      #expect(rig.seal(.only()) == .CHW_ERROR_INVALID)
      #expect(rig.step(at: 2 * day) == .CHW_STEP_NOT_SEALED)
      let begin = window == .CHW_WINDOW_HOUR ? minute : 15 * minute
      #expect(rig.setTime(2 * day + begin - 1) == .CHW_OK)
      #expect(rig.seal(.only()) == .CHW_ERROR_INVALID)
      #expect(rig.setTime(2 * day + begin) == .CHW_OK)
      #expect(rig.seal(.only()) == .CHW_OK)
      #expect(rig.counts.hour_steps + rig.counts.day_steps == 1)
    }
  }

  @Test("R-036 Nothing can be loaded after sealing")
  func nothingIsLoadedAfterSealing() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: 0, steps: 1) == .CHW_ERROR_INVALID)
    #expect(rig.load(.CHW_WINDOW_DAY, bucket: 0, steps: 1) == .CHW_ERROR_INVALID)
    #expect(rig.counts.hour_steps == 0)
  }
}

@Suite struct InterlockHistoryOfTheMinuteTests {
  /// A rig that is sealed after two days and 10 s, where the fastest flow makes a step every 15 s.
  private func rig(_ loads: [(bucket: Int64, steps: Int64)]) throws -> Rig {
    let rig = try Rig()
    #expect(rig.setTime(now) == .CHW_OK)
    for (bucket, steps) in loads {
      #expect(rig.load(.CHW_WINDOW_HOUR, bucket: minuteNow + bucket, steps: steps) == .CHW_OK)
    }
    #expect(rig.seal(.only(perMinute: 6)) == .CHW_OK)
    return rig
  }

  private let now = 2 * day + 10 * second

  @Test("R-031 R-036 Steps of the last two minutes count as if made by the fastest flow, up to now")
  func placedAtTheFastestFlow() throws {
    let rig = try rig([(-2, 100), (-1, 2), (0, 1)])
    #expect(rig.stepsUntilRefusal(at: now).made == 3)
    #expect(rig.stepsUntilRefusal(at: now + 30 * second - 1).made == 0)
    #expect(rig.stepsUntilRefusal(at: now + 30 * second).made == 1)
    #expect(rig.stepsUntilRefusal(at: now + 45 * second - 1).made == 0)
    #expect(rig.stepsUntilRefusal(at: now + 45 * second).made == 1)
    #expect(rig.stepsUntilRefusal(at: now + 60 * second - 1).made == 0)
    #expect(rig.stepsUntilRefusal(at: now + 60 * second).made == 4)
  }

  @Test("R-031 R-036 More steps than the minute can hold fill it as the fastest flow does")
  func moreThanTheMinuteHolds() throws {
    let rig = try rig([(0, 1_000_000)])
    #expect(rig.counts.hour_steps == 1_000_000)
    // One for the edge on each side.
    #expect(rig.stepsUntilRefusal(at: now).made == 2)
    for number in 1...3 as ClosedRange<Int64> {
      #expect(rig.stepsUntilRefusal(at: now + 15 * number * second - 1).made == 0)
      #expect(rig.stepsUntilRefusal(at: now + 15 * number * second).made == 1)
    }
  }

  @Test("R-031 R-036 Steps of earlier minutes leave the minute empty")
  func earlierMinutesLeaveItEmpty() throws {
    let rig = try rig([(-60, 7), (-2, 100)])
    #expect(rig.stepsUntilRefusal(at: now).made == 6)
  }

  @Test(
    "R-031 R-036 The minutes are those of the clock at sealing", arguments: [0, 1, 2, 3] as [Int64])
  func minutesOfTheClockAtSealing(minutesLater: Int64) throws {
    let rig = try Rig()
    #expect(rig.setTime(now) == .CHW_OK)
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: minuteNow, steps: 3) == .CHW_OK)
    #expect(rig.setTime(now + minutesLater * minute) == .CHW_OK)
    #expect(rig.seal(.only(perMinute: 6)) == .CHW_OK)
    let made = rig.stepsUntilRefusal(at: now + minutesLater * minute).made
    #expect(made == (minutesLater < 2 ? 3 : 6))
  }
}
