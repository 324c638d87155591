import CHardware
import Testing

/// The interlock lets pass one step more than a ceiling of an hour or a day: see its contract.
let allowance = 1

@Suite struct InterlockMinuteTests {
  @Test("R-031 A step exactly 60 s old is outside the minute, a nanosecond younger is inside")
  func minuteIsExact() throws {
    let rig = try Rig(sealed: .only(perMinute: 3))
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.step(at: 10 * second) == .CHW_STEP_MADE)
    #expect(rig.step(at: 20 * second) == .CHW_STEP_MADE)
    #expect(rig.step(at: 60 * second - 1) == .CHW_STEP_MINUTE_LIMIT)
    #expect(rig.step(at: 60 * second) == .CHW_STEP_MADE)
    #expect(rig.step(at: 70 * second - 1) == .CHW_STEP_MINUTE_LIMIT)
    #expect(rig.step(at: 70 * second) == .CHW_STEP_MADE)
    #expect(rig.refused(.CHW_STEP_MINUTE_LIMIT) == 2)
  }

  @Test("R-031 The minute slides: steps on both sides of a full minute count together")
  func minuteSlides() throws {
    let rig = try Rig(sealed: .only(perMinute: 2))
    #expect(rig.step(at: 59 * second) == .CHW_STEP_MADE)
    #expect(rig.step(at: 61 * second) == .CHW_STEP_MADE)
    #expect(rig.step(at: 62 * second) == .CHW_STEP_MINUTE_LIMIT)
  }

  @Test("R-031 The minute holds its bound at the ends of its range", arguments: [1, 60_002])
  func minuteHoldsAtBothEnds(bound: Int32) throws {
    let rig = try Rig(sealed: .only(perMinute: bound))
    let first = rig.stepsUntilRefusal(at: 0)
    #expect(first.made == Int(bound))
    #expect(first.refusal == .CHW_STEP_MINUTE_LIMIT)
    _ = rig.takePulses()
    let second = rig.stepsUntilRefusal(at: minute)
    #expect(second.made == Int(bound))
    #expect(second.refusal == .CHW_STEP_MINUTE_LIMIT)
  }
}

@Suite struct InterlockHourTests {
  @Test("R-032 A step counts in its own minute and in the 60 minutes after it")
  func hourIsTheCurrentMinuteAndSixtyFullOnes() throws {
    let rig = try Rig(sealed: .only(perHour: 2))
    let filled = rig.stepsUntilRefusal(at: minute - 1)
    #expect(filled.made == 2 + allowance)
    #expect(filled.refusal == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.counts.hour_steps == 3)
    #expect(rig.step(at: 60 * minute) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: 61 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.counts.hour_steps == 3)
    #expect(rig.step(at: 61 * minute) == .CHW_STEP_MADE)
    #expect(rig.counts.hour_steps == 1)
    #expect(rig.refused(.CHW_STEP_HOUR_LIMIT) == 3)
  }

  @Test("R-032 Steps of the current minute count")
  func hourCountsTheCurrentMinute() throws {
    let rig = try Rig(sealed: .only(perHour: 5))
    #expect(rig.step(at: 30 * minute) == .CHW_STEP_MADE)
    #expect(rig.stepsUntilRefusal(at: 45 * minute).made == 4 + allowance)
    #expect(rig.stepsUntilRefusal(at: 46 * minute).made == 0)
  }

  @Test("R-032 The hour forgets one minute at a time")
  func hourForgetsByTheMinute() throws {
    let rig = try Rig(sealed: .only(perHour: 60))
    for number in 0..<61 {
      #expect(rig.step(at: Int64(number) * minute) == .CHW_STEP_MADE)
    }
    for number in 61..<200 {
      #expect(rig.step(at: Int64(number) * minute) == .CHW_STEP_MADE)
      #expect(rig.step() == .CHW_STEP_HOUR_LIMIT)
      #expect(rig.counts.hour_steps == 61)
    }
  }

  @Test("R-032 The minutes of the hour are counted from the epoch")
  func hourIsAlignedToTheEpoch() throws {
    let epoch = 20 * second
    let rig = try Rig(sealed: .only(perHour: 1), epoch: epoch)
    #expect(rig.step(at: epoch + minute - 1) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch + minute) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch + 61 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: epoch + 61 * minute) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch + 62 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: epoch + 62 * minute) == .CHW_STEP_MADE)
  }

  @Test("R-032 Minutes before the epoch are as long as those after it")
  func minutesBeforeTheEpochAreFull() throws {
    let epoch = 100 * second
    let rig = try Rig(sealed: .only(perHour: 1), epoch: epoch)
    // The second minute before the epoch ends at 40 s, the first one at 100 s.
    #expect(rig.step(at: 30 * second) == .CHW_STEP_MADE)
    #expect(rig.step(at: 99 * second) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch + 59 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: epoch + 59 * minute) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch + 60 * minute - 1) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.step(at: epoch + 60 * minute) == .CHW_STEP_MADE)
  }

  @Test("R-032 A step made a tick late, in the next minute, costs the caller no later step")
  func lateStepCostsNothing() throws {
    let rig = try Rig(sealed: .only(perHour: 3))
    // Due in the last tick of minute 0, made in minute 1. By the caller's dates the minutes 1 to 61
    // have room for three steps.
    #expect(rig.step(at: minute + millisecond) == .CHW_STEP_MADE)
    for number in 59...61 {
      #expect(rig.step(at: Int64(number) * minute) == .CHW_STEP_MADE)
    }
    #expect(rig.step() == .CHW_STEP_HOUR_LIMIT)
  }
}

@Suite struct InterlockDayTests {
  @Test("R-033 A step counts in its own quarter of an hour and in the 96 quarters after it")
  func dayIsTheCurrentQuarterAndNinetySixFullOnes() throws {
    let quarter = 15 * minute
    let rig = try Rig(sealed: .only(perDay: 2))
    let filled = rig.stepsUntilRefusal(at: quarter - 1)
    #expect(filled.made == 2 + allowance)
    #expect(filled.refusal == .CHW_STEP_DAY_LIMIT)
    #expect(rig.step(at: day) == .CHW_STEP_DAY_LIMIT)
    #expect(rig.step(at: 97 * quarter - 1) == .CHW_STEP_DAY_LIMIT)
    #expect(rig.counts.day_steps == 3)
    #expect(rig.step(at: 97 * quarter) == .CHW_STEP_MADE)
    #expect(rig.counts.day_steps == 1)
    #expect(rig.refused(.CHW_STEP_DAY_LIMIT) == 3)
  }

  @Test("R-033 The day forgets one quarter of an hour at a time")
  func dayForgetsByTheQuarter() throws {
    let rig = try Rig(sealed: .only(perDay: 96))
    for number in 0..<97 {
      #expect(rig.step(at: Int64(number) * 15 * minute) == .CHW_STEP_MADE)
    }
    for number in 97..<300 {
      #expect(rig.step(at: Int64(number) * 15 * minute) == .CHW_STEP_MADE)
      #expect(rig.step() == .CHW_STEP_DAY_LIMIT)
    }
  }

  @Test("R-033 The quarters of the day are counted from the epoch, before it and after it")
  func dayIsAlignedToTheEpoch() throws {
    let quarter = 15 * minute
    let epoch = 20 * minute
    let rig = try Rig(sealed: .only(perDay: 1), epoch: epoch)
    // The second quarter before the epoch ends at 5 min.
    #expect(rig.step(at: 5 * minute - 1) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch + 95 * quarter - 1) == .CHW_STEP_DAY_LIMIT)
    #expect(rig.step(at: epoch + 95 * quarter) == .CHW_STEP_MADE)
    #expect(rig.step(at: epoch + 97 * quarter - 1) == .CHW_STEP_DAY_LIMIT)
    #expect(rig.step(at: epoch + 97 * quarter) == .CHW_STEP_MADE)
  }

  @Test("R-033 After days without a step the windows are empty")
  func longPauseEmptiesTheWindows() throws {
    let rig = try Rig(sealed: .only(perHour: 5, perDay: 5))
    #expect(rig.stepsUntilRefusal(at: 0).made == 5 + allowance)
    #expect(rig.setTime(400 * day) == .CHW_OK)
    #expect(rig.counts.hour_steps == 0)
    #expect(rig.counts.day_steps == 0)
    #expect(rig.stepsUntilRefusal(at: 400 * day).made == 5 + allowance)
  }
}

@Suite struct InterlockCeilingTests {
  @Test(
    "R-034 The smaller of the rig's and the therapy's ceiling for the hour binds",
    arguments: [(9, 4, 4), (4, 9, 4), (4, 4, 4)] as [(Int64, Int64, Int)])
  func tighterHourBinds(rigCeiling: Int64, therapyCeiling: Int64, binding: Int) throws {
    let rig = try Rig(sealed: .only(perHour: rigCeiling))
    #expect(rig.setLevels(.only(perHour: therapyCeiling, perDay: .max)) == .CHW_OK)
    let filled = rig.stepsUntilRefusal(at: 0)
    #expect(filled.made == binding + allowance)
    #expect(filled.refusal == .CHW_STEP_HOUR_LIMIT)
  }

  @Test(
    "R-034 The smaller of the rig's and the therapy's ceiling for the day binds",
    arguments: [(9, 4, 4), (4, 9, 4), (4, 4, 4)] as [(Int64, Int64, Int)])
  func tighterDayBinds(rigCeiling: Int64, therapyCeiling: Int64, binding: Int) throws {
    let rig = try Rig(sealed: .only(perDay: rigCeiling))
    #expect(rig.setLevels(.only(perHour: .max, perDay: therapyCeiling)) == .CHW_OK)
    let filled = rig.stepsUntilRefusal(at: 0)
    #expect(filled.made == binding + allowance)
    #expect(filled.refusal == .CHW_STEP_DAY_LIMIT)
  }

  @Test("R-034 A new therapy ceiling judges the steps that were made under the old one")
  func changedCeilingKeepsTheWindows() throws {
    let rig = try Rig(sealed: .only(perHour: 100))
    #expect(rig.setLevels(.only(perHour: 10, perDay: 10)) == .CHW_OK)
    for _ in 0..<5 { #expect(rig.step(at: 0) == .CHW_STEP_MADE) }
    #expect(rig.setLevels(.only(perHour: 3, perDay: 10)) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.setLevels(.only(perHour: 10, perDay: 3)) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_DAY_LIMIT)
    #expect(rig.setLevels(.only(perHour: 6, perDay: 6)) == .CHW_OK)
    #expect(rig.stepsUntilRefusal(at: 0).made == 1 + allowance)
  }

  @Test("R-034 A therapy ceiling of 0 permits no step at all")
  func ceilingOfZeroPermitsNothing() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.setLevels(.only(perHour: 0, perDay: .max)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_HOUR_LIMIT)
    #expect(rig.setLevels(.only(perHour: .max, perDay: 0)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_DAY_LIMIT)
  }

  @Test("R-034 A negative therapy ceiling is refused and changes nothing")
  func negativeCeilingIsRefused() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.setLevels(.only(perHour: 2, perDay: 8)) == .CHW_OK)
    #expect(rig.setLevels(.only(perHour: -1, perDay: 100)) == .CHW_ERROR_INVALID)
    #expect(rig.setLevels(.only(perHour: 100, perDay: -1)) == .CHW_ERROR_INVALID)
    #expect(rig.stepsUntilRefusal(at: 0).made == 2 + allowance)
  }

  @Test("R-034 Ceilings set before sealing bind after it")
  func ceilingsMayBeSetBeforeSealing() throws {
    let rig = try Rig()
    #expect(rig.setLevels(.only(perHour: 2, perDay: 8)) == .CHW_OK)
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.stepsUntilRefusal(at: 0).made == 2 + allowance)
  }
}
