import DosingCore
import Durability
import Engine
import Hardware
import Journal
import Plant
import Quantities
import Simulation

/// One pump on one machine, started again and again, however its last life ended.
final class CrashHistory {
  /// What a seed makes the machine do.
  struct Plan {
    var lives: Int
    /// The share of lives that end with the power, in percent; the others are killed or ended.
    var powerCuts: Int64
    /// Writes and syncs that fail now and then, a disk that is full for a while.
    var hasFaults = false
    /// UTC jumps between two lives, by seconds, hours and years, into leap days and back to 1970.
    var setsClock = false
    /// Else nobody sees an alarm: one that a clock raises, acknowledged, is a commit more, and the next kill
    /// comes elsewhere.
    var acknowledges = true
    /// Time passes between the reading of the journal and the sealing of the interlock: up to 20 min.
    var startsLate = false
    /// The limits are the least that basal fits into, so that a step too many in a window shows at once.
    var isTight = false
    /// Syncs that do nothing: a planted fault.
    var ignoresSync = false
  }

  let machine: SimulatedMachine
  var chance: Chance
  var oracle: CrashOracle
  let plan: Plan
  let rig: Rig
  let orders: [Therapy]
  /// Crashes so far.
  private(set) var cycles = 0
  /// What the newest life left behind that the next one has to find.
  var truth = Truth()
  /// What head and reservoir have come to; nil before the first life.
  var head: PumpHeadTruth?

  static let tick = bench.tick.count

  init(seed: UInt64, plan: Plan) throws {
    self.plan = plan
    machine = SimulatedMachine(seed: seed)
    chance = Chance(seed: seed)
    rig = Self.bench
    let flow = chance.magnitude(100...3_000)
    orders = try [flow, max(96, flow * 3 / 4)].map {
      try Self.order(microgramsPerDay: $0, on: Self.bench, isTight: plan.isTight)
    }
    let bolus = orders[0].prescription.patientBolus
    oracle = CrashOracle(
      ticksPerDay: 864_000, bolusTicks: (bolus?.duration.count ?? 0) / Self.tick,
      bolusNanograms: bolus?.dose.nanograms ?? 0,
      limitHourNanograms: orders[0].prescription.maxDose1h.nanograms,
      lockoutTicks: (bolus?.lockout.count ?? 0) / Self.tick)
  }

  /// Lives until the plan is done or something is wrong.
  func run() throws {
    while cycles < plan.lives, oracle.faults.isEmpty {
      try Life(self)?.live()
      if plan.setsClock { setClock() }
      cycles += 1
    }
  }

  /// Draws nothing from `chance`, so that all else stays the same.
  private func setClock() {
    let hour: Int64 = 3_600_000_000_000
    let jumps: [Int64] = [
      1_000_000_000, -1_000_000_000, hour, -hour, 24 * hour, 365 * 24 * hour, -400 * 24 * hour,
    ]
    let moments: [Int64] = [
      0, 1_835_438_399_000_000_000, 1_774_746_000_000_000_000,  // 1970, leap day 2028, spring 2026
    ]
    let jump = cycles % (jumps.count + moments.count)
    machine.setUTC(
      jump < jumps.count ? max(0, machine.utc + jumps[jump]) : moments[jump - jumps.count])
  }

  /// The newest journal, looked at when all is over.
  func inspect(_ look: (Journal) throws -> Void) throws {
    machine.disk.setFaults()
    let journal = try Journal(path: machine.journalPath, serial: "BP-1", makesNew: true)
    try look(journal)
  }

  // MARK: For a life

  /// What a start finds. A pump of which nothing was ever durable is a new one.
  func memory() throws -> PumpMemory {
    let pump = PumpMemory.Pump(
      rig: rig, serial: "BP-1", isSimulated: true, clock: WeekTime(sinceMonday: .zero))
    func open(isNew: Bool) throws -> PumpMemory {
      try PumpMemory(
        of: pump, on: machine, at: machine.clocks, isNew: isNew,
        firstTickIn: .milliseconds(50))
    }
    guard machine.hasJournal else {
      oracle.expect(!truth.hasHistory, "the history is gone")
      return try open(isNew: true)
    }
    let memory = try open(isNew: false)
    guard memory.start.commits == 0, machine.hasPower else { return memory }
    oracle.expect(!truth.hasHistory, "the history is gone")
    _ = machine.putJournalAside()
    return try open(isNew: true)
  }

  /// What a start has found, held against what the last life left.
  func check(_ pump: SimulatedPump, _ memory: PumpMemory) {
    let commits = memory.start.commits
    oracle.restarted(
      confirmed: pump.account.steps, inDoubt: pump.stepsInDoubt,
      newDoubt: memory.outcome.stepsInDoubt)
    oracle.expect(commits >= truth.commit, "commit \(truth.commit) is lost, \(commits) is there")
    if let isStopped = truth.isStopped {
      oracle.expect(
        (pump.mode == .stoppedByCommand) == isStopped,
        "stopped \(isStopped) before, and now \(pump.mode)")
    }
    if let order = truth.order {
      oracle.expect(place(of: pump.therapy) == order, "another order is in force")
    }
    oracle.expect(pump.extraDose == nil, "a bolus goes on")
  }

  /// How long a start takes from the reading of the journal to the sealing of the interlock.
  func startDelay() -> Nanoseconds {
    guard plan.startsLate else { return .zero }
    let delays: [Nanoseconds] = [
      .zero, Nanoseconds(Self.tick), .milliseconds(500), .seconds(5), .minutes(20),
    ]
    return delays[Int(chance.number(0...4))]
  }

  func place(of therapy: Therapy?) -> Int? {
    guard let rate = therapy?.prescription.patterns[0].steps[0].rate else { return nil }
    return orders.firstIndex { $0.prescription.patterns[0].steps[0].rate == rate }
  }

  /// How many ticks pass until the journal has written what was proposed.
  func latency() -> Int64 {
    if chance.oneIn(200) { return chance.number(5...150) }
    return chance.oneIn(4) ? 1 : 0
  }

  /// What is wrong with the disk while the next commit is written.
  func setFaults() {
    guard plan.hasFaults else { return }
    switch chance.number(0...19) {
    case 0: machine.disk.setFaults(writes: 200)
    case 1: machine.disk.setFaults(syncs: 500)
    case 2: machine.disk.setFaults(bytes: 100_000)
    case 3: break
    default: machine.disk.setFaults()
    }
  }

  private static let bench = Rig.bench(microlitres: 200_000)

  /// A basal, and room for two boluses in an hour beside it.
  private static func order(
    microgramsPerDay: Int64, on rig: Rig, isTight: Bool
  ) throws -> Therapy {
    let hour = microgramsPerDay * 1_000 * 61 / 1_440 + 100
    var order = Prescription(
      patient: Label(utf8: "BENCH-01".utf8) ?? .none, drug: Label(utf8: "baclofen".utf8) ?? .none,
      concentration: Concentration(nanogramsPerMillilitre: 500_000), mode: .continuous,
      maxDose1h: Mass(nanograms: hour + 2 * 4_000 + 1_000),
      maxDose24h: Mass(nanograms: 20_000_000))
    order.setContinuous(DoseRate(nanogramsPerDay: microgramsPerDay * 1_000))
    order.safeBasal = DoseRate(nanogramsPerDay: microgramsPerDay * 900)
    order.patientBolus = PatientBolus(
      dose: Mass(nanograms: 4_000), duration: .minutes(2), lockout: .minutes(5), maxIn24h: 48)
    var findings = Findings()
    if isTight {
      // What is named as the least is the least.
      (order.maxDose1h, order.maxDose24h) = (Mass(nanograms: 1), Mass(nanograms: 1))
      _ = Therapy(order, on: rig, findings: &findings)
      for index in 0..<findings.count {
        let least = Mass(nanograms: findings[index].bound)
        if findings[index].rule == .hourLimitBelowBasal { order.maxDose1h = least }
        if findings[index].rule == .dayLimitBelowBasal { order.maxDose24h = least }
      }
      findings = Findings()
    }
    guard let therapy = Therapy(order, on: rig, findings: &findings) else {
      throw BadOrder(findings: findings)
    }
    return therapy
  }
}

struct BadOrder: Error { let findings: Findings }

/// What is known for sure, and what may be either way, when a life has ended.
struct Truth {
  /// There was a commit that was durable.
  var hasHistory = false
  var isStopped: Bool?
  /// The order in force, by its place in the list; nil where it may be another.
  var order: Int?
  var commit: Int64 = 0
}
