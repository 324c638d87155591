import CHardware
import Testing

private let lines: [chw_line] = [
  .CHW_LINE_DIRECTION, .CHW_LINE_ENABLE, .CHW_LINE_BUZZER, .CHW_LINE_LAMP,
]

@Suite struct SafeStateTests {
  @Test("R-039 Every line comes up in the safe state", arguments: [true, false])
  func linesComeUpSafe(virtualTime: Bool) throws {
    let rig = try Rig(virtualTime: virtualTime)
    for line in lines { #expect(rig.line(line) == false) }
    #expect(rig.heartbeatEdges == 0)
    #expect(rig.heartbeatEdge == .min)
    #expect(rig.takePulses().isEmpty)
  }

  @Test("R-039 A line changes alone, and keeps its level")
  func linesAreIndependent() throws {
    let rig = try Rig()
    for line in lines {
      #expect(rig.setLine(line, true) == .CHW_OK)
      for other in lines { #expect(rig.line(other) == (other == line)) }
      #expect(rig.setLine(line, false) == .CHW_OK)
    }
  }

  @Test("R-039 A configuration that cannot be opened opens nothing")
  func badConfigurationsOpenNothing() {
    let bad: [(chw_backend_kind, virtualTime: Bool, heartbeat: Int64, chw_error)] = [
      (.CHW_BACKEND_LINUX, false, second, .CHW_ERROR_INVALID),  // no wiring
      (.CHW_BACKEND_LINUX, true, second, .CHW_ERROR_UNSUPPORTED),
      (.CHW_BACKEND_SIMULATED, true, millisecond - 1, .CHW_ERROR_INVALID),
      (.CHW_BACKEND_SIMULATED, true, .max, .CHW_ERROR_INVALID),
    ]
    for (backend, virtualTime, heartbeat, error) in bad {
      var config = unsafe chw_config(
        backend: backend, wiring: nil, virtual_time: virtualTime, heartbeat_period_ns: heartbeat)
      var rig: OpaquePointer?
      var problem = chw_problem()
      #expect(unsafe chw_open(&config, &rig, &problem) == error)
      #expect(unsafe rig == nil)
      #expect(problem.wire == .CHW_WIRE_NONE)
    }
  }
}

@Suite struct MotorTests {
  @Test("R-038 No call but a permitted step puts a pulse on the wire")
  func nothingElseReachesTheMotor() throws {
    let rig = try Rig()
    #expect(rig.load(.CHW_WINDOW_DAY, bucket: 0, steps: 1) == .CHW_OK)
    #expect(rig.seal(.only(perDay: 3)) == .CHW_OK)
    for line in lines {
      #expect(rig.setLine(line, true) == .CHW_OK)
      #expect(rig.setLine(line, false) == .CHW_OK)
    }
    for number in 1..<1_000 {
      #expect(rig.setTime(Int64(number) * 10 * millisecond) == .CHW_OK)
      rig.completeTick()
    }
    #expect(rig.setLevels(.only(perHour: 3, perDay: 3)) == .CHW_OK)
    rig.askStop()
    _ = rig.step()
    rig.decideStops()
    #expect(rig.takePulses().isEmpty)
    #expect(rig.stepsUntilRefusal(at: 10 * second).made == 2 + allowance)
    #expect(rig.takePulses().count == 2 + allowance)
  }

  @Test("R-038 A drive that fails puts no pulse on the wire, and its errors are not steps")
  func failingDriveMakesNoStep() throws {
    let rig = try Rig(
      sealed: .only(interval: second, perMinute: 1, perHour: 1, perDay: 1))
    rig.failDrive(times: -1)
    for _ in 0..<10 { #expect(rig.step(at: 0) == .CHW_STEP_DRIVE_ERROR) }
    #expect(rig.refused(.CHW_STEP_DRIVE_ERROR) == 10)
    #expect(rig.counts.steps == 0)
    #expect(rig.counts.hour_steps == 0)
    #expect(rig.counts.day_steps == 0)
    #expect(rig.takePulses().isEmpty)
    rig.failDrive(times: 0)
    #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    #expect(rig.takePulses().count == 1)
  }
}

@Suite struct FaultTests {
  @Test func `A drive fails as often as it was told, and then works again`() throws {
    let rig = try Rig(sealed: .only())
    rig.failDrive(times: 3)
    for _ in 0..<3 { #expect(rig.step(at: 0) == .CHW_STEP_DRIVE_ERROR) }
    for _ in 0..<3 { #expect(rig.step(at: 0) == .CHW_STEP_MADE) }
    #expect(rig.takePulses().count == 3)
    // What the interlock refuses does not reach the drive, and so uses up no failure.
    rig.failDrive(times: 1)
    #expect(rig.setLevels(.only(open: false)) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_SHUT)
    #expect(rig.setLevels(.only()) == .CHW_OK)
    #expect(rig.step() == .CHW_STEP_DRIVE_ERROR)
    #expect(rig.step() == .CHW_STEP_MADE)
  }

  @Test(arguments: lines)
  func `A line fails as often as it was told, keeps its level, and the others work`(
    line: chw_line
  ) throws {
    let rig = try Rig()
    #expect(rig.setLine(line, true) == .CHW_OK)
    rig.failLine(line, times: 2)
    for other in lines where other != line { #expect(rig.setLine(other, true) == .CHW_OK) }
    for _ in 0..<2 {
      #expect(rig.setLine(line, false) == .CHW_ERROR_SYSTEM)
      #expect(rig.line(line))
    }
    #expect(rig.setLine(line, false) == .CHW_OK)
    #expect(!rig.line(line))
    for other in lines where other != line { #expect(rig.line(other)) }
  }

  @Test func `A line that fails until further notice is healed by 0`() throws {
    let rig = try Rig()
    rig.failLine(.CHW_LINE_LAMP, times: -1)
    for _ in 0..<100 { #expect(rig.setLine(.CHW_LINE_LAMP, true) == .CHW_ERROR_SYSTEM) }
    #expect(!rig.line(.CHW_LINE_LAMP))
    rig.failLine(.CHW_LINE_LAMP, times: 0)
    #expect(rig.setLine(.CHW_LINE_LAMP, true) == .CHW_OK)
    #expect(rig.line(.CHW_LINE_LAMP))
  }
}

@Suite struct TraceTests {
  @Test func `The trace gives the pulses in order, with their times, in portions of any size`()
    throws
  {
    let rig = try Rig(sealed: .only())
    for number in 0..<100 {
      #expect(rig.step(at: Int64(number) * 10 * millisecond) == .CHW_STEP_MADE)
    }
    var times: [Int64] = []
    for portion in [1, 0, 30, 3, 66] as [Int32] {
      let taken = rig.takePulses(portion)
      #expect(taken.count == Int(portion))
      times += taken.map(\.time_ns)
    }
    #expect(times == (0..<100).map { Int64($0) * 10 * millisecond })
    #expect(rig.takePulses().isEmpty)
  }

  @Test func `A pulse shows the levels of the enable and direction lines when it was made`() throws
  {
    let rig = try Rig(sealed: .only())
    for (enabled, backwards) in [(false, false), (true, false), (true, true), (false, true)] {
      #expect(rig.setLine(.CHW_LINE_ENABLE, enabled) == .CHW_OK)
      #expect(rig.setLine(.CHW_LINE_DIRECTION, backwards) == .CHW_OK)
      #expect(rig.step(at: 0) == .CHW_STEP_MADE)
    }
    let pulses = rig.takePulses()
    #expect(pulses.map(\.enabled) == [false, true, true, false])
    #expect(pulses.map(\.backwards) == [false, false, true, true])
  }

  @Test func `A full trace refuses the pulse and loses none`() throws {
    let rig = try Rig(sealed: .only())
    let capacity = Int(CHW_WORLD_TRACE_CAPACITY)
    var made = 0
    // Two rounds, so that the second one runs over the end of the ring.
    for round in 0..<2 {
      for number in 0..<capacity - made {
        let time = Int64(round) * hour + Int64(number) * 2 * millisecond
        if rig.step(at: time) != .CHW_STEP_MADE { Issue.record("refused at \(number)") }
      }
      #expect(rig.step() == .CHW_STEP_DRIVE_ERROR)
      let first = rig.takePulses(1_000)
      #expect(first.count == 1_000)
      made = capacity - 1_000
    }
    #expect(rig.counts.steps == Int64(capacity + 1_000))
    let rest = rig.takePulses().map(\.time_ns)
    #expect(rest.count == capacity - 1_000)
    #expect(rest == rest.sorted())
    #expect(rig.step() == .CHW_STEP_MADE)
  }

  @Test func `A taker on another thread gets every pulse once and in order`() throws {
    let rig = try Rig(virtualTime: false)
    #expect(rig.seal(.only()) == .CHW_OK)
    let steps = 50_000
    let ticking = try TestThread {
      for _ in 0..<steps {
        rig.completeTick()
        if rig.step() != .CHW_STEP_MADE { return }
      }
    }
    var times: [Int64] = []
    let end = rig.now + 30 * second
    while times.count < steps && rig.now < end { times += rig.takePulses(128).map(\.time_ns) }
    ticking.join()
    #expect(times.count == steps)
    #expect(times == times.sorted())
  }
}

@Suite struct HeartbeatTests {
  @Test func `A completed tick toggles the heartbeat once a period`() throws {
    let rig = try Rig(heartbeat: 100 * millisecond)
    for number in 0...100 {
      #expect(rig.setTime(Int64(number) * 10 * millisecond) == .CHW_OK)
      rig.completeTick()
      #expect(rig.heartbeatEdges == Int64(number / 10 + 1))
      #expect(rig.heartbeatEdge == Int64(number / 10) * 100 * millisecond)
    }
  }

  @Test func `Ticks that end early and late do not stretch the beat`() throws {
    let rig = try Rig(heartbeat: 10 * millisecond)
    for number in 0..<1_000 {
      let lateness = Int64([700, 100, 900, 200][number % 4]) * microsecond
      #expect(rig.setTime(Int64(number) * 10 * millisecond + lateness) == .CHW_OK)
      rig.completeTick()
    }
    #expect(rig.heartbeatEdges >= 999)
  }

  @Test func `Edges missed in a pause are not made up`() throws {
    let rig = try Rig(heartbeat: 100 * millisecond)
    rig.completeTick()
    #expect(rig.setTime(hour) == .CHW_OK)
    for _ in 0..<5 { rig.completeTick() }
    #expect(rig.heartbeatEdges == 2)
    #expect(rig.heartbeatEdge == hour)
  }

  @Test func `A pulse tells the last edge of the heartbeat before it`() throws {
    let rig = try Rig(sealed: .only())
    #expect(rig.step(at: 70 * millisecond) == .CHW_STEP_MADE)
    #expect(rig.step(at: 169 * millisecond) == .CHW_STEP_MADE)
    #expect(rig.step(at: 170 * millisecond) == .CHW_STEP_MADE)
    let edges = rig.takePulses().map(\.heartbeat_edge_ns)
    #expect(edges == [70 * millisecond, 70 * millisecond, 170 * millisecond])
  }
}

@Suite struct VirtualTimeTests {
  @Test func `Virtual time starts at 0 and moves only forwards, when it is told`() throws {
    let rig = try Rig()
    #expect(rig.now == 0)
    #expect(rig.setTime(5) == .CHW_OK)
    #expect(rig.setTime(5) == .CHW_OK)
    #expect(rig.setTime(4) == .CHW_ERROR_INVALID)
    #expect(rig.setTime(.max) == .CHW_ERROR_INVALID)
    #expect(rig.now == 5)
  }

  /// The two clocks differ where the machine was suspended, and nowhere else: `unshare -T --boottime` shows
  /// that it is this one.
  @Test func `Real time is the clock that counts suspension, and cannot be set`() throws {
    let rig = try Rig(virtualTime: false)
    let before = chw_boot_ns()
    let now = rig.now
    #expect(before <= now)
    #expect(now <= chw_boot_ns())
    #expect(rig.setTime(now + second) == .CHW_ERROR_UNSUPPORTED)
  }
}
