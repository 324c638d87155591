import DosingCore
import Foundation
import Plant
import Quantities
import Simulation
import Testing

/// How long it takes until what runs by itself is told: by the engine's own loop, and a load cell with its ordinary
/// faults.
@Suite struct FreeFlowDetectionTests {
  @Test(
    "R-145 How long it takes until free flow is told is what the page says, running or stopped",
    arguments: [(1_440, 5), (60, 50), (10, 300)] as [(Double, Int64)], [false, true])
  func table(row: (millilitresPerDay: Double, minutes: Int64), isStopped: Bool) throws {
    let (millilitresPerDay, minutes) = row
    for seed in UInt64(1)...4 {
      let bench = try DetectionBench(
        microlitresPerDay: 600, ordinary: [.loadCell], seed: seed)
      #expect(!bench.run(atMost: .minutes(61 + 7 * Int64(seed))))
      if isStopped { #expect(bench.pump.ask(.stop).answer.isAccepted) }
      let begin = bench.pump.next
      bench.pump.byHand { $0.freeFlowMicrolitresPerDay = millilitresPerDay * 1_000 }
      #expect(bench.run(atMost: .minutes(minutes)) { bench.pump.board.on[.freeFlow] })
      #expect(bench.time(since: begin) > .minutes(2))
      #expect(bench.pump.mode == .hardStop)
      // What ran came out at the tip, and is gone from the reservoir.
      #expect(bench.pump.head.ranSteps > 10)
    }
    let text = millilitresPerDay.formatted(.number.grouping(.never))
    let line = "| \(text) mL/d | \(minutes) min |"
    #expect(try DetectionBench.page("Reservoir").contains(line), "\(line)")
  }
}
