import DosingCore
import Plant
import Quantities
import Simulation
import Testing

/// How long it takes until a shaft that stands, or goes by itself, is told: by the engine's own loop, and an encoder
/// with its ordinary faults.
@Suite struct ShaftDetectionTests {
  /// What is lost until a shaft that stands after so many steps is told of.
  private static func lost(
    _ microlitresPerDay: Int64, after steps: Int
  ) throws -> (steps: Int, time: Nanoseconds)? {
    let bench = try DetectionBench(
      microlitresPerDay: microlitresPerDay, ordinary: [.encoder], seed: UInt64(steps))
    guard bench.run(atMost: .days(1), until: { bench.pump.head.motorSteps >= steps }) else {
      return nil
    }
    #expect(bench.pump.board.highest == nil)
    let begin = bench.pump.next
    bench.pump.byHand { $0.shaft.isJammed = true }
    guard bench.run(atMost: .days(1), until: { bench.pump.board.on[.stalled] }) else { return nil }
    return (bench.pump.head.stepsLost, bench.time(since: begin))
  }

  @Test(
    "R-137 How long it takes until a stall is told is what the page says, at each flow",
    arguments: [("0.048 mL/d", 48), ("0.15 mL/d", 150), ("1 mL/d", 1_000), ("24 mL/d", 24_000)])
  func table(flow: String, microlitresPerDay: Int64) throws {
    var worst = (steps: 0, time: Nanoseconds.zero)
    for phase in stride(from: 0, to: 64, by: 3) {
      let lost = try #require(try Self.lost(microlitresPerDay, after: 200 + phase))
      worst = (max(worst.steps, lost.steps), max(worst.time, lost.time))
    }
    let seconds = (worst.time.count + 999_999_999) / 1_000_000_000
    let row = "| \(flow) | \(worst.steps) | \(seconds) s |"
    #expect(try DetectionBench.page("Shaft").contains(row), "\(row)")
  }

  @Test(
    "R-138 A driver that makes steps of its own has no power 0.3 s after the hard stop, and beats no more"
  )
  func runAway() throws {
    let bench = try DetectionBench(microlitresPerDay: 150, ordinary: [.encoder], seed: 1)
    _ = bench.run(atMost: .hours(1))
    bench.pump.byHand { $0.shaft.strayStepsPerDay = 400_000 }
    #expect(bench.run(atMost: .minutes(5), until: { bench.pump.mode == .hardStop }))
    let strayed = bench.pump.head.straySteps
    // 4.6 a second: three looks that are two full steps apart, and the first of them.
    #expect(strayed > 33 && strayed < 4 * 33)
    _ = bench.run(atMost: .hours(1))
    // Its gate closes three heartbeats after the last one.
    #expect(bench.pump.head.straySteps - strayed <= 3)
    #expect(bench.pump.board.on[.driveDisobeys])
    // The power comes back with the heartbeat, and so does what is wrong with it.
    #expect(bench.pump.ask(.commit(.clear)).answer.isAccepted)
    #expect(bench.run(atMost: .minutes(5), until: { bench.pump.mode == .hardStop }))
    bench.pump.byHand { $0.shaft.strayStepsPerDay = 0 }
    #expect(bench.pump.ask(.commit(.clear)).answer.isAccepted)
    #expect(bench.pump.ask(.resume).answer.isAccepted)
    let made = bench.pump.head.motorSteps
    _ = bench.run(atMost: .hours(1))
    #expect(bench.pump.mode == .continuous && bench.pump.head.motorSteps - made >= 399)
  }

  @Test(
    "R-138 A coil that is wired the other way round ends in a hard stop within 6 min at 0.15 mL/d")
  func reversed() throws {
    let bench = try DetectionBench(microlitresPerDay: 150, ordinary: [.encoder], seed: 1)
    bench.pump.byHand { $0.shaft.isReversed = true }
    #expect(bench.run(atMost: .minutes(30), until: { bench.pump.mode == .hardStop }))
    #expect(bench.pump.head.motorSteps > -200)
  }
}
