import DosingCore
import Durability
import Journal
import Quantities
import Simulation
import Testing

/// A clock that vouches only some time after a start on a cut of power: by then a pump has run whose line is
/// in doubt, as everything that was made without being written.
@Suite struct LateAttestationTests {
  /// A pump on a machine with nothing but the kernel's clock.
  private final class Bench {
    let machine = SimulatedMachine(seed: 11, hasBatteryClock: false)
    private let rig: Rig
    var pump: SimulatedPump

    init() throws {
      rig = .bench(
        line: RigLine(
          pumpTubing: Volume(picolitres: 20_000_000), catheter: Volume(picolitres: 20_000_000)))
      machine.kernelIsSynchronised = true
      pump = try Self.start(rig, machine, isNew: true)
    }

    private static func start(
      _ rig: Rig, _ machine: SimulatedMachine, isNew: Bool
    ) throws -> SimulatedPump {
      let memory = try PumpMemory(
        of: PumpMemory.Pump(
          rig: rig, serial: "BP-1", isSimulated: true, clock: WeekTime(ofUTC: machine.utc)),
        on: machine, at: machine.clocks, isNew: isNew, firstTickIn: .milliseconds(100))
      return try SimulatedPump(memory, on: machine, head: nil)
    }

    /// 300 ug/d of 500 ug/mL, and behind it, from half an hour on, 2,000 ug/mL.
    func refill() throws {
      let strength = Concentration(nanogramsPerMillilitre: 500_000)
      var order = Prescription(
        patient: try #require(Label(utf8: "P".utf8)), drug: try #require(Label(utf8: "D".utf8)),
        concentration: strength, mode: .continuous, maxDose1h: Mass(nanograms: 200_000),
        maxDose24h: Mass(nanograms: 900_000))
      order.setContinuous(DoseRate(nanogramsPerDay: 300_000))
      order.safeBasal = DoseRate(nanogramsPerDay: 200_000)
      var findings = Findings()
      ask(.program(try #require(Therapy(order, on: rig, findings: &findings), "\(findings)")))
      run(for: .minutes(30))
      for change in [
        SupplyChange(.begin, concentration: Concentration(nanogramsPerMillilitre: 2_000_000)),
        SupplyChange(.aspirated, volume: Volume(picolitres: 19_500_000_000)),
        SupplyChange(.filled, volume: Volume(picolitres: 19_000_000_000)),
        SupplyChange(.finish, overrides: true),
      ] {
        ask(.supply(change))
        run(for: .seconds(2))
      }
      run(for: .minutes(30))
    }

    private func ask(_ request: Request) { #expect(pump.ask(request).answer.isAccepted) }

    func run(for length: Nanoseconds) {
      let end = pump.next + length.count / rig.tick.count
      while pump.run(until: end) != nil {}
    }

    /// Nothing can be written for so long; then the power goes, and comes back with nobody who knows for how
    /// long.
    func loseStorage(for length: Nanoseconds, cut: Nanoseconds) throws {
      machine.disk.setFaults(writes: 1_000, syncs: 1_000)
      run(for: length)
      machine.disk.kill()
      machine.disk.setFaults()
      machine.kernelIsSynchronised = false
      machine.cutPower(for: cut)
      pump = try Self.start(rig, machine, isNew: false)
      run(for: .minutes(1))
    }

    func kill() throws {
      machine.disk.kill()
      pump = try Self.start(rig, machine, isNew: false)
      run(for: .minutes(1))
    }

    /// In uL/d.
    var flow: Int64 { pump.status.flow.picolitresPerDay / 1_000_000 }
    var isUncertain: Bool { pump.board[.lineUncertain]?.priority == .high }
  }

  @Test(
    "R-083 R-090 R-126 What a clock tells late of a cut narrows the line's doubt, and is counted once"
  )
  func narrows() throws {
    let bench = try Bench()
    try bench.refill()
    #expect(!bench.isUncertain && bench.flow == 600)
    try bench.loseStorage(for: .minutes(4), cut: .minutes(3))
    let doubt = bench.pump.stepsInDoubt
    // The mixture is a little under 2,000 ug/mL.
    #expect(bench.isUncertain && (150...155).contains(bench.flow))
    #expect(!bench.pump.board.on[.accountUncertain])
    bench.machine.kernelIsSynchronised = true
    bench.run(for: .minutes(2))
    // Of 7 min, and up to one before, at 26.7 steps a minute.
    let counted = bench.pump.stepsInDoubt - doubt
    #expect((186...220).contains(counted), "\(counted)")
    #expect(bench.pump.board.on[.accountUncertain])
    // More than 5 %: but as of now it has not passed.
    #expect(bench.isUncertain && bench.flow == 600)
    let written = bench.pump.stepsInDoubt
    try bench.kill()
    #expect(bench.pump.stepsInDoubt == written && bench.flow == 600)
    // It was told of in that boot: a clock that is lost and found again tells nothing new.
    bench.machine.kernelIsSynchronised = false
    bench.run(for: .minutes(2))
    bench.machine.kernelIsSynchronised = true
    bench.run(for: .minutes(2))
    #expect(bench.pump.stepsInDoubt == written && bench.flow == 600)
  }

  @Test("R-083 R-090 A cut that was short is told too: then there is no doubt left")
  func short() throws {
    let bench = try Bench()
    try bench.refill()
    try bench.loseStorage(for: .zero, cut: .zero)
    #expect(bench.isUncertain)
    let doubt = bench.pump.stepsInDoubt
    bench.machine.kernelIsSynchronised = true
    bench.run(for: .minutes(2))
    // Up to a minute of it was since the newest record.
    #expect(!bench.isUncertain && bench.flow == 600 && bench.pump.stepsInDoubt - doubt <= 28)
  }
}
