import CHardware
import Testing

@Suite struct InterlockLapseTests {
  @Test("R-035 No step is made before the first completed tick, which is not a lapse")
  func firstTickGivesPermission() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.step() == .CHW_STEP_LAPSED)
    rig.completeTick()
    #expect(rig.step() == .CHW_STEP_MADE)
    #expect(rig.counts.lapses == 0)
    #expect(rig.refused(.CHW_STEP_LAPSED) == 1)
  }

  @Test("R-035 A tick completed before sealing gives no permission")
  func tickBeforeSealingDoesNotCount() throws {
    let rig = try Rig()
    rig.completeTick()
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_LAPSED)
    #expect(rig.setTime(hour) == .CHW_OK)
    rig.completeTick()
    #expect(rig.counts.lapses == 0)
    #expect(rig.step() == .CHW_STEP_MADE)
  }

  @Test(
    "R-035 Permission lasts for three ticks, 50 ms at least, and lapses a nanosecond later",
    arguments: [
      (1 * millisecond, 50 * millisecond), (10 * millisecond, 50 * millisecond),
      (17 * millisecond, 51 * millisecond), (100 * millisecond, 300 * millisecond),
    ])
  func permissionLapses(tick: Int64, permission: Int64) throws {
    let rig = try Rig(sealed: .only(tick: tick))
    rig.completeTick()
    #expect(rig.setTime(permission) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_MADE)
    #expect(rig.setTime(permission + 1) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_LAPSED)
    #expect(rig.setTime(permission + hour) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_LAPSED)
    #expect(rig.counts.lapses == 0)
    rig.completeTick()
    #expect(rig.counts.lapses == 1)
    #expect(rig.step() == .CHW_STEP_MADE)
  }

  @Test("R-035 Each lapse counts once, whether or not a step was tried in it")
  func lapsesAreCounted() throws {
    let rig = try Rig(sealed: .only())
    for number in 0..<4 {
      #expect(rig.setTime(Int64(number) * second) == .CHW_OK)
      if number > 0 { #expect(rig.step() == .CHW_STEP_LAPSED) }
      rig.completeTick()
      rig.completeTick()
      #expect(rig.step() == .CHW_STEP_MADE)
      #expect(rig.counts.lapses == Int64(number))
    }
    #expect(rig.setTime(10 * second) == .CHW_OK)
    rig.completeTick()
    #expect(rig.counts.lapses == 4)
  }

  @Test("R-035 Ticks that come in time never lapse")
  func steadyTicksDoNotLapse() throws {
    let rig = try Rig(sealed: .only())
    for number in 0..<1_000 {
      #expect(rig.step(at: Int64(number) * 50 * millisecond) == .CHW_STEP_MADE)
    }
    #expect(rig.counts.lapses == 0)
  }
}
