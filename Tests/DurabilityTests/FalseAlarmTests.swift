import DosingCore
import Foundation
import Plant
import Quantities
import Simulation
import Testing

/// Nothing is wrong, and nothing is told: a pump with all three sensors, each with its ordinary faults. 100 days here,
/// 1,000 in `scripts/soak`.
@Suite struct FalseAlarmTests {
  private static let days =
    ProcessInfo.processInfo.environment["PUMP_DAYS"].flatMap { Int($0) } ?? 100

  struct Share: Sendable {
    let microlitresPerDay: Int64
    /// How many of 100 days, and for how many of them a reservoir lasts.
    let ofHundred: Int
    let atOnce: Int
  }

  private static let shares = [
    Share(microlitresPerDay: 48, ofHundred: 40, atOnce: 40),
    Share(microlitresPerDay: 150, ofHundred: 40, atOnce: 40),
    Share(microlitresPerDay: 1_000, ofHundred: 14, atOnce: 14),
    Share(microlitresPerDay: 8_000, ofHundred: 6, atOnce: 2),
  ]

  @Test(
    "R-137 R-141 R-145 Ordinary sensors tell nothing, slow, common and fast, through boluses and a stop",
    arguments: shares)
  fileprivate func ordinary(_ share: Share) throws {
    var (told, boluses): (Set<FaultCode>, Int) = ([], 0)
    let days = max(1, share.ofHundred * Self.days / 100)
    for first in stride(from: 0, to: days, by: share.atOnce) {
      let bench = try DetectionBench(
        microlitresPerDay: share.microlitresPerDay, ordinary: [.loadCell, .encoder, .pressure],
        seed: UInt64(first + 1))
      for day in first..<min(days, first + share.atOnce) {
        told.formUnion(bench.told(for: .hours(17 + Int64(day) % 4)))
        let bolus = Request.bolus(dose: Mass(nanograms: 30_000), duration: .minutes(10))
        if bench.pump.ask(bolus).answer.isAccepted { boluses += 1 }
        told.formUnion(bench.told(for: .hours(5)))
        if day % 7 == 3 {
          #expect(bench.pump.ask(.stop).answer.isAccepted)
          #expect(bench.told(for: .minutes(30)) == [.stopped])
          #expect(bench.pump.ask(.resume).answer.isAccepted)
        }
      }
      #expect(bench.pump.stepsInDoubt == 0 && bench.pump.head.stepsLost == 0)
    }
    #expect(boluses >= days - 1)
    #expect(told.isEmpty || told == [.reservoirLow], "\(told)")
  }
}
