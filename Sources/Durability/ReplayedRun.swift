internal import DosingCore
internal import Journal
internal import Quantities

/// One start of the engine that is replayed.
struct ReplayedRun: ~Copyable {
  private var core: DosingState
  private(set) var ticks: Int64 = 0
  private(set) var decisions: Int64 = 0
  /// What the tick that ran last decided and the record has not told yet.
  private var owed = Decision()
  private var owedFaults: [FaultChange] = []
  private var told = ToldFaults()
  /// Why steps are not made from here on; nil where they are.
  private var refused: StepRefusal?
  /// The start gave up an extra dose, and its amounts have not been told. An earlier version never told them.
  private var gaveUpDose: Bool
  /// Facts of the next tick, as far as they have been read.
  private var facts: TickFacts?
  private var hasEnded = false
  /// The newest proposal of each key.
  private var proposed: [KeyID: Change] = [:]
  /// The newest tick that ran, or was missed.
  private var lastRun: Int64
  private var next: Int64 { lastRun + 1 }

  init(_ core: consuming DosingState, commits: Int64, gaveUpDose: Bool) {
    self.gaveUpDose = gaveUpDose
    lastRun = core.now.number
    self.core = core
    self.core.beginLeases(afterCommit: commits)
  }

  /// Does what an entry tells of, and holds the outcome against it.
  mutating func visit(_ entry: Entry) throws(Replay.Difference) {
    switch entry.content {
    // The core hears nothing of them.
    case .keyChanged, .framesRefused, .clockTrusted, .journalBegun, .signed,
      .requestsCounted, .rigCommitted, .orderRefused,
      .linkCounted:
      return
    default: break
    }
    if try takeFact(entry) { return }
    learn()
    switch entry.content {
    case .started, .eventsLost: break
    case .ticksMissed(let count):
      try runQuietly(before: entry.tick - count)
      lastRun = entry.tick - 1
    case .requested(let requested):
      try runQuietly(before: entry.tick)
      try decide(requested, at: entry.tick)
    case .steps(let ticks):
      for tick in ticks { try step(at: tick) }
    case .stepRefused(let refusal): try step(at: entry.tick, refusal)
    default: try hold(entry)
    }
  }

  // MARK: Facts

  /// Whether the entry is a fact of its tick. All facts of a tick are told to the core at once.
  private mutating func takeFact(_ entry: Entry) throws(Replay.Difference) -> Bool {
    // What came in an earlier tick, with nothing decided since, is not of this one.
    let earlier = facts.map { $0.tick.number < entry.tick } ?? false
    var new = (earlier ? nil : facts) ?? TickFacts(tick: Tick(entry.tick))
    switch entry.content {
    case .leaseGranted(let commit, let end):
      new.grant = TickFacts.Grant(commit: commit, leaseEnd: end)
    case .clockVouched(let utc): new.utc = utc
    case .suspended(let length): new.suspended = Nanoseconds(length)
    case .storageTold(let bits): new.storage = StorageTroubles(bits: bits)
    case .outputsFailed(let bits): new.failedOutputs = OutputSet(bits: bits)
    case .sampled(let samples): new.samples = samples
    default: return false
    }
    if earlier { learn() }
    if facts == nil { try runQuietly(before: entry.tick) }
    facts = new
    return true
  }

  private mutating func learn() {
    guard let facts else { return }
    core.learn(facts)
    self.facts = nil
  }

  // MARK: Ticks

  /// Every tick before `tick` that has not run: none of them made a step.
  private mutating func runQuietly(before tick: Int64) throws(Replay.Difference) {
    while next < tick { try runTick(steps: false) }
  }

  private mutating func step(
    at tick: Int64, _ refusal: StepRefusal? = nil
  ) throws(Replay.Difference) {
    try runQuietly(before: tick)
    guard next == tick else {
      throw difference(tick, "step", "made", "tick \(tick) had been passed")
    }
    refused = refusal
    try runTick(steps: true)
    decisions += 1
  }

  /// - Parameter steps: whether the record tells of a step that was decided. One that is refused as the one before
  ///   it was is not told again.
  private mutating func runTick(steps: Bool) throws(Replay.Difference) {
    try expectNothingOwed()
    gaveUpDose = false
    let tick = next
    owed = core.step(Tick(tick))
    lastRun = tick
    ticks += 1
    if owed.steps != steps, !(owed.steps && refused != nil) {
      throw difference(tick, "step", steps ? "made" : "none", owed.steps ? "made" : "none")
    }
    if owed.steps { core.stepEnded(refused) }
    // The record begins with all faults that are on.
    if owed.faultsChanged || ticks == 1 { oweFaults() }
    (owed.steps, owed.wasLate, owed.faultsChanged) = (false, false, false)
    owed.mayChangeOutputs = false
  }

  private mutating func oweFaults() {
    var changes: [FaultChange] = []
    told.forEachChange(in: core.board) { code, priority, raised in
      changes.append(
        FaultChange(
          code: code.rawValue, priority: priority?.rawValue ?? 0, raised: raised.number))
    }
    owedFaults += changes
  }

  private func expectNothingOwed() throws(Replay.Difference) {
    if let fault = owedFaults.first {
      throw difference(lastRun, "faults", "unchanged", Self.words(fault))
    }
    if owed == Decision() { return }
    let what =
      owed.basalChanged
      ? "basal"
      : owed.extraDoseEnded
        ? "end of an extra dose"
        : owed.wantsCommit ? "commit" : owed.carriedOut ? "request acts" : "taken back"
    throw difference(lastRun, what, "unchanged", "changed")
  }

  private static func words(_ change: FaultChange) -> String {
    let code = FaultCode(rawValue: change.code).map { "\($0)" } ?? "fault \(change.code)"
    return change.priority == 0
      ? "\(code) ended" : "\(code) on since tick \(change.raised), priority \(change.priority)"
  }

  // MARK: What was decided

  private mutating func decide(
    _ requested: Requested, at tick: Int64
  ) throws(Replay.Difference) {
    let asked = try read(requested, at: tick)
    var reason: UInt8 = 0
    if case .refused(let refusal) = core.decide(asked, at: Tick(tick)) {
      reason = refusal.reason.rawValue
    }
    try expect(
      tick, "answer to request \(requested.id)", Self.words(requested.reason), Self.words(reason))
    decisions += 1
  }

  /// What the tick was asked. A change that is signed is a proposal; the commit of the same key puts it into
  /// force.
  private mutating func read(
    _ requested: Requested, at tick: Int64
  ) throws(Replay.Difference) -> Request {
    let frame = requested.frame.span
    func fails(_ why: String) -> Replay.Difference {
      difference(tick, "request \(requested.id)", "decided", why)
    }
    do {
      let seal = try Seal.read(frame)
      if try FrameHeader.read(frame, isRecord: true).kind == .commit {
        guard let change = proposed[seal.key] else { throw fails("nothing was proposed") }
        return .commit(change)
      }
      var findings = Findings()
      guard
        let asked = try request(
          in: frame, on: core.rig, order: core.therapy?.prescription, isRecord: true,
          findings: &findings)
      else {
        throw fails("it is not valid")
      }
      if case .propose(let change) = asked { proposed[seal.key] = change }
      return asked
    } catch let difference as Replay.Difference {
      throw difference
    } catch {
      throw fails("its frame is \(error)")
    }
  }

  private static func words(_ reason: UInt8) -> String {
    reason == 0 ? "accepted" : "refused, \(RefusalReason(rawValue: reason).map { "\($0)" } ?? "?")"
  }

  /// What happened in a tick, as it was recorded after it.
  private mutating func hold(_ entry: Entry) throws(Replay.Difference) {
    let tick = entry.tick
    try runQuietly(before: tick)
    if next == tick { try runTick(steps: false) }
    switch entry.content {
    case .fault(let change):
      let replayed = owedFaults.isEmpty ? "unchanged" : Self.words(owedFaults.removeFirst())
      try expect(tick, "faults", Self.words(change), replayed)
    case .requestActed:
      try expectOwed(tick, "request acts", owed.carriedOut)
      owed.carriedOut = false
    case .basalChanged(let mode):
      try expectOwed(tick, "basal", owed.basalChanged)
      owed.basalChanged = false
      try expect(tick, "mode", "\(mode)", "\(core.mode.rawValue)")
    case .extraDoseEnded(let end):
      try expectOwed(tick, "end of an extra dose", owed.extraDoseEnded || gaveUpDose)
      (owed.extraDoseEnded, gaveUpDose) = (false, false)
      try expect(end, at: tick)
    case .requestTakenBack:
      try expectOwed(tick, "taken back", owed.tookBack)
      owed.tookBack = false
    case .committed(let committed): try propose(committed, at: tick)
    case .ended:
      core.settle()
      hasEnded = true
    default: break
    }
    decisions += 1
  }

  /// An entry of an earlier version tells no amounts.
  private func expect(_ end: DoseEnd, at tick: Int64) throws(Replay.Difference) {
    guard end.kind != 0 else { return }
    func words(_ dose: Mass, _ cancelled: Mass) -> String {
      "\(dose.nanograms) ng, \(cancelled.nanograms) ng given up"
    }
    let last = core.shownLastDose
    try expect(
      tick, "extra dose", words(end.dose, end.cancelled),
      words(last?.dose ?? .zero, last?.cancelled ?? .zero))
  }

  private mutating func propose(
    _ committed: Committed, at tick: Int64
  ) throws(Replay.Difference) {
    if !hasEnded { try expectOwed(tick, "commit", owed.wantsCommit) }
    owed.wantsCommit = false
    let (commit, leaseEnd) = core.propose()
    try expect(tick, "number of the commit", "\(committed.commit)", "\(commit)")
    try expect(tick, "end of the lease", "\(committed.leaseEnd)", "\(leaseEnd)")
    guard let account = committed.account else { return }
    try expect(tick, "steps", "\(account.steps)", "\(core.account.steps)")
    try expect(tick, "delivered", "\(account.delivered)", "\(core.account.delivered)")
    try expect(tick, "prescribed", "\(account.prescribed)", "\(core.account.prescribed)")
    try expect(tick, "pending", "\(account.pending)", "\(core.account.pending)")
    try expect(tick, "extra", "\(account.extra)", "\(core.account.extra)")
    for reason in Account.Deficit.allCases {
      try expect(
        tick, "deficit \(reason)", "\(account.deficit(reason))",
        "\(core.account.deficit(reason))")
    }
    try expect(tick, "steps in doubt", "\(committed.stepsInDoubt)", "\(core.stepsInDoubt)")
  }

  private func expectOwed(
    _ tick: Int64, _ field: String, _ isOwed: Bool
  ) throws(Replay.Difference) {
    if !isOwed { throw difference(tick, field, "changed", "unchanged") }
  }

  private func expect(
    _ tick: Int64, _ field: String, _ recorded: String, _ replayed: String
  ) throws(Replay.Difference) {
    if recorded != replayed { throw difference(tick, field, recorded, replayed) }
  }

  private func difference(
    _ tick: Int64, _ field: String, _ recorded: String, _ replayed: String
  ) -> Replay.Difference {
    Replay.Difference(tick: tick, field: field, recorded: recorded, replayed: replayed)
  }
}
