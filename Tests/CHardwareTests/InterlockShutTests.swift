import CHardware
import Synchronization
import Testing

@Suite struct InterlockShutTests {
  @Test("R-037 A stop that was asked for refuses every step until it is decided")
  func askedStopRefuses() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.askStop() == 1)
    #expect(rig.stopsAsked == 1)
    #expect(rig.counts.stops_asked == 1)
    #expect(rig.step(at: second) == .CHW_STEP_SHUT)
    #expect(rig.step(at: hour) == .CHW_STEP_SHUT)
    #expect(rig.refused(.CHW_STEP_SHUT) == 2)
    #expect(rig.takePulses().count == 1)
    #expect(rig.setLevels(.only(stopsDecided: 1)) == .CHW_OK)
    #expect(rig.step(at: hour) == .CHW_STEP_MADE)
  }

  @Test("R-037 Levels that say that they are open do not open over a stop that they do not know of")
  func levelsDoNotOpenOverAStop() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.askStop() == 1)
    #expect(rig.askStop() == 2)
    for decided in 0...1 as ClosedRange<Int64> {
      #expect(rig.setLevels(.only(stopsDecided: decided)) == .CHW_OK)
      #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
    }
    // One decision covers all that were asked for.
    #expect(rig.setLevels(.only(stopsDecided: 2)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    // And none that comes later.
    #expect(rig.askStop() == 3)
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
  }

  @Test("R-037 A stop that nobody has asked for cannot be decided, and changes nothing")
  func stopIsNotDecidedInAdvance() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.setLevels(.only(stopsDecided: 1)) == .CHW_ERROR_INVALID)
    rig.askStop()
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
    #expect(rig.setLevels(.only(stopsDecided: 2)) == .CHW_ERROR_INVALID)
    #expect(rig.setLevels(.only(stopsDecided: -1)) == .CHW_ERROR_INVALID)
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
    #expect(rig.setLevels(.only(stopsDecided: 1)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
  }

  @Test("R-037 A level that is not open refuses every step, whatever stops were decided")
  func closedLevelRefuses() throws {
    let rig = try Rig(sealed: .only())
    rig.askStop()
    #expect(rig.setLevels(.only(open: false, stopsDecided: 1)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
    #expect(rig.setLevels(.only(open: false, stopsDecided: 1)) == .CHW_OK)
    #expect(rig.step(at: hour) == .CHW_STEP_SHUT)
    rig.decideStops()
    #expect(rig.step(at: hour) == .CHW_STEP_MADE)
  }

  @Test("R-037 A stop asked for before sealing is in force after it")
  func stopOutlivesSealing() throws {
    let rig = try Rig()
    rig.askStop()
    #expect(rig.seal(.only()) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
  }

  @Test("R-037 A decided stop lets no step through that another check refuses")
  func decidingForgivesNothing() throws {
    let rig = try Rig(sealed: .only(perHour: 1))
    #expect(rig.stepsUntilRefusal(at: 0).made == 1 + allowance)
    rig.askStop()
    rig.decideStops()
    #expect(rig.step(at: second) == .CHW_STEP_HOUR_LIMIT)
  }

  @Test("R-150 While it is halted no level opens it, and what is halted forgives no stop")
  func halted() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    try TestThread { rig.halt(true) }.join()
    #expect(rig.step(at: second) == .CHW_STEP_SHUT)
    #expect(rig.setLevels(.only()) == .CHW_OK)
    #expect(rig.step(at: hour) == .CHW_STEP_SHUT)
    rig.halt(false)
    #expect(rig.step(at: hour) == .CHW_STEP_MADE)
    rig.askStop()
    rig.halt(true)
    rig.halt(false)
    #expect(rig.step(at: hour + second) == .CHW_STEP_SHUT)
  }

  @Test("R-037 Another thread shuts the interlock while this one does nothing")
  func anotherThreadShuts() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    try TestThread { rig.askStop() }.join()
    #expect(rig.step(at: second) == .CHW_STEP_SHUT)
    rig.decideStops()
    #expect(rig.step(at: 2 * second) == .CHW_STEP_MADE)
  }

  @Test("R-037 Stops that threads ask for at the same time are all counted")
  func stopsAreCountedAcrossThreads() throws {
    let rig = try Rig(sealed: .only())
    let running = Running()
    let threads = try (0..<4).map { _ in
      try TestThread {
        while !running.end.load(ordering: .acquiring) {}
        for _ in 0..<200_000 { rig.askStop() }
      }
    }
    running.end.store(true, ordering: .releasing)
    for thread in threads { thread.join() }
    #expect(rig.stopsAsked == 800_000)
    #expect(rig.setLevels(.only(stopsDecided: 799_999)) == .CHW_OK)
    #expect(rig.step(at: 0) == .CHW_STEP_SHUT)
    rig.decideStops()
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
  }

  @Test("R-037 Once another thread has asked for a stop, at most the pulse under way follows")
  func stopTakesEffectWithinTheCall() throws {
    let rig = try Rig(virtualTime: false)
    // Slow enough for the minute never to refuse.
    #expect(rig.seal(.only(interval: millisecond)) == .CHW_OK)
    let running = Running()
    let ticking = try TestThread {
      while !running.end.load(ordering: .acquiring) {
        let decided = running.decided.load(ordering: .acquiring)
        _ = rig.setLevels(.only(stopsDecided: decided))
        rig.completeTick()
        let asked = rig.stopsAsked
        if rig.step() == .CHW_STEP_SHUT { running.refused.store(asked, ordering: .releasing) }
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
      let stop = rig.askStop()
      let stoppedAt = rig.now
      while running.refused.load(ordering: .acquiring) < stop && rig.now < end {}
      let late = rig.takePulses().filter { $0.time_ns > stoppedAt }
      #expect(late.isEmpty)
      running.decided.store(stop, ordering: .releasing)
    }
    #expect(rig.now < end)
  }

  private final class Running: Sendable {
    /// The ticking thread ends; those that ask for stops begin.
    let end = Atomic(false)
    /// The count of stops up to which the ticking thread decides.
    let decided = Atomic<Int64>(0)
    /// The count of stops when it was last refused.
    let refused = Atomic<Int64>(0)
  }
}
