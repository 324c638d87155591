import DosingCore
import Durability
import Foundation
import Journal
import Plant
import Quantities
import Simulation
import Testing

/// What the core heard of the load cell stands in the journal, and is enough to decide the same again.
@Suite struct WeighedReplayTests {
  @Test(
    "R-134 What is decided by a weight is decided again by replay, and not without what was heard"
  )
  func replay() throws {
    let bench = try DurableBench(seed: 5, weighed: true)
    bench.run(for: .hours(2))
    // Two millilitres are gone at once: somebody has spilled them.
    bench.pump.byHand { $0.reservoir.aspirate(microlitres: 2_000) }
    bench.run(for: .hours(1))
    #expect(bench.pump.board.on[.weightDiffers])
    try bench.restart()
    bench.run(for: .hours(1))
    #expect(bench.pump.board.on[.weightDiffers])
    // A needle of something.
    bench.pump.byHand { $0.reservoir.fill(microlitres: 4_000, concentration: 500_000) }
    bench.run(for: .hours(1))
    #expect(bench.pump.board.on[.reservoirUnknown])
    bench.end()
    let report = try bench.replay { _ in true }
    #expect(report.difference == nil)
    #expect(report.starts == 2 && report.decisions > 500)
    var dropped = 0
    let deaf = try bench.replay { entry in
      guard case .sampled = entry.content else { return true }
      dropped += 1
      return false
    }
    #expect(dropped > 200 && deaf.difference?.field == "faults")
  }

  @Test(
    "R-134 Looks with nothing between them are each of their own tick, as of a pump that is stopped"
  )
  func stopped() throws {
    let bench = try DurableBench(seed: 6, weighed: true)
    bench.run(for: .hours(1))
    #expect(bench.pump.ask(.stop).answer.isAccepted)
    bench.run(for: .hours(1))
    // Whoever leans on it and goes away, twice, for less than it takes to be believed; and then for longer.
    for (milligrams, minutes) in [(900.0, 4), (0, 4), (900, 4), (0, 9), (900, 15)]
      as [(Double, Int64)]
    {
      bench.scale?.cell.offsetMilligrams = milligrams
      bench.run(for: .minutes(minutes))
    }
    #expect(bench.pump.board.on[.reservoirUnknown] || bench.pump.board.on[.notEmptying])
    bench.end()
    let report = try bench.replay { _ in true }
    #expect(report.difference == nil && report.decisions > 1)
  }

  @Test("R-134 A day of 0.6 mL is 2,640 samples at the most, of less than 200 bytes each")
  func growth() throws {
    let without = try Self.day(DurableBench(seed: 5))
    let with = try Self.day(DurableBench(seed: 5, weighed: true))
    #expect(without.bytes > 0 && (1_440...2_640).contains(with.samples), "\(with.samples)")
    #expect(with.bytes - without.bytes < with.samples * 200, "\(without) \(with)")
  }

  @Test(
    "R-134 What a day with each sensor, and with all, adds to the journal is what the page says, below 2 MB",
    arguments: [("0.15 mL/d", Int64(75)), ("1 mL/d", 500)])
  func growthOfEach(flow: String, microgramsPerDay: Int64) throws {
    func bytes(weighed: Bool = false, seen: Bool = false, pressed: Bool = false) throws -> Int {
      try Self.day(
        DurableBench(
          seed: 5, microgramsPerDay: microgramsPerDay, weighed: weighed, seen: seen,
          pressed: pressed)
      ).bytes
    }
    let none = try bytes()
    let added = try [
      bytes(weighed: true), bytes(seen: true), bytes(pressed: true),
      bytes(weighed: true, seen: true, pressed: true),
    ].map { $0 - none }
    #expect(added.allSatisfy { none + $0 <= 2_000_000 }, "\(none) \(added)")
    // To 50 kB: a journal grows by whole pages.
    let row =
      "| \(flow) | " + added.map { "\(($0 + 25_000) / 50_000 * 50)" }.joined(separator: " | ")
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Journal/Journal.docc/Storage.md")
    #expect(try String(contentsOf: page, encoding: .utf8).contains(row), "\(row), of \(none)")
  }

  private static func day(_ bench: DurableBench) throws -> (samples: Int, bytes: Int) {
    bench.run(for: .days(1))
    bench.end()
    return (try bench.entries { if case .sampled = $0 { true } else { false } }, bench.journalBytes)
  }
}
