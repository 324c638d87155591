import DosingCore
import Durability
import Journal
import Plant
import Quantities
import Simulation
import Testing

/// A pump with a journal on a disk that loses power, and 300 ug/d of 500 ug/mL: 0.6 mL/d.
final class DurableBench {
  let machine: SimulatedMachine
  let scale: BenchScale?
  let encoder: BenchEncoder?
  let pressure: BenchPressure?
  let rig: Rig
  private var running: SimulatedPump?
  var pump: SimulatedPump { running! }

  static let strength = Concentration(nanogramsPerMillilitre: 500_000)

  /// - Parameters:
  ///   - weighed: whether there is a load cell; `seen`, an encoder; `pressed`, a sensor of the pressure.
  init(
    seed: UInt64, microgramsPerDay: Int64 = 300, weighed: Bool = false, seen: Bool = false,
    pressed: Bool = false
  ) throws {
    machine = SimulatedMachine(seed: seed, hasBatteryClock: true)
    var rig = Rig.bench(microlitres: 200_000, weighing: weighed ? Weighing() : nil)
    if pressed { rig.occlusion = OcclusionLimits(threshold: Pressure(pascals: 70_000)) }
    self.rig = rig
    scale = weighed ? BenchScale(LoadCellTruth(faults: .nominal, seed: seed)) : nil
    encoder = seen ? BenchEncoder(EncoderTruth(faults: .nominal, seed: seed)) : nil
    pressure = pressed ? BenchPressure(PressureSensorTruth(faults: .nominal, seed: seed)) : nil
    try start(isNew: true)
    let therapy = try Therapy.constant(
      microgramsPerDay: microgramsPerDay, maxDose1h: Mass(nanograms: 60_000),
      maxDose24h: Mass(nanograms: 600_000), on: rig)
    #expect(pump.ask(.program(therapy)).answer.isAccepted)
  }

  private func start(isNew: Bool) throws {
    let memory = try PumpMemory(
      of: PumpMemory.Pump(
        rig: rig, serial: "BP-1", isSimulated: true, clock: WeekTime(sinceMonday: .zero)),
      on: machine, at: machine.clocks, isNew: isNew, firstTickIn: .milliseconds(50))
    let head = running?.head ?? SimulatedPump.newHead(of: rig, filledWith: Self.strength)
    running = try SimulatedPump(
      memory, on: machine, head: head, scale: scale, encoder: encoder, pressure: pressure)
  }

  func restart(afterPowerCut length: Nanoseconds? = nil) throws {
    machine.disk.kill()
    if let length { machine.cutPower(for: length) } else { machine.pass(.seconds(3)) }
    try start(isNew: false)
  }

  func run(for time: Nanoseconds) {
    let end = pump.next + rig.ticks(time)
    while pump.run(until: end) != nil { pump.observe { _ in } }
  }

  /// What there is is written, and the journal can be opened by somebody else.
  func end() {
    pump.end()
    running = nil
  }
}

// What is left in the journal, once the pump has ended.
extension DurableBench {
  private func journal() throws -> Journal {
    machine.disk.setFaults()
    return try Journal(path: machine.journalPath, serial: "BP-1", makesNew: true)
  }

  /// The journal with the entries that `keeps` says, replayed.
  func replay(_ keeps: (Entry) -> Bool) throws -> Replay.Report {
    let journal = try journal()
    let state = try #require(try journal.newestState())
    let other = SimulatedMachine(seed: 6)
    let copy = try Journal(path: other.journalPath, serial: "BP-1", makesNew: true)
    var entries: [Entry] = []
    try journal.forEachEntry { _, entry in
      if keeps(entry) { entries.append(entry) }
      return true
    }
    try copy.commit(state, entries)
    return try Replay(copy).run()
  }

  /// How many of such there are.
  func entries(_ isSuch: (Entry.Content) -> Bool) throws -> Int {
    var count = 0
    try journal().forEachEntry { _, entry in
      if isSuch(entry.content) { count += 1 }
      return true
    }
    return count
  }

  var journalBytes: Int { machine.disk.contents("journal.sqlite", atMost: 1 << 28)?.count ?? 0 }
}
