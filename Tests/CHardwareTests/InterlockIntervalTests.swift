import CHardware
import Testing

@Suite struct InterlockIntervalTests {
  @Test("R-030 A step is refused until the minimum interval since the last one has passed")
  func intervalIsExact() throws {
    let rig = try Rig(sealed: .only(interval: 25 * millisecond))
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.step(at: 25 * millisecond - 1) == .CHW_STEP_TOO_SOON)
    #expect(rig.step(at: 25 * millisecond) == .CHW_STEP_MADE)
    #expect(rig.step(at: 50 * millisecond - 1) == .CHW_STEP_TOO_SOON)
    #expect(rig.refused(.CHW_STEP_TOO_SOON) == 2)
    #expect(rig.counts.steps == 2)
  }

  @Test("R-030 A refused step does not start the interval again")
  func refusalDoesNotStartTheInterval() throws {
    let rig = try Rig(sealed: .only(interval: 25 * millisecond))
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    for time in 1..<25 {
      #expect(rig.step(at: Int64(time) * millisecond) == .CHW_STEP_TOO_SOON)
    }
    #expect(rig.step(at: 25 * millisecond) == .CHW_STEP_MADE)
  }

  @Test("R-030 An interval longer than a minute holds")
  func intervalMayBeLong() throws {
    let rig = try Rig(sealed: .only(interval: 3 * hour))
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.step(at: 3 * hour - 1) == .CHW_STEP_TOO_SOON)
    #expect(rig.step(at: 3 * hour) == .CHW_STEP_MADE)
  }

  @Test("R-030 An interval of 0 permits two steps at one moment")
  func intervalMayBeZero() throws {
    let rig = try Rig(sealed: .only(interval: 0))
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
  }

  @Test("R-030 A step that is due after a loaded history is not too soon, and the next one is")
  func intervalBeginsAnewAfterALoadedHistory() throws {
    let rig = try Rig()
    #expect(rig.load(.CHW_WINDOW_HOUR, bucket: 0, steps: 1) == .CHW_OK)
    #expect(rig.seal(.only(interval: 25 * millisecond)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.step(at: 25 * millisecond - 1) == .CHW_STEP_TOO_SOON)
    #expect(rig.step(at: 25 * millisecond) == .CHW_STEP_MADE)
  }
}
