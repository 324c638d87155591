import DosingCore
import Durability
import Journal
import Quantities
import Simulation

/// A pump on a simulated machine, what was stored of it before and after something happened, and its start
/// on parts of both.
final class StoredStory {
  enum What: String, CaseIterable {
    case stop, bolus, order
  }

  let what: What
  let end: PumpEnd
  let old: StoredParts
  let new: StoredParts
  let foreign: StoredParts
  /// The orders before and after, of which the second is a fifth of the first.
  let orders: [Therapy]
  private let rig: Rig
  private let time: ClockReading

  init(_ what: What, _ end: PumpEnd) throws {
    (self.what, self.end) = (what, end)
    let history = try CrashHistory(seed: 5, plan: CrashHistory.Plan(lives: 0, powerCuts: 0))
    rig = history.rig
    orders = try [1_000, 200].map { try Self.order(microgramsPerDay: $0, on: history.rig) }
    foreign = try Self.live(rig, orders, serial: "BP-9", what, .kill).new
    (old, new, time) = try Self.live(rig, orders, serial: "BP-1", what, end)
  }

  private static func memory(
    _ rig: Rig, _ serial: String, on storage: some StateStorage, at time: ClockReading, isNew: Bool
  ) throws -> PumpMemory {
    try PumpMemory(
      of: PumpMemory.Pump(
        rig: rig, serial: serial, isSimulated: true, clock: WeekTime(sinceMonday: .zero)),
      on: storage, at: time, isNew: isNew, firstTickIn: .milliseconds(50))
  }

  private static func live(
    _ rig: Rig, _ orders: [Therapy], serial: String, _ what: What, _ end: PumpEnd
  ) throws -> (old: StoredParts, new: StoredParts, time: ClockReading) {
    let machine = SimulatedMachine(seed: 7)
    let memory = try memory(rig, serial, on: machine, at: machine.clocks, isNew: true)
    let pump = try SimulatedPump(memory, on: machine, head: nil)
    func run(_ ticks: Int64) {
      let end = pump.next + ticks
      while pump.run(until: end) != nil {}
    }
    run(5)
    _ = pump.ask(.program(orders[0]))
    run(6_000)
    let old = try parts(of: machine, "old")
    switch what {
    case .stop: _ = pump.ask(.stop)
    case .bolus: _ = pump.ask(.patientBolus)
    case .order: _ = pump.ask(.program(orders[1]))
    }
    run(3_000)
    let page = machine.runPage ?? []
    if end == .clean { pump.end() }
    var new = try parts(of: machine, "new")
    new.page = page
    machine.pass(.seconds(1))
    if end == .cut { machine.cutPower(for: .seconds(40)) }
    return (old, new, machine.clocks)
  }

  private static func parts(of machine: SimulatedMachine, _ name: String) throws -> StoredParts {
    // The pump has its journal for itself. What stands on its disk is a journal, too, with its log.
    for suffix in ["", "-wal"] {
      guard let bytes = machine.disk.contents("journal.sqlite\(suffix)") else { continue }
      machine.disk.put("\(name).sqlite\(suffix)", bytes)
    }
    do {
      let path = "\(machine.disk.folder)/\(name).sqlite"
      let journal = try Journal(path: path, serial: nil, isReader: false)
      _ = try journal.newestState()
    }
    return StoredParts(
      journal: machine.disk.contents("\(name).sqlite") ?? [],
      copies: (0...1).map { machine.copies.read($0) ?? [] }, page: machine.runPage ?? [])
  }

  /// A lockout of four hours, and two boluses a day.
  private static func order(microgramsPerDay: Int64, on rig: Rig) throws -> Therapy {
    var order = Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none, drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: .continuous,
      maxDose1h: Mass(nanograms: 200_000), maxDose24h: Mass(nanograms: 20_000_000))
    order.setContinuous(DoseRate(nanogramsPerDay: microgramsPerDay * 1_000))
    order.safeBasal = DoseRate(nanogramsPerDay: microgramsPerDay * 900)
    order.patientBolus = PatientBolus(
      dose: Mass(nanograms: 4_000), duration: .minutes(2), lockout: .hours(4), maxIn24h: 2)
    var findings = Findings()
    guard let therapy = Therapy(order, on: rig, findings: &findings) else {
      throw BadOrder(findings: findings)
    }
    return therapy
  }

  /// What a start makes of it.
  struct Found: Equatable {
    var mode: DeliveryMode
    /// Of an hour at the rate of the start.
    var unitsPerTick: Int128
    var alarms: [FaultCode]
    /// Whether the patient gets a bolus at once, and after somebody acknowledged what is on.
    var bolus: Bool
    var bolusLater: Bool
    var wasPutAside: Bool
    /// Of the remarks: the journal is older, the copies are, the page is gone.
    var told: [String]
  }

  /// Nil where it does not start.
  func start(
    journal: PartState, copies: PartState, page: PartState
  ) throws -> Found? {
    let storage = AlteredStorage(
      old: old, new: new, foreign: foreign, journal: journal, copies: copies, page: page)
    let memory: PumpMemory
    do {
      memory = try Self.memory(rig, "BP-1", on: storage, at: time, isNew: false)
    } catch let problem as PumpMemory.Problem {
      guard case .journal = problem else { throw problem }
      return nil
    }
    guard var core = memory.start.core() else { throw ShortLife.Unreadable() }
    let board = core.board
    var found = Found(
      mode: core.mode, unitsPerTick: core.unitsPerTick.basal,
      alarms: FaultCode.allCases.filter { board.on[$0] }, bolus: false, bolusLater: false,
      wasPutAside: storage.wasPutAside, told: Self.told(memory.remarks))
    found.bolus = Self.getsBolus(core, after: 1)
    _ = core.decide(.acknowledge, at: core.now + TickCount(1))
    // A minute, and an hour: both within the lockout.
    found.bolusLater = Self.getsBolus(core, after: 600) || Self.getsBolus(core, after: 36_000)
    return found
  }

  private static func getsBolus(_ core: DosingState, after ticks: Int64) -> Bool {
    var core = core
    if case .accepted = core.decide(.patientBolus, at: core.now + TickCount(ticks)) { return true }
    return false
  }

  private static func told(_ remarks: [String]) -> [String] {
    let words = [
      ("journal is older than what was done", "journal-old"),
      ("safe-basal record is older", "copies-old"), ("run page is gone", "page-gone"),
      ("journal is gone", "journal-gone"),
    ]
    return words.filter { word in remarks.contains { $0.contains(word.0) } }.map(\.1)
  }
}
