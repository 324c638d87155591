import CHardware
import Hardware
import Quantities
import Testing

extension InterlockLimits {
  fileprivate static func only(
    tick: Nanoseconds = Nanoseconds(10_000_000), interval: Nanoseconds = .zero,
    perMinute: Int64 = 60_000, perHour: Int64 = .max
  ) -> InterlockLimits {
    InterlockLimits(
      tick: tick, stepIntervalMin: interval, stepsPerMinuteMax: perMinute, stepsPerHourMax: perHour,
      stepsPerDayMax: .max)
  }
}

extension InterlockLevels {
  fileprivate static func only(
    open: Bool = true, stopsDecided: Int64 = 0, perHour: Int64 = .max, perDay: Int64 = .max,
    lease: Int64 = .max
  ) -> InterlockLevels {
    InterlockLevels(
      open: open, stopsDecided: stopsDecided, stepsPerHourMax: perHour, stepsPerDayMax: perDay,
      leaseStepsMax: lease)
  }
}

private let beat = Nanoseconds(100_000_000)

@Suite struct HardwareRigTests {
  private func open() throws -> HardwareRig {
    try HardwareRig(.simulated(virtualTime: true), heartbeat: beat)
  }

  @Test("a chip that this machine does not have is missing, and no wire is blamed")
  func chipIsMissing() {
    let wiring = Wiring(chipLabel: "no such chip") { .offset($0.rawValue) }
    #expect(throws: RigProblem(.missing)) { try HardwareRig(.linux(wiring), heartbeat: beat) }
  }

  @Test("a heartbeat shorter than any tick is refused")
  func heartbeatOutOfRange() {
    #expect(throws: RigProblem(.invalidArgument)) {
      try HardwareRig(.simulated(virtualTime: true), heartbeat: .zero)
    }
  }

  @Test("limits that the interlock cannot hold are refused, and it stays unsealed")
  func limitsOutOfRange() throws {
    let rig = try open()
    for limits in [
      InterlockLimits.only(perMinute: 60_003), .only(perMinute: 0), .only(perMinute: .max),
      .only(perHour: 0), .only(tick: Nanoseconds(100_000_001)), .only(interval: Nanoseconds(-1)),
    ] {
      #expect(throws: HardwareError.invalidArgument) { try rig.seal(limits, epoch: .zero) }
    }
    #expect(rig.drive.setLevels(.only()))
    rig.drive.completeTick()
    #expect(rig.drive.step() == .shut)
    try rig.seal(.only(perMinute: 60_002), epoch: .zero)
    rig.drive.completeTick()
    #expect(rig.drive.step() == .made)
  }

  @Test("it is sealed once")
  func sealedOnce() throws {
    let rig = try open()
    try rig.seal(.only(), epoch: .zero)
    #expect(throws: HardwareError.invalidArgument) { try rig.seal(.only(), epoch: .zero) }
  }

  @Test("each result of the interlock has a name of its own")
  func outcomes() throws {
    let rig = try open()
    let drive = rig.drive
    try rig.seal(.only(interval: Nanoseconds(20_000_000), perHour: 3), epoch: .zero)
    #expect(drive.step() == .shut)
    #expect(drive.setLevels(.only()))
    // Before any complete tick the permission has lapsed.
    #expect(drive.step() == .lapsed)
    drive.completeTick()
    #expect(drive.step() == .made)
    #expect(drive.step() == .tooSoon)
    var time = Nanoseconds.zero
    func later() {
      time = time + Nanoseconds(20_000_000)
      rig.virtualClock.set(time)
      drive.completeTick()
    }
    later()
    unsafe chw_world_fail_drive(rig.world, 1)
    #expect(drive.step() == .driveFailed)
    #expect(drive.step() == .made)
    later()
    #expect(drive.setLevels(.only(lease: 2)))
    #expect(drive.step() == .lease)
    #expect(drive.setLevels(.only(lease: 100)))
    #expect(drive.step() == .made)
    later()
    // One more than the ceiling is let pass.
    #expect(drive.step() == .made)
    later()
    #expect(drive.step() == .window)
    #expect(drive.setLevels(.only(perHour: 2, perDay: 9, lease: 100)))
    #expect(drive.step() == .window)
    let counts = drive.counts
    #expect(counts.steps == 4)
    #expect(counts.hourSteps == 4)
    #expect(counts.daySteps == 4)
    #expect(counts.refusals == 7)
    #expect(counts.lapses == 0)
    #expect(counts.hourStepsMax == 2)
    #expect(counts.dayStepsMax == 9)
    #expect(counts.leaseStepsMax == 100)
    #expect(counts.stopsAsked == 0)
  }

  @Test("levels that the interlock refuses are told, and change nothing")
  func levelsOutOfRange() throws {
    let rig = try open()
    try rig.seal(.only(), epoch: .zero)
    #expect(rig.drive.setLevels(.only(perHour: 5)))
    for levels in [
      InterlockLevels.only(perHour: -1), .only(perDay: -1), .only(lease: -1),
      .only(stopsDecided: -1), .only(stopsDecided: 1),
    ] {
      #expect(!rig.drive.setLevels(levels))
    }
    #expect(rig.drive.counts.hourStepsMax == 5)
  }

  @Test("a stop that another holder of the rig asks for refuses the drive that came from it")
  func stopFromTheRig() throws {
    let rig = try open()
    try rig.seal(.only(), epoch: .zero)
    let drive = rig.drive
    #expect(drive.setLevels(.only()))
    drive.completeTick()
    #expect(drive.step() == .made)
    #expect(rig.askStop() == 1)
    #expect(drive.stopsAsked == 1)
    #expect(drive.step() == .shut)
    #expect(drive.setLevels(.only()))
    #expect(drive.step() == .shut)
    #expect(drive.setLevels(.only(stopsDecided: 1)))
    #expect(drive.step() == .made)
    #expect(drive.counts.stopsAsked == 1)
  }

  @Test("a history is loaded by the buckets of each window, once and before sealing")
  func history() throws {
    let rig = try open()
    rig.virtualClock.set(.hours(2))
    try rig.load(.hour, bucket: 119, steps: 3)
    try rig.load(.hour, bucket: 120, steps: 2)
    try rig.load(.day, bucket: 8, steps: 7)
    #expect(throws: HardwareError.invalidArgument) {
      try rig.load(.hour, bucket: 119, steps: 1)
    }
    try rig.seal(.only(), epoch: .zero)
    #expect(rig.drive.counts.hourSteps == 5)
    #expect(rig.drive.counts.daySteps == 7)
    #expect(rig.drive.counts.steps == 0)
    #expect(throws: HardwareError.invalidArgument) {
      try rig.load(.day, bucket: 9, steps: 1)
    }
  }

  @Test("a line that could not be written is told, and keeps its level")
  func linesThatFail() throws {
    let rig = try open()
    for line in [chw_line.CHW_LINE_ENABLE, .CHW_LINE_BUZZER, .CHW_LINE_LAMP] {
      unsafe chw_world_fail_line(rig.world, line, 1)
    }
    for isWritten in [false, true] {
      #expect(rig.drive.setEnabled(true) == isWritten)
      #expect(rig.annunciator.setBuzzer(true) == isWritten)
      #expect(rig.annunciator.setLamp(true) == isWritten)
    }
  }

  @Test("enable, buzzer and lamp are the lines that they are called")
  func lines() throws {
    let rig = try open()
    func active() -> [Bool] {
      unsafe [
        chw_world_line(rig.world, .CHW_LINE_ENABLE), chw_world_line(rig.world, .CHW_LINE_BUZZER),
        chw_world_line(rig.world, .CHW_LINE_LAMP), chw_world_line(rig.world, .CHW_LINE_DIRECTION),
      ]
    }
    #expect(active() == [false, false, false, false])
    #expect(rig.drive.setEnabled(true))
    #expect(active() == [true, false, false, false])
    #expect(rig.annunciator.setBuzzer(true))
    #expect(active() == [true, true, false, false])
    #expect(rig.annunciator.setLamp(true))
    #expect(active() == [true, true, true, false])
    #expect(rig.annunciator.setBuzzer(false))
    #expect(active() == [true, false, true, false])
    #expect(rig.drive.setEnabled(false))
    #expect(active() == [false, false, true, false])
    #expect(rig.annunciator.setLamp(false))
    #expect(active() == [false, false, false, false])
  }

  @Test("the virtual clock moves the rig's time, and never back")
  func virtualClock() throws {
    let rig = try open()
    #expect(rig.now == .zero)
    rig.virtualClock.set(.seconds(5))
    #expect(rig.now == .seconds(5))
    rig.virtualClock.set(.seconds(4))
    #expect(rig.now == .seconds(5))
  }
}
