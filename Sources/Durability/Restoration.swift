public import DosingCore
public import Journal
public import Quantities

/// A pump as a start finds it: the state from which it goes on, and what is worth saying about it.
public struct RestoredPump: ~Copyable {
  public var core: DosingState
  /// CLOCK_BOOTTIME of tick 0 in ns, which may lie before this boot.
  public var bootOfTickZero: Int64
  /// The number of the newest commit before.
  public var commits: Int64
  public var generation: Int64
  public var outcome: RestartOutcome
  public var ticksNotRunning: Int64
  public var isPlanned: Bool
  public var remarks: [String]
}

/// Makes a pump out of what a state directory holds.
///
/// Delivery is restored, not assumed. Each case is one row of DESIGN section 8: the journal whole, older
/// than the safe-basal record, gone, or nothing at all.
public struct Restoration {
  /// The rig as its file says it.
  public var rig: Rig
  /// The therapy clock, where nothing says what it was.
  public var clock: WeekTime
  /// A person has said what the therapy clock of a new pump is.
  public var clockIsStated: Bool
  public var time: ClockReading
  /// Reads what the last tick left behind, if it belongs to the journal and to this boot. Takes how many of
  /// today's units of account the unit of a trace of the first layout was.
  public var trace: (_ unitsInUnit: Int128) -> TickTrace?
  public var safeBasal: SafeBasalRecord?
  /// How long after now the first tick will be.
  public var firstTickIn: Nanoseconds
  /// The record of the rig that was committed last for a start to come; nil for none.
  public var committedRig: () -> [UInt8]?

  public init(
    rig: Rig, clock: WeekTime, clockIsStated: Bool = false, time: ClockReading,
    trace: @escaping (Int128) -> TickTrace?,
    safeBasal: SafeBasalRecord?, firstTickIn: Nanoseconds,
    committedRig: @escaping () -> [UInt8]? = { nil }
  ) {
    self.rig = rig
    self.clock = clock
    self.clockIsStated = clockIsStated
    self.time = time
    self.trace = trace
    self.safeBasal = safeBasal
    self.firstTickIn = firstTickIn
    self.committedRig = committedRig
  }

  /// A pump of which everything is known: it is new, and nothing was delivered.
  ///
  /// - Parameter isFilled: reservoir and line hold what its first order says, as on a simulated bench; else
  ///   nothing.
  public func newPump(isFilled: Bool = true) -> RestoredPump {
    var pump = blank(on: rig)
    if !isFilled { pump.core.holdNothing() }
    let holds = isFilled ? "reservoir full" : "nothing filled"
    pump.remarks = ["a new pump: \(holds), nothing delivered in the last 24 h, no therapy"]
    if !clockIsStated {
      pump.core.judgeNewClock(vouchedUTC(after: nil, bootOfTickZero: pump.bootOfTickZero))
    }
    if !pump.core.clockIsTrusted { pump.remarks.append(Self.clockRemark) }
    return pump
  }

  /// - Parameter state: the newest commit of the journal; nil where there is none.
  public func restore(_ state: JournalState?) -> RestoredPump {
    if let state, let pump = continued(state) { return pump }
    if let safeBasal, let pump = fromSafeBasal(safeBasal) { return pump }
    var pump = blank(on: rig)
    pump.core.loseHistory()
    pump.remarks = ["no history: nothing is delivered until pumpctl new says what was given"]
    return pump
  }

  private static let clockRemark =
    "nobody vouches for the therapy clock; flex runs safe basal until somebody does, or pumpctl clock"

  private func vouchedUTC(
    after state: JournalState?, bootOfTickZero: Int64
  ) -> TickFacts.VouchedUTC? {
    time.vouchedUTC(
      batteryCorrection: time.batteryCorrection(after: state), bootOfTickZero: bootOfTickZero)
  }

  private func blank(on rig: Rig) -> RestoredPump {
    RestoredPump(
      core: DosingState(rig: rig, clock: clock), bootOfTickZero: time.now.boot + firstTickIn.count,
      commits: 0, generation: 0,
      outcome: RestartOutcome(), ticksNotRunning: 0, isPlanned: true, remarks: [])
  }

  /// Goes on from the journal. Nil where it does not hold a state that can be read.
  private func continued(_ state: JournalState) -> RestoredPump? {
    guard let committed = Rig(recordBytes: state.rig) else { return nil }
    var order = state.prescription
    let newer = safeBasal.flatMap { $0.generation > state.generation ? $0 : nil }
    if let newer, !newer.prescription.isEmpty { order = newer.prescription }
    let therapy = order.flatMap { Self.therapy($0, on: committed) }
    if order != nil, therapy == nil { return nil }
    guard
      let core = DosingState.restored(
        from: state.body.span, rig: committed, therapy: therapy)
    else { return nil }

    let trace = trace(therapy?.unitsInFirstUnit(on: committed) ?? 1)
    // Within one boot the ticks go on as if they had never ceased.
    let passed = time.passed(since: state)
    let period = committed.tick.count
    let from = trace.map { max($0.tick.number, state.tick) } ?? state.tick
    var zero = time.now.boot - passed.time.count - state.tick * period
    // What ran in this boot ran before now, though nothing of this boot was written down.
    if let trace { zero = min(zero, time.now.boot - trace.tick.number * period) }
    let now = (time.now.boot - zero) / period
    let first = (time.now.boot + firstTickIn.count - zero + period - 1) / period
    var facts = Restart(at: Tick(max(from, first - 1)), leaseEnd: state.leaseEnd)
    facts.trace = trace
    facts.isPlanned = state.isSettled
    facts.isOtherBoot = state.bootID != time.now.bootID
    facts.utc = vouchedUTC(after: state, bootOfTickZero: zero)
    facts.isOtherRig = committed.recordBytes != rig.recordBytes
    if trace == nil, !state.isSettled {
      facts.mayHaveRun = passed.isAttested ? TickCount(max(0, now - state.tick)) : nil
    }
    if let newer {
      facts.historyIsIncomplete = true
      facts.leaseEnd = max(facts.leaseEnd, newer.leaseEnd)
      facts.isStopped = newer.isStopped
      facts.isHardStopped = newer.isHardStopped
    }
    let rollback = Rollback(of: state, newer: newer, trace: trace)
    if rollback.isSeen { facts.historyIsIncomplete = true }
    if let trace, trace.commit > state.commit { facts.take(trace) }
    var pump = restarted(core, facts, from: from, state: state, newer: newer)
    pump.bootOfTickZero = zero
    if rollback.isSeen { pump.core.doubtLastDay() }
    pump.remarks += rollback.remarks
    if facts.isOtherRig { pump.remarks.append(changeRig(&pump.core)) }
    pump.commits = max(pump.commits, rollback.newestCommit)
    return pump
  }

  /// Goes on on the rig of the file, where that was committed and nothing speaks against it by now; else on
  /// the one on which it ran. Returns what is said of it.
  private func changeRig(_ core: inout DosingState) -> String {
    guard committedRig() == rig.recordBytes else {
      return "the rig file is not the committed one, which runs; commit it with pumpctl rig"
    }
    var findings = Findings()
    guard
      let change = RigChange(rig, order: core.therapy?.prescription, findings: &findings),
      let changed = core.on(change)
    else {
      return
        "the rig that was committed does not fit the order, or what was given in the last day: the "
        + "one before runs; start again later, or commit another order"
    }
    core = changed
    return "runs on the rig that was committed"
  }

  /// A journal that was put back, as the copies or the run page tell.
  private struct Rollback {
    let isSeen: Bool
    /// The newest commit that anything knows of.
    let newestCommit: Int64
    let remarks: [String]

    init(of state: JournalState, newer: SafeBasalRecord?, trace: TickTrace?) {
      newestCommit = max(state.commit, newer?.commit ?? 0, trace?.commit ?? 0)
      // A record of an earlier version does not say its commit. One that tells of a stop alone, which no
      // commit holds, does not speak against the journal.
      isSeen = newestCommit > state.commit || newer?.commit == 0
      remarks =
        isSeen
        ? ["the journal is older than what was done: no extra dose for a day"] : []
    }
  }

  private func restarted(
    _ core: consuming DosingState, _ facts: Restart, from: Int64, state: JournalState,
    newer: SafeBasalRecord?
  ) -> RestoredPump {
    var core = core
    let outcome = core.restart(facts)
    var remarks = ["goes on from commit \(state.commit), mode and account restored"]
    remarks += newer.map { Self.hold($0, &core, made: facts.trace?.account.steps) } ?? []
    let passed = Nanoseconds((facts.at.number - from) * core.rig.tick.count)
    if passed > .zero {
      remarks.append("did not run for \(passed.count / 1_000_000) ms: a deficit")
    }
    if outcome.stepsInDoubt > 0 {
      remarks.append("\(outcome.stepsInDoubt) steps are in doubt; they count against extra doses")
    }
    if facts.trace == nil, !state.isSettled, state.bootID == time.now.bootID {
      remarks.append("the run page is gone, which would have told how far the last tick got")
    }
    if let safeBasal, safeBasal.generation < state.generation {
      remarks.append("the safe-basal record is older than the journal, and is written anew")
    }
    if outcome.discardedExtraDose {
      let amounts = outcome.discarded.map {
        ": \($0.left.shown(decimals: 3)) of \($0.dose.shown(decimals: 3))"
      }
      remarks.append("the rest of an extra dose is given up\(amounts ?? "")")
    }
    if newer != nil { remarks.append("the journal is older than the safe-basal record") }
    if facts.isOtherBoot, !time.passed(since: state).isAttested {
      remarks.append("nobody vouches for the time without power: it counts as none")
    }
    if newer == nil, core.board.on[.lineUncertain] { remarks.append(Self.lineRemark) }
    if !core.clockIsTrusted { remarks.append(Self.clockRemark) }
    return RestoredPump(
      core: core, bootOfTickZero: 0, commits: state.commit,
      generation: max(state.generation, newer?.generation ?? 0), outcome: outcome,
      ticksNotRunning: facts.at.number - from, isPlanned: facts.isPlanned, remarks: remarks)
  }

  /// The journal is gone: the order and the delivery state of the safe-basal record, extra doses out of
  /// the question for a day.
  private func fromSafeBasal(_ record: SafeBasalRecord) -> RestoredPump? {
    guard let committed = Rig(recordBytes: record.rig) else { return nil }
    var pump = blank(on: committed)
    if !record.prescription.isEmpty {
      guard let therapy = Self.therapy(record.prescription, on: committed) else { return nil }
      pump.core.continueWithoutHistory(therapy)
    }
    var facts = Restart(at: Tick(0), leaseEnd: 0)
    facts.historyIsIncomplete = true
    facts.isOtherBoot = true
    facts.utc = vouchedUTC(
      after: nil, bootOfTickZero: pump.bootOfTickZero - committed.tick.count)
    facts.isOtherRig = record.rig != rig.recordBytes
    facts.isStopped = record.isStopped
    facts.isHardStopped = record.isHardStopped
    let trace = trace(1)
    if let trace { facts.take(trace) }
    pump.commits = max(record.commit, trace?.commit ?? 0)
    pump.outcome = pump.core.restart(facts)
    let held = Self.hold(record, &pump.core, made: trace?.account.steps)
    pump.bootOfTickZero -= committed.tick.count
    pump.generation = record.generation
    pump.isPlanned = false
    pump.remarks =
      ["the journal is gone: goes on from the safe-basal record, no extra doses"] + held
    return pump
  }

  /// The reservoir and the line hold what a record of the copies says. Returns what is said of it.
  ///
  /// - Parameter made: the steps by now; nil where nobody knows.
  private static func hold(
    _ record: SafeBasalRecord, _ core: inout DosingState, made: Int64?
  ) -> [String] {
    guard !record.held.isEmpty else { return [] }
    let isTaken = core.takeHeld(
      record.held.span, steps: record.steps, inDoubt: record.stepsInDoubt, made: made)
    if !isTaken { return ["what the safe-basal record says of the line cannot be read"] }
    return core.board.on[.lineUncertain] ? [lineRemark] : []
  }

  private static let lineRemark =
    "nobody knows how much has left the line: the strongest drug in it is dosed for"

  private static func therapy(_ record: [UInt8], on rig: Rig) -> Therapy? {
    // What was accepted once stays in force, whatever is said of it today.
    Prescription(recordBytes: record).flatMap { Therapy.inForce($0, on: rig) }
  }
}

extension Restart {
  /// A page that is newer than what else is known: what stood when it was written stands.
  fileprivate mutating func take(_ trace: TickTrace) {
    isStopped = isStopped || trace.faults[.stopped]
    isHardStopped = isHardStopped || trace.faults[.hardStop]
  }
}
