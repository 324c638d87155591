import CHardware
import Glibc
import Testing

@Suite struct InterlockSealTests {
  @Test("R-038 The interlock refuses every step until it is sealed")
  func refusesUntilSealed() throws {
    let rig = try Rig()
    #expect(rig.step(at: 0) == .CHW_STEP_NOT_SEALED)
    #expect(rig.step(at: hour) == .CHW_STEP_NOT_SEALED)
    #expect(rig.refused(.CHW_STEP_NOT_SEALED) == 2)
    #expect(rig.counts.steps == 0)
    #expect(rig.takePulses().isEmpty)
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.step(at: hour) == .CHW_STEP_MADE)
  }

  @Test("R-031 Without the memory for a minute of steps no rig is opened")
  func opensWithItsMemoryAlone() async {
    // In a process of its own, because nothing that large is left in it.
    await #expect(processExitsWith: .success) {
      let data = __rlimit_resource_t(RLIMIT_DATA.rawValue)
      var limit = rlimit()
      unsafe precondition(getrlimit(data, &limit) == 0)
      // A limit of 0 would be none.
      limit.rlim_cur = 4096
      unsafe precondition(setrlimit(data, &limit) == 0)
      // What was free already is taken, in a list; the little that the rest of a rig needs is left.
      var taken: UnsafeMutableRawPointer?
      while let block = unsafe malloc(60_002 * MemoryLayout<Int64>.size) {
        unsafe block.storeBytes(of: taken, as: UnsafeMutableRawPointer?.self)
        unsafe taken = block
      }
      var config = unsafe chw_config(
        backend: .CHW_BACKEND_SIMULATED, wiring: nil, virtual_time: true,
        heartbeat_period_ns: 100 * millisecond)
      var opened: OpaquePointer?
      var problem = chw_problem()
      let error = unsafe chw_open(&config, &opened, &problem)
      while let block = unsafe taken {
        unsafe taken = block.load(as: UnsafeMutableRawPointer?.self)
        unsafe free(block)
      }
      unsafe precondition(error == .CHW_ERROR_NO_MEMORY && opened == nil)
    }
  }

  @Test("R-038 The interlock cannot be sealed twice, and keeps its first limits")
  func cannotBeSealedTwice() throws {
    let rig = try Rig(sealed: .only(perHour: 2))
    #expect(rig.seal(.only(perHour: 1_000)) == .CHW_ERROR_INVALID)
    #expect(rig.stepsUntilRefusal(at: 0).made == 2 + allowance)
  }

  @Test("R-038 Limits outside their range do not seal")
  func limitsAreChecked() throws {
    let rig = try Rig()
    let bad: [chw_interlock_limits] = [
      .only(tick: millisecond - 1), .only(tick: 100 * millisecond + 1), .only(interval: -1),
      .only(perMinute: 0), .only(perMinute: 60_003), .only(perHour: 0), .only(perDay: 0),
    ]
    for limits in bad { #expect(rig.seal(limits) == .CHW_ERROR_INVALID) }
    #expect(rig.seal(.only(), epoch: .max) == .CHW_ERROR_INVALID)
    #expect(rig.seal(.only(), epoch: .min) == .CHW_ERROR_INVALID)
    #expect(rig.step(at: 0) == .CHW_STEP_NOT_SEALED)
  }

  @Test(
    "R-038 Limits at the ends of their range seal",
    arguments: [millisecond, 100 * millisecond], [1, 60_002] as [Int32])
  func limitsAtTheEndsSeal(tick: Int64, perMinute: Int32) throws {
    let rig = try Rig()
    let limits = chw_interlock_limits.only(
      tick: tick, interval: .max, perMinute: perMinute, perHour: 1, perDay: 1)
    #expect(rig.seal(limits, epoch: -day) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.step(at: 1_000 * day) == .CHW_STEP_TOO_SOON)
  }

  @Test("R-038 An epoch may lie 73 years from 0 and not a nanosecond more", arguments: [1, -1])
  func epochAtTheEnds(sign: Int64) throws {
    let end = sign << 61
    let rig = try Rig()
    #expect(rig.seal(.only(), epoch: end + sign) == .CHW_ERROR_INVALID)
    #expect(rig.seal(.only(), epoch: end) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.counts.hour_steps == 1 && rig.counts.day_steps == 1)
  }

  @Test("R-038 A tick longer than 100 ms does not seal, however seldom the heart beats")
  func tickHasAMost() throws {
    let rig = try Rig(heartbeat: second)
    #expect(rig.seal(.only(tick: 100 * millisecond + 1)) == .CHW_ERROR_INVALID)
    #expect(rig.seal(.only(tick: 100 * millisecond)) == .CHW_OK)
  }

  @Test("R-038 A tick longer than the heartbeat's period does not seal")
  func tickMustFitTheHeartbeat() throws {
    let rig = try Rig(heartbeat: 20 * millisecond)
    #expect(rig.seal(.only(tick: 20 * millisecond + 1)) == .CHW_ERROR_INVALID)
    #expect(rig.seal(.only(tick: 20 * millisecond)) == .CHW_OK)
  }

  @Test("R-038 Where several checks would refuse, the first of the stated order is told")
  func checksHaveAnOrder() throws {
    let rig = try Rig()
    rig.failDrive(times: 1)
    rig.askStop()
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: 0, steps: 2) == .CHW_OK)
    #expect(rig.load(.CHW_WINDOW_DAY, bucket: 0, steps: 2) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_NOT_SEALED)
    let limits = chw_interlock_limits.only(interval: second, perMinute: 1, perHour: 3, perDay: 3)
    #expect(rig.seal(limits) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_SHUT)
    func permit(perDay: Int64, lease: Int64) {
      let levels = chw_interlock_levels.only(stopsDecided: 1, perDay: perDay, lease: lease)
      #expect(rig.setLevels(levels) == .CHW_OK)
    }
    permit(perDay: 1, lease: 1)
    #expect(rig.step() == .CHW_STEP_LAPSED)
    #expect(rig.step(at: minute) == .CHW_STEP_DAY_LIMIT)
    permit(perDay: .max, lease: 1)
    #expect(rig.step(at: minute) == .CHW_STEP_DRIVE_ERROR)
    #expect(rig.step(at: minute) == .CHW_STEP_MADE)
    #expect(rig.step(at: minute + second - 1) == .CHW_STEP_TOO_SOON)
    #expect(rig.step(at: minute + second) == .CHW_STEP_LEASE_LIMIT)
    permit(perDay: 1, lease: 2)
    #expect(rig.step(at: minute + second) == .CHW_STEP_MINUTE_LIMIT)
    permit(perDay: .max, lease: 2)
    #expect(rig.step(at: 2 * minute) == .CHW_STEP_MADE)
    permit(perDay: 1, lease: 3)
    #expect(rig.step(at: 3 * minute) == .CHW_STEP_HOUR_LIMIT)
    for result in 1...9 as ClosedRange<Int32> {
      #expect(rig.refused(try #require(chw_step_result(rawValue: result))) == 1)
    }
    #expect(rig.refused(.CHW_STEP_MADE) == 0)
    #expect(rig.takePulses().count == 2)
  }
}
