import CHardware
import DosingCore
import Engine
import Hardware
import Quantities
import Testing

/// In virtual time ticks that do nothing but accrue are passed over at once. To execute every one of them is
/// the reference: nobody may see a difference.
@Suite struct SkippingTests {
  private final class Run {
    let rig: TestRig
    private(set) var engine: VirtualEngine
    /// Each decision that is more than to wait, by its tick, and each step of the motor, by its time.
    private(set) var story: [String] = []

    init(_ dosing: Rig, skips: Bool) throws {
      rig = try TestRig(dosing)
      engine = rig.virtualEngine(skips: skips)
    }

    func happen(_ happening: Happening) {
      switch happening {
      case .ask(let request, _):
        story.append("\(engine.next): \(engine.decide(request).answer)")
      case .failDrive(let times): rig.failDrive(times: times)
      case .failEnable(let times): rig.failEnable(times: times)
      case .lateTick(let ticks): engine.skip(ticks)
      }
    }

    func run(until end: Int64) {
      while let (tick, decision) = engine.run(until: end) { story.append("\(tick): \(decision)") }
    }

    /// All that anybody can look at.
    var state: String {
      var core = engine.loop.loop.core
      var writer = RecordWriter()
      core.layout(&writer)
      let counts = rig.hardware.drive.counts
      let bytes = writer.bytes.span
      var hash = Hasher()
      for index in 0..<writer.count { hash.combine(bytes[index]) }
      return "\(engine.next) \(hash.finalize()) \(core.outputs) "
        + "\(counts) \(rig.heartbeatEdges) "
        + "\(unsafe chw_world_heartbeat_edge_ns(rig.hardware.world)) \(rig.motorSteps()) "
        + "\(rig.idlePulses()) \(rig.hardware.now)"
    }
  }

  @Test(
    "R-120 To pass over quiet ticks is the same as to execute them, in any life",
    arguments: 1...8 as ClosedRange<UInt64>)
  func anyLife(seed: UInt64) throws {
    var life = RandomLife(seed: 900 + seed)
    let (every, skipping) = (
      try Run(life.dosing, skips: false), try Run(life.dosing, skips: true)
    )
    while every.engine.next < 40_000 {
      let end = every.engine.next + life.magnitude(1...6_000)
      let happening = life.next()
      for run in [every, skipping] {
        run.happen(happening)
        run.run(until: max(end, run.engine.next))
      }
      let (state, other) = (every.state, skipping.state)
      #expect(state == other, "seed \(seed), tick \(end)")
      if state != other { return }
    }
    #expect(every.story == skipping.story, "seed \(seed)")
    #expect(every.engine.loop.loop.core.account.steps > 0)
  }

  @Test("R-120 Heartbeats that are passed over come when they are due, whatever tick and beat")
  func heartbeats() throws {
    for (tick, ticks) in [(1, 7), (7, 300), (30, 12), (99, 50), (100, 33), (100, 1)] {
      let dosing = Rig.fast(tickMilliseconds: Int64(tick))
      let (every, skipping) = (try TestRig(dosing), try TestRig(dosing))
      var loop = every.loop()
      for number in 0..<(3 * ticks + 1) {
        every.setTime(ofTick: Int64(number))
        _ = loop.tick(Int64(number))
      }
      var other = skipping.loop()
      skipping.setTime(ofTick: 0)
      _ = other.tick(0)
      for _ in 0..<3 {
        skipping.hardware.virtualClock.pass(ticks: Int64(ticks), of: dosing.tick)
      }
      #expect(every.heartbeatEdges == skipping.heartbeatEdges, "\(tick) ms, \(ticks)")
      let edges = [every, skipping].map {
        unsafe chw_world_heartbeat_edge_ns($0.hardware.world)
      }
      #expect(edges[0] == edges[1] && every.hardware.now == skipping.hardware.now)
    }
  }
}
