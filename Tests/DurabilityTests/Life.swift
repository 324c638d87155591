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

  /// How many ticks the start was late for.
  private var ticksLate: Int64
  private var isStopped: Bool
  /// What follows when the request that waits acts; nil where none waits.
  private var acts: (commit: Int64, follows: () -> Void)?
  /// The commit that holds a resume that is not known to be durable.
  private var pendingResume: Int64?
  /// The commit that holds a stop that is not known to be durable.
  private var pendingStop: Int64?
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
      trace: { [page] in page.read(unitsInUnit: $0) }, safeBasal: copies.record,
      firstTickIn: .milliseconds(50))
    let pump = state == nil ? restoration.newPump() : restoration.restore(state)
    history.check(pump.core, pump.outcome, pump.commits)

    next = pump.core.now.number + 1
    firstSteps = history.oracle.motorSteps
    firstDue = history.oracle.stepsDue
    isStopped = pump.core.mode == .stoppedByCommand
    let start = PumpStart(pump, now: machine.now, isSimulated: true)
    guard let core = start.core() else { throw Unreadable() }
    epoch = start.timeOfTickZero.boot
    seenCommit = start.commits
    machine.pass(history.startDelay())
    ticksLate = max(0, (machine.boot - epoch) / CrashHistory.tick - next)

    hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    hardware.virtualClock.set(Nanoseconds(machine.boot))
    try hardware.load(core)
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
    var missed = ticksLate
    ticksLate = 0
    if history.chance.oneIn(400) { missed += history.chance.magnitude(1...40) }
    next += missed
    machine.pass(Nanoseconds(epoch + next * CrashHistory.tick - machine.boot))
    hardware.virtualClock.set(Nanoseconds(machine.boot))
    let before = CrashOracle.Flow(
      nanogramsPerDay: rate, bolus: loop.loop.core.extraDose != nil)
    loop.begin(next, missed: missed)
    ask()
    let decision = loop.tick(next)
    if let acts, acts.commit == loop.loop.core.takenBackCommit { self.acts = nil }
    if let acts, acts.commit == loop.loop.core.actedCommit {
      self.acts = nil
      acts.follows()
    }
    let bolusRuns = loop.loop.core.extraDose != nil
    let most = CrashOracle.Flow(
      nanogramsPerDay: max(before.nanogramsPerDay, rate), bolus: before.bolus || bolusRuns)
    let least = CrashOracle.Flow(
      nanogramsPerDay: min(before.nanogramsPerDay, rate), bolus: before.bolus && bolusRuns)
    history.oracle.ran(least: least, most: most)
    observe()
    if decision.wantsCommit { turnAt = next + history.latency() }
    if next >= turnAt { turn() }
    if let commit = pendingStop, seenCommit >= commit { pendingStop = nil }
    if let commit = pendingResume, seenCommit >= commit { pendingResume = nil }
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
    guard let prescription = loop.loop.core.therapy?.prescription else { return 0 }
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
    let alarms = loop.loop.core.board
    history.oracle.expect(
      alarms[.basalRefusedByLimit] == nil && alarms[.interlockDisagrees] == nil
        && loop.loop.core.account.deficit(.limit) == 0,
      "a limit or the interlock refused basal in tick \(next): faults \(alarms.on.bits), \(unsafe chw_interlock_read_counts(hardware.world))"
    )
    // What it was told at the start was all, and in the right buckets.
    let counts = hardware.drive.counts
    let (hour, day) = (loop.loop.core.hour.stepsTotal, loop.loop.core.day.stepsTotal)
    history.oracle.expect(
      counts.hourSteps == hour && counts.daySteps == day,
      "the interlock counts \(counts.hourSteps) in the hour and \(counts.daySteps) in the day in tick \(next), the core \(hour) and \(day)"
    )
  }

  // MARK: Asking

  private func ask() {
    if loop.loop.core.therapy == nil, !loop.loop.core.hasWaiting { program(0) }
    guard loop.loop.core.therapy != nil, history.chance.oneIn(250) else { return }
    switch history.chance.number(0...9) {
    case 0...4:
      ask(.patientBolus, body: EmptyBody(), kind: .patientBolus) { [self] commit in
        acts = (commit, { [self] in history.oracle.gavePatientBolus(at: next) })
      }
    case 5, 6:
      ask(.stop, body: EmptyBody(), kind: .stop) { [self] commit in
        isStopped = true
        // Whatever waited never happened.
        (acts, pendingResume, pendingStop) = (nil, nil, commit)
      }
    case 7: program(Int(history.chance.number(0...1)))
    case 8: ask(.acknowledge, body: EmptyBody(), kind: .acknowledge) { _ in }
    default: break
    }
    if isStopped, history.chance.oneIn(2) {
      ask(.resume, body: EmptyBody(), kind: .resume) { [self] commit in
        pendingResume = commit
        acts = (commit, { [self] in isStopped = false })
      }
    }
  }

  private func program(_ place: Int) {
    let order = history.orders[place]
    ask(.program(order), body: order.prescription, kind: .program) { [self] commit in
      acts = (commit, {})
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
    if case .accepted = answer { accepted(commit) }
  }

  // MARK: Dying

  private enum End { case power, killed, ended }

  private func die(_ end: End) {
    let machine = history.machine
    let isHealthy = !history.plan.hasFaults && seenCommit >= 0
    switch end {
    case .power:
      history.truth.isStopped =
        pendingStop == nil && pendingResume == nil && acts == nil ? isStopped : nil
      machine.powerCut(
        for: Nanoseconds(history.chance.magnitude(1_000_000_000...60_000_000_000_000)))
    case .killed:
      // The memory tells of a stop that was not durable, not of a resume.
      history.truth.isStopped = acts == nil && pendingResume == nil ? isStopped : nil
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
      // What waited never happened.
      (acts, pendingResume) = (nil, nil)
      history.truth.isStopped = isStopped
      machine.disk.kill()
      machine.pass(.seconds(3))
    }
    history.truth.order = acts == nil ? history.place(of: loop.loop.core.therapy) : nil
    if isHealthy { expectDelivered() }
    history.cutsBefore = machine.disk.cuts
  }

  /// What was due was delivered, but for what waited for the storage and two steps.
  private func expectDelivered() {
    let account = loop.loop.core.account
    let waited = account.deficit(.noLease) + account.deficit(.stepWaited)
    let perStep = max(1, account.perStep)
    let stepsWaited = (waited + perStep - 1) / perStep
    let due = history.oracle.stepsDue - firstDue
    let made = history.oracle.motorSteps - firstSteps
    history.oracle.expect(
      Int128(made) >= Int128(due) - 2 - stepsWaited,
      "\(made) steps were made, \(due) were due")
  }
}
