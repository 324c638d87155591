import DosingCore
import Durability
import Journal
import Plant
import Quantities
import Simulation
import Testing

/// 10,000 changes in an hour of one thing or another: the journal does not grow with them, what was first is still
/// seen, and each is replayed.
@Suite struct StormTests {
  struct Storm: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What changes to and fro, and how many entries of which kind may tell of an hour of it.
    let change: @Sendable (DurableBench, Bool) -> Void
    let most: Int
    let tells: @Sendable (Entry.Content) -> Bool
  }

  private static func sampled(_ content: Entry.Content) -> Bool {
    if case .sampled = content { true } else { false }
  }
  private static func refused(_ content: Entry.Content) -> Bool {
    if case .stepRefused = content { true } else { false }
  }

  /// 60 at once and one in 6 s; beside that one a minute, and one in two full steps, 50 an hour, for three hours.
  private static let samples = 60 + 600 + 3 * (60 + 60)

  static let storms: [Storm] = [
    Storm(
      testDescription: "an encoder that is heard and not heard",
      change: { bench, isBad in bench.encoder?.answers = !isBad }, most: samples, tells: sampled),
    Storm(
      testDescription: "a pressure that is heard and not heard",
      change: { bench, isBad in
        bench.pressure?.answers = !isBad
      }, most: samples, tells: sampled),
    Storm(
      testDescription: "a load cell on which somebody drums",
      change: { bench, isBad in bench.scale?.cell.offsetMilligrams = isBad ? 3_000 : 0 },
      most: samples, tells: sampled),
    // One refusal at the most before each of 1,600 steps.
    Storm(
      testDescription: "a drive that takes pulses now and then",
      change: { bench, isBad in bench.pump.failDrive(isBad) }, most: 1_700, tells: refused),
    Storm(
      testDescription: "a drive that takes none",
      change: { bench, _ in bench.pump.failDrive(true) }, most: 1, tells: refused),
  ]

  @Test("R-146 A storm of changes is told as often as it helps, and is replayed", arguments: storms)
  func storm(_ storm: Storm) throws {
    let bench = try DurableBench(seed: 8, weighed: true, seen: true, pressed: true)
    // What was first: liquid that nobody knows of.
    bench.pump.byHand { $0.reservoir.aspirate(microlitres: 2_000) }
    bench.run(for: .hours(1))
    bench.pump.byHand { $0.reservoir.fill(microlitres: 4_000, concentration: 500_000) }
    bench.run(for: .hours(1))
    let first = try #require(bench.pump.board[.reservoirUnknown])
    for number in 0..<10_000 {
      bench.pump.byHand { _ in }
      storm.change(bench, number.isMultiple(of: 2))
      bench.run(for: .milliseconds(360))
    }
    storm.change(bench, false)
    bench.pump.failDrive(false)
    bench.run(for: .minutes(2))
    #expect(bench.pump.board[.reservoirUnknown] == first)
    bench.end()
    // Two hours before it are ordinary ones, with as many samples as a minute and two full steps bring.
    let told = try bench.entries(storm.tells)
    #expect((1...storm.most).contains(told), "\(told)")
    let faults = try bench.entries { if case .fault = $0 { true } else { false } }
    // A weight that jumps takes its alarm back each time that it is heard.
    #expect(faults <= 600 && bench.journalBytes < 700_000, "\(faults), \(bench.journalBytes)")
    let report = try bench.replay { _ in true }
    #expect(report.difference == nil, "\(String(describing: report.difference))")
  }
}
