import DosingCore
import Plant
import Quantities
import Simulation
import Testing

/// How long it takes until a line that is blocked is told: by the engine's own loop, and a sensor of the pressure with
/// its ordinary faults.
@Suite struct OcclusionDetectionTests {
  @Test(
    "R-141 How long it takes until an occlusion is told is what the page says, at each flow",
    arguments: [("0.048 mL/d", 48), ("0.15 mL/d", 150), ("1 mL/d", 1_000), ("24 mL/d", 24_000)])
  func table(flow: String, microlitresPerDay: Int64) throws {
    var worst = (nanolitres: 0, seconds: Int64(0))
    for phase in stride(from: 0, to: 64, by: 5) {
      let bench = try DetectionBench(
        microlitresPerDay: microlitresPerDay, ordinary: [.pressure], seed: UInt64(phase))
      let steps = 200 + phase
      #expect(bench.run(atMost: .days(1)) { bench.pump.head.motorSteps >= steps })
      #expect(bench.pump.board.highest == nil)
      let (begin, made) = (bench.pump.next, bench.pump.head.motorSteps)
      bench.pump.byHand { $0.pressure.blockedShare = 1 }
      #expect(bench.run(atMost: .days(1)) { bench.pump.board.on[.occluded] })
      let time = bench.time(since: begin).count
      // A step is 15.625 nL.
      worst.nanolitres = max(worst.nanolitres, (bench.pump.head.motorSteps - made) * 125 / 8)
      worst.seconds = max(worst.seconds, (time + 999_999_999) / 1_000_000_000)
    }
    let row = "| \(flow) | \(worst.nanolitres) nL | \(worst.seconds) s |"
    #expect(try DetectionBench.page("Occlusion").contains(row), "\(row)")
  }

  @Test(
    "R-141 What was pressed into the line comes when it opens, once, and the bench has lost nothing"
  )
  func opens() throws {
    let bench = try DetectionBench(
      microlitresPerDay: 150, ordinary: [.pressure], seed: 3)
    _ = bench.run(atMost: .hours(2))
    let before = bench.pump.head.nanogramsAtTip
    bench.pump.byHand { $0.pressure.blockedShare = 1 }
    #expect(bench.run(atMost: .hours(2)) { bench.pump.board.on[.occluded] })
    #expect(bench.pump.head.nanogramsAtTip == before)
    let held = bench.pump.head.nanogramsHeld
    // Between 93 steps and 170 of 7.8125 ng.
    #expect(held > 93 * 7.8 && held < 170 * 7.9)
    bench.pump.byHand { $0.pressure.blockedShare = 0 }
    #expect(bench.run(atMost: .hours(2)) { !bench.pump.board.on[.occluded] })
    #expect(bench.pump.head.nanogramsHeld == 0)
    #expect(abs(bench.pump.head.nanogramsAtTip - before - held - 64 * 7.8125) < 3 * 7.8125)
    #expect(bench.pump.mode == .continuous && bench.pump.board.on[.wasOccluded])
  }
}
