import CHardware
import Testing

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
    #expect(rig.load(age: 59 * minute, steps: 2) == .CHW_OK)
    #expect(rig.load(age: 30 * minute, steps: 1) == .CHW_OK)
    #expect(rig.seal(.only(perHour: 3), epoch: 2 * day) == .CHW_OK)
    #expect(rig.counts.hour_steps == 3)
    #expect(rig.stepsUntilRefusal(at: 2 * day).made == allowance)
    #expect(rig.step(at: 2 * day + 2 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: 2 * day + 2 * minute) == .CHW_STEP_MADE)
  }

  @Test("R-036 Loaded steps count in the day until they are too old for it")
  func loadedStepsCountInTheDay() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(age: 23 * hour, steps: 5) == .CHW_OK)
    #expect(rig.seal(.only(perDay: 5), epoch: 2 * day) == .CHW_OK)
    #expect(rig.stepsUntilRefusal(at: 2 * day).made == allowance)
    #expect(rig.step(at: 2 * day + 75 * minute - 1) == .CHW_STEP_DAY_LIMIT)
    #expect(rig.step(at: 2 * day + 75 * minute) == .CHW_STEP_MADE)
  }

  @Test("R-036 Loaded steps younger than 60 s count in the minute")
  func loadedStepsCountInTheMinute() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(age: 60 * second, steps: 7) == .CHW_OK)
    #expect(rig.load(age: 60 * second - 1, steps: 2) == .CHW_OK)
    #expect(rig.load(age: 20 * second, steps: 1) == .CHW_OK)
    #expect(rig.seal(.only(perMinute: 4), epoch: 2 * day) == .CHW_OK)
    #expect(rig.stepsUntilRefusal(at: 2 * day).made == 1)
    #expect(rig.stepsUntilRefusal(at: 2 * day + 1).made == 2)
    #expect(rig.stepsUntilRefusal(at: 2 * day + 40 * second - 1).made == 0)
    #expect(rig.stepsUntilRefusal(at: 2 * day + 40 * second).made == 1)
  }

  @Test("R-036 More steps than the minute can hold fill it, and every one counts in the hour")
  func loadLargerThanTheMinute() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(age: 10 * second, steps: 1_000_000) == .CHW_OK)
    #expect(rig.seal(.only(perMinute: 4, perHour: 1_000_001), epoch: 2 * day) == .CHW_OK)
    #expect(rig.step(at: 2 * day + 50 * second - 1) == .CHW_STEP_MINUTE_LIMIT)
    let after = rig.stepsUntilRefusal(at: 2 * day + 50 * second)
    #expect(after.made == 1 + allowance)
    #expect(after.refusal == .CHW_STEP_HOUR_LIMIT)
  }

  @Test("R-036 The age of loaded steps is counted from the call, not from sealing")
  func ageIsCountedFromTheCall() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(age: 0, steps: 3) == .CHW_OK)
    #expect(rig.setTime(2 * day + 30 * minute) == .CHW_OK)
    #expect(rig.seal(.only(perHour: 2), epoch: 2 * day) == .CHW_OK)
    #expect(rig.step(at: 2 * day + 61 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: 2 * day + 61 * minute) == .CHW_STEP_MADE)
  }

  @Test("R-036 Steps of exactly 24 h ago count, older ones are ignored")
  func olderThanADayIsIgnored() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(age: 24 * hour + 1, steps: 1_000) == .CHW_OK)
    #expect(rig.load(age: 24 * hour, steps: 3) == .CHW_OK)
    // Both in a quarter of an hour that the window still holds.
    #expect(rig.seal(.only(), epoch: 2 * day - 5 * minute) == .CHW_OK)
    #expect(rig.counts.day_steps == 3)
  }

  @Test("R-036 Loaded steps were not made by this rig: its own count starts at 0")
  func loadedStepsAreNotOurs() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(age: minute, steps: 3) == .CHW_OK)
    #expect(rig.seal(.only(), epoch: 2 * day) == .CHW_OK)
    #expect(rig.counts.steps == 0)
    #expect(rig.takePulses().isEmpty)
  }

  @Test("R-036 History that is negative, out of order or too large to count is refused")
  func badHistoryIsRefused() throws {
    let rig = try rigAfterTwoDays()
    #expect(rig.load(age: -1, steps: 1) == .CHW_ERROR_INVALID)
    #expect(rig.load(age: 1, steps: -1) == .CHW_ERROR_INVALID)
    #expect(rig.load(age: hour, steps: 1) == .CHW_OK)
    #expect(rig.load(age: hour + 1, steps: 1) == .CHW_ERROR_INVALID)
    #expect(rig.load(age: hour, steps: .max) == .CHW_ERROR_INVALID)
    #expect(rig.load(age: hour, steps: 1) == .CHW_OK)
    #expect(rig.load(age: 2 * hour, steps: 0) == .CHW_OK)
    #expect(rig.seal(.only(), epoch: 2 * day) == .CHW_OK)
    #expect(rig.counts.day_steps == 2)
  }

  @Test("R-036 A history of too many pieces is refused, not forgotten in part")
  func historyHasRoomForItsStatedNumberOfLoads() throws {
    let rig = try rigAfterTwoDays()
    for _ in 0..<CHW_HISTORY_LOADS_MAX { #expect(rig.load(age: minute, steps: 2) == .CHW_OK) }
    #expect(rig.load(age: minute, steps: 2) == .CHW_ERROR_NO_MEMORY)
    #expect(rig.seal(.only(), epoch: 2 * day) == .CHW_OK)
    #expect(rig.counts.hour_steps == 2 * Int64(CHW_HISTORY_LOADS_MAX))
  }

  @Test("R-036 Nothing can be loaded after sealing")
  func nothingIsLoadedAfterSealing() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.load(age: 0, steps: 1) == .CHW_ERROR_INVALID)
    #expect(rig.counts.hour_steps == 0)
  }
}
