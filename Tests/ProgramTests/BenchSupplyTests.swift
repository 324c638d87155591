import Documents
import DosingCore
import Plant
import Quantities
import Simulation
import Testing

@testable import pumpsim

/// The account of the bench itself: what came in, less what was taken out, is there, or has left the tip.
@Suite struct BenchSupplyTests {
  /// A bench of which 3,000 steps were made, and a refill on the way.
  private struct Bench {
    let rig: Rig
    var supply: BenchSupply
    var head: PumpHeadTruth
    var steps: Int64 = 0

    init() {
      rig = Rig.bench(
        tick: .milliseconds(10),
        line: RigLine(
          pumpTubing: Volume(picolitres: 20_000_000), catheter: Volume(picolitres: 20_000_000)))
      let strength = Concentration(nanogramsPerMillilitre: 500_000)
      supply = BenchSupply(rig, strength)
      head = SimulatedPump.newHead(of: rig, filledWith: strength)
    }

    mutating func turn(_ count: Int) {
      for _ in 0..<count {
        head.turn(
          by: Pulse(
            timeNanoseconds: 0, heartbeatEdgeNanoseconds: 0, isEnabled: true, isBackwards: false))
        steps += 1
      }
    }

    mutating func tell(_ change: SupplyChange, as refill: Scenario.Refill? = nil) {
      supply.carryOut(change, as: refill, on: &head)
    }

    /// 19 mL out, 19 mL of 1,000 ug/mL in, after 1,000 steps; a catheter emptied, a line replaced.
    mutating func live(really refill: Scenario.Refill? = nil) {
      turn(1_000)
      tell(
        SupplyChange(.begin, concentration: Concentration(nanogramsPerMillilitre: 1_000_000)))
      tell(SupplyChange(.aspirated, volume: BenchSupplyTests.microlitres(19_000)), as: refill)
      turn(1)
      tell(SupplyChange(.filled, volume: BenchSupplyTests.microlitres(19_000)), as: refill)
      tell(SupplyChange(.finish))
      turn(2_000)
      tell(SupplyChange(.catheterEmptied))
      turn(2_000)
      tell(SupplyChange(.lineReplaced))
      turn(2_999)
    }

    var losses: [String] { supply.losses(head, steps: steps) }
  }

  fileprivate static func microlitres(_ count: Int64) -> Volume {
    Volume(picolitres: count * 1_000_000)
  }

  @Test("R-063 R-126 Over a refill, an emptied catheter and a new line nothing is lost")
  func whole() {
    var bench = Bench()
    bench.live()
    #expect(bench.losses == [] && bench.supply.isAsTold)
    #expect(bench.head.nanogramsAtTip > 0 && bench.head.line?.nanogramsRemoved ?? 0 > 0)
  }

  @Test("R-063 R-126 A lost step, a forgotten residue and a broken line are found")
  func broken() {
    let breaks: [(String, (inout Bench) -> Void)] = [
      ("other steps", { $0.steps += 1 }),
      ("volume", { $0.head.reservoir.aspirate(microlitres: 0.000_002) }),
      ("drug", { $0.head.reservoir.aspirate(microlitres: 500) }),
      ("drug", { $0.head.line?.push(microlitres: 0.015_625, concentration: 1_000_000) }),
      (
        "drug",
        {
          $0.head.line = LineTruth(microlitres: 40, concentration: $0.head.reservoir.concentration)
        }
      ),
    ]
    for (complaint, damage) in breaks {
      var bench = Bench()
      bench.live()
      damage(&bench)
      #expect(bench.losses.contains { $0.contains(complaint) }, "\(complaint): \(bench.losses)")
    }
  }

  @Test("R-063 What is really done may be something else than is told, and adds up all the same")
  func otherwise() {
    let label = Concentration(nanogramsPerMillilitre: 1_000_000)
    let told = Scenario.Refill(
      concentration: label, aspirated: Self.microlitres(19_000), filled: Self.microlitres(19_000))
    var (less, none) = (told, told)
    less.reallyAspirated = Self.microlitres(18_000)
    none.reallyFilled = .zero
    for (refill, isAsTold) in [(told, true), (less, false), (none, false)] {
      var bench = Bench()
      bench.live(really: refill)
      #expect(bench.losses == [] && bench.supply.isAsTold == isAsTold)
    }
    // What the pump cannot know makes its count wrong; what it is told does not.
    var oracle = Oracle(
      rig: Bench().rig, prescription: .blank, clock: WeekTime(weekday: 0, minute: 0))
    let bench = Bench()
    oracle.compare(
      bench.supply, bench.head, counted: Self.microlitres(20_000), doubt: 0, at: 0)
    #expect(oracle.violations == [])
    var lost = oracle
    // A step is 15,625 pL: one that nobody could count is in the reservoir for the pump.
    let one = Self.microlitres(20_000) + Volume(picolitres: 15_625)
    lost.loseCount(of: 1)
    lost.compare(bench.supply, bench.head, counted: one, doubt: 0, at: 0)
    #expect(lost.violations == [])
    lost.compare(
      bench.supply, bench.head, counted: one + Volume(picolitres: 1), doubt: 0, at: 0)
    #expect(lost.violations.contains { $0.hasPrefix("the pump counts something else") })
    oracle.compare(
      bench.supply, bench.head, counted: Self.microlitres(19_999), doubt: 0, at: 0)
    #expect(oracle.violations.contains { $0.hasPrefix("the pump counts something else") })
  }
}
