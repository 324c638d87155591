import CHardware
import DosingCore
import Durability
import Engine
import Hardware
import Journal
import Plant
import Quantities

/// One start of the engine and its end.
final class Life {
  private let history: CrashHistory
  private let hardware: HardwareRig
  private var loop: RecordedLoop
  private var plant: Plant
  private let record = TickRecord()
  private let keeper: Keeper
  private let page: RunPage
  private let epoch: Int64
  private let firstSteps: Int64
  private let firstDue: Int64
  private var next: Int64

  // What was asked and is not known to be durable.
  private var isStopped: Bool
  private var order: Int?
  private var pendingStop: Int64?
  private var pendingResume: Int64?
  private var pendingOrder: (order: Int, commit: Int64)?
  private var pendingBolus: (tick: Int64, commit: Int64)?
  private var bolusRuns = false
  private var lastID: Int64 = 0
  /// When the journal thread gets to the newest proposal.
  private var turnAt: Int64 = 0
  private var seenCommit: Int64

  /// Nil where the power went while it started.
  init?(_ history: CrashHistory) throws {
    self.history = history
    let machine = history.machine
    machine.disk.setFaults(ignoresSync: history.plan.ignoresSync)
    let journal: Journal
    let state: JournalState?
    do {
      journal = try Journal(path: machine.disk.journalPath, serial: "BP-1", makesNew: true)
      state = try journal.newestState()
    } catch {
      // The power may go while a journal is opened; nothing else may stand in the way.
      if !Self.powerWent(machine, since: history.cutsBefore) {
        history.oracle.expect(false, "the journal cannot be opened: \(error)")
      }
      machine.powerCut(for: .seconds(1))
      history.cutsBefore = machine.disk.cuts
      return nil
    }
    history.oracle.expect(
      state != nil || !history.truth.hasHistory, "the history is gone")
    let copies = SafeBasalCopies(DiskCopies(disk: machine.disk))
    page = try machine.page(lineage: journal.lineage)
    let restoration = Restoration(
      rig: history.rig, clock: WeekTime(sinceMonday: .zero),
      time: StartTime(now: machine.now, witness: .batteryClock(utc: machine.utc)),
      trace: page.read(), safeBasal: copies.record, firstTickIn: .milliseconds(50))
    let pump = state == nil ? restoration.newPump() : restoration.restore(state)
    history.check(pump.core, pump.outcome, pump.commits)

    next = pump.core.now.number + 1
    firstSteps = history.oracle.motorSteps
    firstDue = history.oracle.stepsDue
    isStopped = pump.core.mode == .stoppedByCommand
    order = history.place(of: pump.core.therapy)
    let start = PumpStart(pump, now: machine.now, isSimulated: true)
    guard let core = start.core() else { throw Unreadable() }
    epoch = start.timeOfTickZero.monotonic
    seenCommit = start.commits

    hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    hardware.virtualClock.set(Nanoseconds(machine.boot))
    try hardware.load(core, early: .milliseconds(50))
    try hardware.seal(for: history.rig, epoch: Nanoseconds(epoch))
    unsafe plant = Plant(
      world: hardware.world,
      geometry: HeadGeometry(microlitresPerRevolution: 50, stepsPerRevolution: 3200),
      reservoirMicrolitres: 1e9,
      gate: HeartbeatGate(heartbeatNanoseconds: TickLoop.heartbeat.count))
    keeper = Keeper(record, journal: journal, copies: copies, start: start, report: { _ in })
    loop = RecordedLoop(
      TickLoop(
        core: core, drive: hardware.drive, annunciator: hardware.annunciator, page: page),
      record: record, commits: start.commits)
  }

  struct Unreadable: Error {}

  private static func powerWent(_ machine: Machine, since cuts: UInt64) -> Bool {
    machine.disk.cuts > cuts
  }

  // MARK: Living

  func live() {
    let length = history.chance.magnitude(2...3_000)
    let end = history.chance.number(0...99)
    // In the middle of what is written, or between two ticks.
    if end < history.plan.powerCuts, history.chance.oneIn(2) {
      history.machine.disk.cutPower(afterWrites: UInt64(history.chance.number(1...60)))
    }
    let cuts = history.machine.disk.cuts
    for _ in 0..<length {
      tick()
      if history.machine.disk.cuts > cuts { return die(.power) }
      if !history.oracle.faults.isEmpty { return }
    }
    if end < history.plan.powerCuts {
      die(.power)
    } else if history.chance.oneIn(5) {
      die(.ended)
    } else {
      die(.killed)
    }
  }

  private func tick() {
    let machine = history.machine
    var missed: Int64 = 0
    if history.chance.oneIn(400) { missed = history.chance.magnitude(1...40) }
    next += missed
    machine.pass(Nanoseconds(epoch + next * CrashHistory.tick - machine.boot))
    hardware.virtualClock.set(Nanoseconds(machine.boot))
    loop.begin(next, missed: missed)
    let before = CrashOracle.Flow(nanogramsPerDay: rate, bolus: bolusRuns)
    ask()
    let decision = loop.tick(next)
    let most = CrashOracle.Flow(
      nanogramsPerDay: max(before.nanogramsPerDay, rate), bolus: bolusRuns)
    if decision.extraDoseEnded { bolusRuns = loop.loop.core.extraDose != nil }
    let least = CrashOracle.Flow(
      nanogramsPerDay: min(before.nanogramsPerDay, rate), bolus: before.bolus && bolusRuns)
    history.oracle.ran(least: least, most: most)
    observe()
    if decision.wantsCommit { turnAt = next + history.latency() }
    if next >= turnAt { turn() }
    if decision.tookBack { tookBack() }
    settlePending()
    expectNoDefect()
    next += 1
  }

  private func observe() {
    let stopped = isStopped
    plant.observe { time in
      history.oracle.stepped(
        at: (time - epoch) / CrashHistory.tick, isStopped: stopped)
    }
  }

  /// What is prescribed now, in ng/d, by the mode that the engine says it is in.
  private var rate: Int64 {
    guard let order else { return 0 }
    let prescription = history.orders[order].prescription
    return switch loop.loop.core.mode {
    case .continuous: prescription.patterns[0].steps[0].rate.nanogramsPerDay
    case .safeBasal: prescription.safeBasal?.nanogramsPerDay ?? 0
    default: 0
    }
  }

  private func turn() {
    history.setFaults()
    keeper.turn()
    if keeper.durableCommit > seenCommit {
      seenCommit = keeper.durableCommit
      history.truth.hasHistory = true
      history.truth.commit = seenCommit
    }
  }

  private func expectNoDefect() {
    let alarms = loop.loop.core.alarms
    history.oracle.expect(
      alarms[.basalRefusedByLimit] == nil && alarms[.interlockDisagrees] == nil
        && loop.loop.core.account.deficit(.limit) == 0,
      "a limit or the interlock refused basal in tick \(next): alarms \(alarms.bits), \(unsafe chw_interlock_read_counts(hardware.world))"
    )
  }

  // MARK: Asking

  private func ask() {
    if order == nil {
      ask(.program(history.orders[0]), body: history.orders[0].prescription, kind: .program) {
        [self] commit in pendingOrder = (0, commit)
      }
      return
    }
    guard history.chance.oneIn(250) else { return }
    switch history.chance.number(0...9) {
    case 0...4:
      ask(.patientBolus, body: EmptyBody(), kind: .patientBolus) { [self] commit in
        bolusRuns = true
        pendingBolus = (next, commit)
      }
    case 5, 6:
      ask(.stop, body: EmptyBody(), kind: .stop) { [self] commit in
        bolusRuns = false
        isStopped = true
        (pendingStop, pendingResume) = (commit, nil)
      }
    case 7:
      let place = Int(history.chance.number(0...1))
      let order = history.orders[place]
      ask(.program(order), body: order.prescription, kind: .program) { [self] commit in
        bolusRuns = false
        pendingOrder = (place, commit)
      }
    case 8: ask(.acknowledge, body: EmptyBody(), kind: .acknowledge) { _ in }
    default: break
    }
    if isStopped, history.chance.oneIn(2) {
      ask(.resume, body: EmptyBody(), kind: .resume) { [self] commit in
        isStopped = false
        pendingResume = commit
      }
    }
  }

  private func ask(
    _ request: Request, body: some FrameBody, kind: FrameKind, _ accepted: (Int64) -> Void
  ) {
    lastID += 1
    var requested = Requested()
    requested.id = lastID
    requested.frame = writeFrame(kind, number: 1, body: body).array
    keeper.remember(requested)
    let (answer, commit) = loop.decide(request, id: lastID, at: next)
    if case .program = request, case .accepted = answer {
      order = history.place(of: loop.loop.core.therapy)
    }
    if case .accepted = answer { accepted(commit) }
  }

  private func tookBack() {
    bolusRuns = false
    isStopped = loop.loop.core.mode == .stoppedByCommand
    order = history.place(of: loop.loop.core.therapy)
    (pendingResume, pendingBolus) = (nil, nil)
  }

  /// What is durable now is known for sure.
  private func settlePending() {
    if let bolus = pendingBolus, seenCommit >= bolus.commit {
      history.oracle.gavePatientBolus(at: bolus.tick)
      pendingBolus = nil
    }
    if let commit = pendingStop, seenCommit >= commit { pendingStop = nil }
    if let commit = pendingResume, seenCommit >= commit { pendingResume = nil }
    if let new = pendingOrder, seenCommit >= new.commit { pendingOrder = nil }
  }

  // MARK: Dying

  private enum End { case power, killed, ended }

  private func die(_ end: End) {
    let machine = history.machine
    let isHealthy = !history.plan.hasFaults && seenCommit >= 0
    switch end {
    case .power:
      history.truth.isStopped = pendingStop == nil && pendingResume == nil ? isStopped : nil
      machine.powerCut(
        for: Nanoseconds(history.chance.magnitude(1_000_000_000...60_000_000_000_000)))
    case .killed:
      // The memory tells of a stop that was not durable, not of a resume.
      history.truth.isStopped = pendingResume == nil ? isStopped : nil
      if history.chance.oneIn(3), history.oracle.stepTicks.last == next - 1 {
        page.write(loop.loop.core.trace(stepIsUnderWay: true))
      }
      machine.disk.kill()
      machine.pass(Nanoseconds(history.chance.magnitude(100_000_000...20_000_000_000)))
    case .ended:
      loop.settle(at: next - 1)
      machine.disk.setFaults()
      while !keeper.turn() {}
      seenCommit = keeper.durableCommit
      history.truth.commit = seenCommit
      settlePending()
      history.truth.isStopped = isStopped
      machine.disk.kill()
      machine.pass(.seconds(3))
    }
    history.truth.order = pendingOrder == nil ? order : nil
    if isHealthy { expectDelivered() }
    history.cutsBefore = machine.disk.cuts
  }

  /// What was due was delivered, but for what waited for the storage and two steps.
  private func expectDelivered() {
    let account = loop.loop.core.account
    let waited = account.deficit(.noLease) + account.deficit(.stepWaited)
    let perStep = max(1, account.perStep)
    let due = history.oracle.stepsDue - firstDue
    let made = history.oracle.motorSteps - firstSteps
    history.oracle.expect(
      made >= due - 2 - (waited + perStep - 1) / perStep,
      "\(made) steps were made, \(due) were due")
  }
}
