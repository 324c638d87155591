internal import Documents
internal import DosingCore
internal import Durability
internal import Hardware
internal import Journal
internal import Plant
internal import Quantities
internal import Simulation

/// One scenario in virtual time: the engine's own code, a simulated bench, and an oracle that watches the
/// motor. Where the scenario needs a journal the engine may be killed and started again, life after life.
struct ScenarioRun: ~Copyable {
  private let scenario: Scenario
  private let period: Int64
  private let machine: SimulatedMachine?
  /// Nil while no engine runs.
  private var pump: SimulatedPump?
  private var oracle: Oracle
  private var book: RunBook
  private var faults = FaultsOn()
  private var progress: Progress
  private var trace: TraceFile?
  private var bench: BenchSupply
  private let scale: BenchScale?
  private let encoder: BenchEncoder?
  private let pressure: BenchPressure?

  /// What has come to the head and the reservoir by the end of the life before.
  private var head: PumpHeadTruth
  /// The times below are of the scenario, in ns. When tick 0 of this life was.
  private var tickZero: Int64 = 0
  /// CLOCK_BOOTTIME 0 of this boot.
  private var bootZero: Int64 = 0
  /// When the engine starts again.
  private var startsAt: Int64 = 0
  /// A request that acts when it is durable, and the commit that holds it.
  private var waiting: (item: AskedRequests.Item, commit: Int64)?
  /// The commits of the newest stop, which acts before it is durable, and of the newest resume, which does
  /// while nothing can be written down.
  private var stopCommit: Int64 = 0
  private var resumeCommit: Int64 = 0
  private var lostPower = false
  private var unwritten = UnwrittenSteps()
  /// What was asked while no tick ran: the next one decides it.
  private var asked = AskedRequests()
  private var givenUp = GivenUp()
  /// The steps that the motor has made since the last look, and what left the tip with each.
  private var made: [(time: Int64, nanograms: Double)] = []
  /// Steps that were in doubt when it was last asked, and what the shaft had lost, and made of its own.
  private var doubtBefore: Int64 = 0
  private var seenOfShaft = (lost: 0, strays: 0)

  /// Progress is looked at so often, in ticks.
  private static let stretch: Int64 = 2_000_000
  private var nextLook = ScenarioRun.stretch

  /// 2026-03-02T00:00:00Z, in ns since 1970.
  private static let someMonday: Int64 = 1_772_409_600_000_000_000

  /// After a start that failed the supervisor tries again.
  private static let retry = Nanoseconds.seconds(1)

  init(_ scenario: Scenario, trace: consuming TraceFile? = nil) throws {
    self.scenario = scenario
    period = scenario.rig.tick.count
    progress = Progress(total: scenario.duration.count / period)
    self.trace = trace
    let prescription = scenario.therapy.prescription
    oracle = Oracle(rig: scenario.rig, prescription: prescription, clock: scenario.start)
    book = RunBook(scenario)
    bench = BenchSupply(scenario.rig, prescription.concentration)
    head = SimulatedPump.newHead(of: scenario.rig, filledWith: prescription.concentration)
    scale = scenario.rig.weighing.map { _ in
      BenchScale(LoadCellTruth(faults: .nominal, seed: scenario.seed))
    }
    encoder =
      scenario.hasEncoder
      ? BenchEncoder(EncoderTruth(faults: .nominal, seed: scenario.seed)) : nil
    pressure = scenario.rig.occlusion.map { _ in
      BenchPressure(PressureSensorTruth(faults: .nominal, seed: scenario.seed))
    }
    guard scenario.needsJournal else {
      machine = nil
      pump = try SimulatedPump(
        scenario.rig, clock: scenario.start, head: head, scale: scale, encoder: encoder,
        pressure: pressure)
      return
    }
    let machine = SimulatedMachine(
      seed: scenario.seed, hasBatteryClock: scenario.hasBatteryClock)
    // The therapy clock of a scenario is UTC: that of its start, in some week.
    machine.setUTC(Self.someMonday + scenario.start.sinceMonday.count)
    self.machine = machine
    oracle.nothingIsOrdered()
    bootZero = -machine.boot
    setClockZero()
    let memory = try Self.memory(of: scenario, on: machine, isNew: true)
    pump = try SimulatedPump(
      memory, on: machine, head: head, scale: scale, encoder: encoder, pressure: pressure)
  }

  /// The bench has a clock that no loss of power sets back.
  private func setClockZero() {
    scale?.clockZero = Nanoseconds(bootZero)
    pressure?.clockZero = Nanoseconds(bootZero)
  }

  private static func memory(
    of scenario: Scenario, on machine: SimulatedMachine, isNew: Bool
  ) throws(PumpMemory.Problem) -> PumpMemory {
    try PumpMemory(
      of: PumpMemory.Pump(
        rig: scenario.rig, serial: scenario.serial.text, isSimulated: true,
        clock: scenario.start, clockIsStated: true),
      on: machine, at: machine.clocks, isNew: isNew, firstTickIn: .zero)
  }

  /// Runs the scenario from its first tick to its last.
  mutating func run() throws {
    // Time zero: a new pump whose basal is running.
    ask(.program(scenario.therapy), at: 0)
    for event in scenario.events {
      try advance(to: event.at.count)
      try act(event)
    }
    // The tick at the end belongs to it.
    try advance(to: scenario.duration.count + 1)
    progress.clear()
    endLife()
    try trace?.finish()
  }

  private func time(of tick: Int64) -> Int64 { tickZero + tick * period }

  /// The first tick at or after a time.
  private func tick(at time: Int64) -> Int64 { (time - tickZero + period - 1) / period }

  /// Runs every tick before a time, in whichever lives.
  private mutating func advance(to end: Int64) throws {
    while pump == nil, startsAt < end { start() }
    guard let pump else { return }
    let last = tick(at: end)
    while pump.next < last {
      askWhatWaits(of: pump)
      let stretch = asked.isEmpty ? nextLook : pump.next + 1
      if let (tick, decision) = pump.run(until: min(last, stretch)) {
        try note(decision, at: tick, of: pump)
      }
      if pump.next >= nextLook {
        progress.show(time(of: pump.next) / period)
        nextLook = pump.next + Self.stretch
      }
    }
  }

  private mutating func note(
    _ decision: Decision, at tick: Int64, of pump: SimulatedPump
  ) throws {
    let now = time(of: tick)
    if decision.carriedOut || decision.tookBack { settleWaiting(at: now, of: pump) }
    if decision.extraDoseEnded {
      oracle.extraEnded(
        at: now,
        mayEnd: faults.reservoirIsEmpty || !faults.shaftIsOrdinary || !faults.lineIsOrdinary)
    }
    if decision.faultsChanged { noteAlarms(at: now) }
    book.accrue(pump)
    if decision.steps { try observe(pump) }
  }

  private mutating func observe(_ pump: SimulatedPump) throws {
    book.commandedSteps += 1
    made.removeAll(keepingCapacity: true)
    pump.observeTip { made.append((tickZero + $0, $1)) }
    lookAtShaft(pump)
    let deficit = givenUp.mass(pump, book)
    for (time, nanograms) in made {
      oracle.step(at: time, deficit: deficit)
      book.deliver(nanograms)
      try trace?.append(
        time, nanograms: nanograms, mode: pump.mode, extraDose: pump.extraDose?.kind)
    }
    lookAtReservoir(at: time(of: pump.next - 1))
  }

  /// What the shaft did otherwise than it was told, and what the engine has seen of it.
  private mutating func lookAtShaft(_ pump: SimulatedPump) {
    let (lost, strays) = (pump.head.stepsLost, pump.head.straySteps + pump.head.ranSteps)
    if lost > seenOfShaft.lost {
      oracle.lose(steps: lost - seenOfShaft.lost, isSeen: faults.shaftIsSeen && scenario.hasEncoder)
    }
    if strays > seenOfShaft.strays { oracle.stray(steps: strays - seenOfShaft.strays) }
    if pump.stepsInDoubt > doubtBefore { oracle.doubt(pump.stepsInDoubt - doubtBefore) }
    (seenOfShaft, doubtBefore) = ((lost, strays), pump.stepsInDoubt)
  }

  /// Whether it is empty by what the pump was told.
  private mutating func lookAtReservoir(at time: Int64) {
    let isEmpty = oracle.supply.isEmpty(lost: Int64(pump?.head.stepsLost ?? 0))
    guard isEmpty != faults.reservoirIsEmpty else { return }
    faults.reservoir(isEmpty: isEmpty, at: time)
    oracle.mayBeKeptBack(at: time, until: faults.keptBackUntil)
  }

  private mutating func noteAlarms(at time: Int64) {
    guard let board = pump?.board else { return }
    for code in book.note(board, at: time) {
      oracle.raised(
        code, benchIsAsTold: bench.isAsTold && bench.cellIsOrdinary,
        shaftIsOrdinary: faults.shaftIsOrdinary, lineIsOrdinary: faults.lineIsOrdinary, at: time)
      guard code == .freeFlow else { continue }
      faults.stopHard()
      oracle.mayBeKeptBack(at: time, until: faults.keptBackUntil)
    }
  }

  // MARK: Requests

  private mutating func ask(_ request: Request, at now: Int64) {
    guard let pump else { return hearNothing(of: request, at: now) }
    asked.append(request, at: now)
    askWhatWaits(of: pump)
  }

  private mutating func ask(_ refill: Scenario.Refill, at now: Int64) {
    guard let pump else { return hearNothing(of: refill.requests[0], at: now) }
    asked.append(refill, at: now)
    askWhatWaits(of: pump)
  }

  /// Where there is a journal a tick decides one request, and none as long as another one waits to be
  /// durable, but for a stop. Where there is a load cell, it is looked at between two steps of a refill.
  private mutating func askWhatWaits(of pump: SimulatedPump) {
    while let request = asked.first?.request {
      if machine != nil || scale != nil {
        if pump.tickHasBegun { return }
        if waiting != nil, !request.isStop { return }
      }
      ask(asked.removeFirst())
    }
  }

  private mutating func hearNothing(of request: Request, at time: Int64) {
    book.refuse(
      request, at: time, reason: "not-running", text: "no engine runs", allowedAt: nil)
  }

  private mutating func ask(_ item: AskedRequests.Item) {
    guard let pump else { return }
    let (now, request) = (time(of: pump.next), item.request)
    let (answer, commit) = pump.ask(request)
    // The tick has begun with it: what waited may act, or have been overtaken.
    settleWaiting(at: now, of: pump)
    noteAlarms(at: now)
    guard case .refused(let refusal) = answer else {
      book.accept(request, at: now)
      if case .stop = request { stopCommit = commit }
      if case .resume = request { resumeCommit = commit }
      // Where nothing can be written down it acts without.
      if commit == 0 || request.actsAtOnce || pump.actedCommit == commit {
        acts(item, at: now)
      } else {
        waiting = (item, commit)
      }
      return
    }
    asked.leave(after: item)
    book.refuse(
      request, at: now, reason: refusal.reason.code,
      text: refusal.sentence(
        decidedAt: Tick(pump.next), tickPeriod: Nanoseconds(period)),
      allowedAt: refusal.allowedAt.map { time(of: $0.number) })
  }

  /// A request acts from here on.
  private mutating func acts(_ item: AskedRequests.Item, at time: Int64) {
    switch item.request {
    case .commit(.program(let therapy)): oracle.program(therapy.prescription, at: time)
    case .commit(.supply(let change)): carryOut(change, as: item.refill?.plan, at: time)
    case .bolus(let dose, let duration):
      oracle.startExtra(dose: dose, duration: duration, at: time)
    case .patientBolus: oracle.startPatientBolus(at: time)
    case .cancelBolus: oracle.cancelExtra(at: time)
    case .stop: oracle.stop(at: time)
    case .resume: oracle.resume(at: time)
    case .propose, .commit, .acknowledge, .silence: break
    }
  }

  /// What the pump was told is done.
  private mutating func carryOut(
    _ change: SupplyChange, as refill: Scenario.Refill?, at time: Int64
  ) {
    guard let pump else { return }
    pump.byHand { bench.carryOut(change, as: refill, on: &$0) }
    oracle.tell(
      change, expected: change.step == .aspirated ? pump.refill.expected : nil, at: time)
    lookAtReservoir(at: time)
  }

  /// What waited to be durable acts, or never happened.
  private mutating func settleWaiting(at time: Int64, of pump: SimulatedPump) {
    guard let (item, commit) = waiting else { return }
    if commit == pump.actedCommit {
      waiting = nil
      acts(item, at: time)
    } else if commit == pump.takenBackCommit {
      waiting = nil
      asked.leave(after: item)
      book.takeBack(item.request, at: time)
    }
  }

  // MARK: Faults

  private mutating func act(_ event: Scenario.Event) throws {
    let now = event.at.count
    switch event.action {
    case .ask(let request): return ask(request, at: now)
    case .refill(let refill): return ask(refill, at: now)
    case .lateTick(let length): try skip(at: now, length, isSuspended: false)
    case .suspend(let length): try skip(at: now, length, isSuspended: true)
    case .setClock(let ahead): machine?.systemIsAhead += ahead
    case .kill(let length): die(at: now, isPowerCut: false, for: length)
    case .powerCut(let length): die(at: now, isPowerCut: true, for: length)
    case .reservoir(let fault, let isOn):
      var bench = bench
      byHand { [scale] in bench.set(fault, on: isOn, &$0, scale) }
      self.bench = bench
    case .shaft(let fault, let isOn):
      oracle.shaftChanges()
      byHand { [encoder] in fault.set(on: isOn, &$0, encoder) }
    case .line(let fault, let isOn): byHand { [pressure] in fault.set(on: isOn, &$0, pressure) }
    case .drive, .output, .storageFails, .storageSlow: break
    }
    faults.note(event.action, at: now, hasBatteryClock: scenario.hasBatteryClock)
    noteStorage()
    applyFaults()
    // What comes while no tick runs is felt from the last one on.
    let felt = pump.map { min(now, time(of: max(0, $0.now.number))) } ?? now
    oracle.mayBeKeptBack(at: felt, until: faults.keptBackUntil)
    oracle.maySafe(at: felt, until: faults.safeUntil)
  }

  /// Does something to the bench, whether an engine runs on it or not.
  private mutating func byHand(_ work: (inout PumpHeadTruth) -> Void) {
    if let pump { pump.byHand(work) } else { work(&head) }
  }

  /// No tick runs for so long from now on; time passes all the same. What another such time has taken already
  /// is not taken twice.
  private mutating func skip(
    at now: Int64, _ length: Nanoseconds, isSuspended: Bool
  ) throws {
    guard let pump else { return }
    // What was asked in a tick is followed by it.
    if pump.tickHasBegun { try advance(to: time(of: pump.next) + 1) }
    let left = tick(at: now + length.count) - pump.next
    pump.skip(max(0, min(left, length.count / period)), isSuspended: isSuspended)
  }

  private func applyFaults() {
    let failures: UInt32 = faults.storageFails ? 1_000 : 0
    machine?.disk.setFaults(writes: failures, syncs: failures)
    pump?.storageDelay = faults.storageDelay
    pump?.failDrive(faults.driveFails)
    for line in Scenario.Output.allCases { pump?.failLine(line.wire, faults.fails(line)) }
  }

  // MARK: Lives

  /// The process is killed, or the power goes; the engine starts again after so long.
  private mutating func die(
    at now: Int64, isPowerCut: Bool, for length: Nanoseconds
  ) {
    guard let machine else { return }
    noteStorage()
    if pump != nil {
      endLife()
      self.pump = nil
      machine.disk.kill()
    }
    startsAt = max(startsAt, now + length.count)
    // A machine whose power is away already is there again at a time to come.
    let present = max(now, bootZero + machine.boot)
    machine.pass(Nanoseconds(present - bootZero - machine.boot))
    if isPowerCut {
      let lost = unwritten.take(steps: oracle.supply.steps)
      if !scenario.hasBatteryClock { oracle.loseCount(of: lost) }
      let end = max(present, now + length.count)
      machine.cutPower(for: Nanoseconds(end - present))
      bootZero = end - machine.boot
      lostPower = true
    }
  }

  private mutating func noteStorage() {
    unwritten.note(
      storageIsBad: faults.storageIsBad, steps: oracle.supply.steps,
      commit: pump?.durableCommit ?? 0)
  }

  private mutating func endLife() {
    guard let pump else { return }
    while !asked.isEmpty {
      let item = asked.removeFirst()
      hearNothing(of: item.request, at: item.at)
      asked.leave(after: item)
    }
    // A late tick may outlast a life, or the scenario: then nothing was run up to its end.
    let time = time(of: max(0, pump.now.number))
    head = pump.head
    lookAtShaft(pump)
    book.accrue(pump)
    oracle.end(at: time, deficit: givenUp.mass(pump, book))
    oracle.compare(
      bench, head, counted: pump.reservoirContents, doubt: pump.stepsInDoubt, at: time)
    if bench.isAsTold, bench.cellIsOrdinary {
      oracle.judge(pump.reservoirIntervals, head.reservoir.contents, at: time)
    }
    book.end(pump, tickZero: tickZero)
  }

  /// The engine starts, or cannot and is started again a little later.
  private mutating func start() {
    guard let machine else { return }
    let now = startsAt
    machine.pass(Nanoseconds(max(0, now - bootZero - machine.boot)))
    setClockZero()
    guard let memory = try? Self.memory(of: scenario, on: machine, isNew: false) else {
      machine.disk.kill()
      startsAt += Self.retry.count
      return
    }
    guard
      let pump = try? SimulatedPump(
        memory, on: machine, head: head, scale: scale, encoder: encoder, pressure: pressure)
    else {
      startsAt = .max
      return oracle.cannotStart(at: now)
    }
    self.pump = pump
    tickZero = bootZero + pump.epoch.count
    givenUp = GivenUp(before: pump.account.deficit)
    book.begin(pump)
    oracle.begin(
      at: now, tickZero: tickZero, doubt: pump.stepsInDoubt - doubtBefore,
      counted: lostPower && !scenario.hasBatteryClock ? pump.account.steps : nil)
    doubtBefore = pump.stepsInDoubt
    rememberOrders(memory.start, at: now)
    lostPower = false
    faults.start()
    oracle.maySafe(at: now, until: faults.safeUntil)
    applyFaults()
    noteAlarms(at: now)
  }

  /// What was asked before the end of a life and had not acted by then.
  private mutating func rememberOrders(_ start: PumpStart, at now: Int64) {
    if let (item, commit) = waiting {
      waiting = nil
      let isDurable = commit <= start.commits
      switch item.request {
      case .commit(.program), .commit(.supply), .resume: if isDurable { acts(item, at: now) }
      // What was left of an extra dose at the end of a life is given up.
      default: break
      }
      if !isDurable { book.takeBack(item.request, at: now) }
    }
    // A stop acts before it is durable: a cut of power may forget it.
    if lostPower, stopCommit > start.commits, !start.isStopped { oracle.resume(at: now) }
    // A resume that was never written down is forgotten by any restart.
    if resumeCommit > start.commits, start.isStopped { oracle.stop(at: now) }
    (stopCommit, resumeCommit) = (0, 0)
  }
}

extension ScenarioRun {
  // MARK: The outcome

  func summary(path: String, inputs: [ScenarioDocument.Input], seed: UInt64) -> Summary {
    return book.summary(
      RunBook.Outcome(
        path: path, inputs: inputs, seed: seed, ticks: scenario.duration.count / period + 1,
        wall: progress.elapsed, hasJournal: machine != nil, head: head,
        violations: oracle.violations))
  }
}
