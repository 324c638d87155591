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
      InterlockLimits.only(perMinute: 60_001), .only(perMinute: 0), .only(perMinute: .max),
      .only(perHour: 0), .only(tick: Nanoseconds(100_000_001)), .only(interval: Nanoseconds(-1)),
    ] {
      #expect(throws: HardwareError.invalidArgument) { try rig.seal(limits, epoch: .zero) }
    }
    rig.drive.completeTick()
    #expect(rig.drive.step() == .notYet)
    try rig.seal(.only(), epoch: .zero)
    rig.drive.completeTick()
    #expect(rig.drive.step() == .made)
  }

  @Test("it is sealed once")
  func sealedOnce() throws {
    let rig = try open()
    try rig.seal(.only(), epoch: .zero)
    #expect(throws: HardwareError.invalidArgument) { try rig.seal(.only(), epoch: .zero) }
  }

  @Test("each result of the interlock is made, not yet, or a full window")
  func outcomes() throws {
    let rig = try open()
    try rig.seal(.only(interval: Nanoseconds(20_000_000), perHour: 3), epoch: .zero)
    // Before any complete tick the permission has lapsed.
    #expect(rig.drive.step() == .notYet)
    rig.drive.completeTick()
    #expect(rig.drive.step() == .made)
    #expect(rig.drive.step() == .notYet)
    var time = Nanoseconds.zero
    func later() {
      time = time + Nanoseconds(20_000_000)
      rig.virtualClock.set(time)
      rig.drive.completeTick()
    }
    later()
    rig.shutInterlock()
    #expect(rig.drive.step() == .notYet)
    rig.drive.reopenInterlock()
    #expect(rig.drive.step() == .made)
    later()
    unsafe chw_world_break_drive(rig.world, true)
    #expect(rig.drive.step() == .notYet)
    unsafe chw_world_break_drive(rig.world, false)
    #expect(rig.drive.step() == .made)
    later()
    // One more than the ceiling is let pass.
    #expect(rig.drive.step() == .made)
    later()
    #expect(rig.drive.step() == .windowFull)
    later()
    rig.drive.setTherapyCeilings(stepsPerHour: 2, stepsPerDay: .max)
    #expect(rig.drive.step() == .windowFull)
    let counts = rig.drive.counts
    #expect(counts.steps == 4)
    #expect(counts.refusals == 6)
    #expect(counts.lapses == 0)
  }

  @Test("an interlock that another holder of the rig shuts refuses the drive that came from it")
  func shutFromTheRig() throws {
    let rig = try open()
    try rig.seal(.only(), epoch: .zero)
    let drive = rig.drive
    drive.completeTick()
    #expect(drive.step() == .made)
    rig.shutInterlock()
    #expect(drive.step() == .notYet)
    drive.reopenInterlock()
    #expect(drive.step() == .made)
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
    rig.drive.setEnabled(true)
    #expect(active() == [true, false, false, false])
    rig.annunciator.set(buzzer: true, lamp: false)
    #expect(active() == [true, true, false, false])
    rig.annunciator.set(buzzer: false, lamp: true)
    #expect(active() == [true, false, true, false])
    rig.drive.setEnabled(false)
    #expect(active() == [false, false, true, false])
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
