import DosingCore
import Durability
import Plant
import Quantities
import SeededNumbers
import Simulation
import Testing

/// A pump with a journal in virtual time passes over ticks that do nothing but accrue. To execute every one of
/// them is the reference: nobody may see a difference.
@Suite struct SkippedTicksTests {
  private final class Twin {
    let machine: SimulatedMachine
    private(set) var pump: SimulatedPump
    private let history: CrashHistory
    private let skips: Bool
    private(set) var story: [String] = []

    init(seed: UInt64, skips: Bool) throws {
      history = try CrashHistory(seed: seed, plan: CrashHistory.Plan(lives: 0, powerCuts: 0))
      machine = SimulatedMachine(seed: seed)
      self.skips = skips
      pump = try Self.start(history.rig, machine, isNew: true, after: nil, skips: skips)
    }

    private static func start(
      _ rig: Rig, _ machine: SimulatedMachine, isNew: Bool, after last: SimulatedPump?, skips: Bool
    ) throws -> SimulatedPump {
      let memory = try PumpMemory(
        of: PumpMemory.Pump(
          rig: rig, serial: "BP-1", isSimulated: true, clock: WeekTime(sinceMonday: .zero)),
        on: machine, at: machine.clocks, isNew: isNew, firstTickIn: .milliseconds(50))
      return try SimulatedPump(memory, on: machine, head: last?.head, skips: skips)
    }

    func ask(_ kind: Int64) {
      let request: Request =
        switch kind {
        case 0, 1: .program(history.orders[Int(kind)])
        case 2: .patientBolus
        case 3: .stop
        case 4: .resume
        default: .acknowledge
        }
      story.append("\(pump.next): \(pump.ask(request))")
    }

    func setStorage(delay: Nanoseconds, fails: Bool) {
      pump.storageDelay = delay
      machine.disk.setFaults(writes: fails ? 1_000 : 0)
    }

    func restart(powerCut: Bool) throws {
      machine.disk.kill()
      machine.pass(.milliseconds(370))
      machine.disk.setFaults()
      if powerCut { machine.cutPower(for: .seconds(40)) }
      pump = try Self.start(history.rig, machine, isNew: false, after: pump, skips: skips)
    }

    func run(_ ticks: Int64) {
      let end = pump.next + ticks
      while let (tick, decision) = pump.run(until: end) { story.append("\(tick): \(decision)") }
      pump.observe { story.append("\($0) ns") }
      story.append(
        "\(pump.now) \(pump.account) \(pump.mode) \(pump.board.on) \(pump.durableCommit) "
          + "\(pump.stepsInDoubt) \(machine.boot) \(pump.head.motorSteps)")
    }
  }

  @Test(
    "R-120 To pass over quiet ticks is the same as to execute them, with a journal and over restarts",
    arguments: 1...4 as ClosedRange<UInt64>)
  func twins(seed: UInt64) throws {
    var chance = SplitMix64(seed: seed)
    let twins = try [true, false].map { try Twin(seed: seed, skips: $0) }
    func both(_ body: (Twin) throws -> Void) rethrows { for twin in twins { try body(twin) } }
    both { $0.ask(0) }
    both { $0.run(50) }
    for _ in 0..<40 {
      let (what, delay) = (chance.number(0...11), Nanoseconds(chance.magnitude(1...20_000_000_000)))
      let ticks = chance.magnitude(1...4_000)
      switch what {
      case 0...5: both { $0.ask(what) }
      case 6, 7: both { $0.setStorage(delay: what == 6 ? .zero : delay, fails: false) }
      case 8: both { $0.setStorage(delay: .zero, fails: true) }
      case 9: both { if !$0.pump.tickHasBegun { $0.pump.skip(ticks / 10) } }
      default: try both { try $0.restart(powerCut: what == 11) }
      }
      both { $0.run(ticks) }
      if twins[0].story.last != twins[1].story.last { break }
    }
    #expect(twins[0].story == twins[1].story, "seed \(seed)")
    #expect(twins[0].pump.head.motorSteps > 100)
  }
}
