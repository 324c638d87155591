import CHardware
import Plant
import Testing

@Suite struct HeartbeatGateTests {
  @Test(
    "the gate's timeout is three heartbeats, at most 500 ms",
    arguments: [(100, 300), (1, 3), (166, 498), (167, 500), (1_000, 500)])
  func timeout(heartbeatMilliseconds: Int64, timeoutMilliseconds: Int64) {
    let gate = HeartbeatGate(heartbeatNanoseconds: heartbeatMilliseconds * millisecond)
    #expect(gate.timeoutNanoseconds == timeoutMilliseconds * millisecond)
    let edge = 7 * millisecond
    #expect(gate.isOpen(at: edge, lastEdge: edge))
    #expect(gate.isOpen(at: edge + gate.timeoutNanoseconds, lastEdge: edge))
    #expect(!gate.isOpen(at: edge + gate.timeoutNanoseconds + 1, lastEdge: edge))
  }

  @Test("the gate is closed before the first edge")
  func closedAtFirst() {
    let gate = HeartbeatGate(heartbeatNanoseconds: 100 * millisecond)
    #expect(!gate.isOpen(at: 0, lastEdge: .min))
    #expect(!gate.isOpen(at: .max, lastEdge: .min))
  }

  @Test("R-055 a dead heartbeat cuts the motor and releases the buzzer")
  func deadHeartbeat() throws {
    // Complete ticks keep the interlock open; the heartbeat itself does not come for 10 s.
    let bench = try TestBench(beat: 10_000 * millisecond)
    bench.setLine(.CHW_LINE_ENABLE, true)
    var lastOpen: Int64 = 0
    for number in Int64(0)..<100 {
      let time = number * 10 * millisecond
      bench.setTime(time)
      bench.completeTick()
      bench.pulse()
      if !bench.look().isEmpty { lastOpen = time }
      #expect(bench.buzzerSounds(at: time) == (number > 30))
    }
    #expect(lastOpen == 300 * millisecond)
    #expect(bench.plant.motorSteps == 31)
    #expect(bench.plant.pulsesWithoutMotion == 69)
    #expect(bench.plant.deliveredMicrolitres == 31 * 0.015625)
  }

  @Test("R-055 the next edge opens the gate again and silences the buzzer")
  func nextEdgeOpens() throws {
    let bench = try TestBench(beat: 1_000 * millisecond)
    bench.setLine(.CHW_LINE_ENABLE, true)
    for number in Int64(0)...100 {
      bench.setTime(number * 10 * millisecond)
      bench.completeTick()
    }
    bench.pulse()
    bench.look()
    #expect(bench.plant.motorSteps == 1)
    #expect(!bench.buzzerSounds(at: 1_000 * millisecond))
    #expect(bench.buzzerSounds(at: 1_301 * millisecond))
  }

  @Test("R-055 without any heartbeat nothing turns and the buzzer sounds")
  func neverAlive() throws {
    let bench = try TestBench()
    bench.setLine(.CHW_LINE_ENABLE, true)
    #expect(bench.buzzerSounds(at: 0))
    bench.completeTick()
    #expect(!bench.buzzerSounds(at: 0))
  }

  @Test("the buzzer sounds while the engine drives it, whatever the gate")
  func drivenBuzzer() throws {
    let bench = try TestBench()
    bench.completeTick()
    bench.setLine(.CHW_LINE_BUZZER, true)
    #expect(bench.buzzerSounds(at: 0))
    bench.setLine(.CHW_LINE_BUZZER, false)
    #expect(!bench.buzzerSounds(at: 0))
  }
}
