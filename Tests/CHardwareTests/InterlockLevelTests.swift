import CHardware
import Testing

@Suite struct InterlockLevelTests {
  @Test("R-037 Before the first levels nothing is permitted")
  func nothingIsPermittedAtFirst() throws {
    let rig = try Rig(levels: nil)
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
    let counts = rig.counts
    #expect(counts.hour_steps_max == 0 && counts.day_steps_max == 0)
    #expect(counts.lease_steps_max == 0)
    #expect(rig.setLevels(.only()) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
  }

  @Test("R-094 The lease counts the pulses of this rig, and none beyond it is made")
  func leaseBinds() throws {
    let rig = try Rig()
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: 0, steps: 100) == .CHW_OK)
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.setLevels(.only(lease: 0)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_LEASE_LIMIT)
    #expect(rig.setLevels(.only(lease: 3)) == .CHW_OK)
    let filled = rig.stepsUntilRefusal(at: 0)
    #expect(filled.made == 3)
    #expect(filled.refusal == .CHW_STEP_LEASE_LIMIT)
    // It is a level: the same again gives nothing, and a lower one takes.
    #expect(rig.setLevels(.only(lease: 3)) == .CHW_OK)
    #expect(rig.step(at: day) == .CHW_STEP_LEASE_LIMIT)
    #expect(rig.setLevels(.only(lease: 4)) == .CHW_OK)
    #expect(rig.setLevels(.only(lease: 2)) == .CHW_OK)
    #expect(rig.step(at: day) == .CHW_STEP_LEASE_LIMIT)
    #expect(rig.setLevels(.only(lease: 4)) == .CHW_OK)
    #expect(rig.stepsUntilRefusal(at: day).made == 1)
  }

  @Test("R-038 A pulse that fails uses up no lease")
  func failedPulseUsesNoLease() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.setLevels(.only(lease: 1)) == .CHW_OK)
    rig.failDrive(times: 1)
    #expect(rig.step(at: 0) == .CHW_STEP_DRIVE_ERROR)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.step(at: 0) == .CHW_STEP_LEASE_LIMIT)
  }

  @Test("R-034 A level below 0 is refused, and the levels before it stay")
  func negativeLevelsAreRefused() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.setLevels(.only(perHour: 2, perDay: 8, lease: 5)) == .CHW_OK)
    let bad: [chw_interlock_levels] = [
      .only(stopsDecided: -1), .only(perHour: -1), .only(perDay: -1), .only(lease: -1),
      .only(open: false, stopsDecided: .min),
    ]
    for levels in bad { #expect(rig.setLevels(levels) == .CHW_ERROR_INVALID) }
    #expect(rig.counts.hour_steps_max == 2)
    #expect(rig.counts.day_steps_max == 8)
    #expect(rig.counts.lease_steps_max == 5)
    #expect(rig.stepsUntilRefusal(at: 0).made == 2 + allowance)
  }

  @Test("R-034 What is in force is the smaller of the sealed and the told ceiling")
  func ceilingsInForce() throws {
    let rig = try Rig(levels: .only(perHour: 5, perDay: 70, lease: 9))
    #expect(rig.counts.hour_steps_max == 0)
    #expect(rig.seal(.only(perHour: 10, perDay: 60)) == .CHW_OK)
    #expect(rig.counts.hour_steps_max == 5)
    #expect(rig.counts.day_steps_max == 60)
    #expect(rig.counts.lease_steps_max == 9)
    #expect(rig.setLevels(.only()) == .CHW_OK)
    #expect(rig.counts.hour_steps_max == 10)
    #expect(rig.counts.day_steps_max == 60)
    #expect(rig.counts.lease_steps_max == .max)
  }
}
