import CHardware
import Synchronization
import Testing

@Suite struct InterlockShutTests {
  @Test("R-037 A shut interlock refuses every step until it is reopened")
  func shutRefuses() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    rig.shut()
    rig.shut()
    #expect(rig.step(at: second) == .CHW_STEP_SHUT)
    #expect(rig.step(at: hour) == .CHW_STEP_SHUT)
    #expect(rig.refused(.CHW_STEP_SHUT) == 2)
    #expect(rig.takePulses().count == 1)
    rig.reopen()
    #expect(rig.step(at: hour) == .CHW_STEP_MADE)
  }

  @Test("R-037 An interlock shut before sealing is shut after it")
  func shutOutlivesSealing() throws {
    let rig = try Rig()
    rig.shut()
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
  }

  @Test("R-037 Reopening lets no step through that another check refuses")
  func reopeningForgivesNothing() throws {
    let rig = try Rig(sealed: .only(perHour: 1))
    #expect(rig.stepsUntilRefusal(at: 0).made == 1 + allowance)
    rig.shut()
    rig.reopen()
    #expect(rig.step(at: second) == .CHW_STEP_HOUR_LIMIT)
  }

  @Test("R-037 Another thread shuts the interlock while this one does nothing")
  func anotherThreadShuts() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    try TestThread { rig.shut() }.join()
    #expect(rig.step(at: second) == .CHW_STEP_SHUT)
    try TestThread { rig.reopen() }.join()
    #expect(rig.step(at: 2 * second) == .CHW_STEP_MADE)
  }

  @Test("R-037 Once another thread has shut the interlock, at most the pulse under way follows")
  func shutTakesEffectWithinTheCall() throws {
    let rig = try Rig(virtualTime: false)
    // Slow enough for the minute never to refuse.
    #expect(rig.seal(.only(interval: millisecond)) == .CHW_OK)
    let running = Running()
    let ticking = try TestThread {
      while !running.end.load(ordering: .acquiring) {
        rig.completeTick()
        if rig.step() == .CHW_STEP_SHUT { running.wasShut.store(true, ordering: .releasing) }
      }
    }
    defer {
      running.end.store(true, ordering: .releasing)
      ticking.join()
    }
    // Reached only where it fails.
    let end = rig.now + 30 * second
    for _ in 0..<100 {
      while rig.takePulses(64).isEmpty && rig.now < end {}
      rig.shut()
      let shutAt = rig.now
      running.wasShut.store(false, ordering: .releasing)
      while !running.wasShut.load(ordering: .acquiring) && rig.now < end {}
      let late = rig.takePulses().filter { $0.time_ns > shutAt }
      #expect(late.isEmpty)
      rig.reopen()
    }
    #expect(rig.now < end)
  }

  private final class Running: Sendable {
    let end = Atomic(false)
    let wasShut = Atomic(false)
  }
}
