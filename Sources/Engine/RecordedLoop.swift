public import DosingCore
internal import Quantities

/// The tick loop with everything that it does written into a `TickRecord`. The same code in real time
/// and in virtual time.
public struct RecordedLoop: ~Copyable {
  public private(set) var loop: TickLoop
  private let record: TickRecord
  /// Of which faults the record tells. At a start of none, so that it begins with all that are on.
  private var told = ToldFaults()
  /// The refusal that it tells, and that holds for each step from there to the next that is made.
  private var refused: StepRefusal?
  private var isFirst = true

  /// - Parameter commits: the number of the newest commit there is; nil where nothing is made durable.
  public init(_ loop: consuming TickLoop, record: TickRecord, commits: Int64?) {
    self.loop = loop
    self.record = record
    if let commits { self.loop.beginLeases(afterCommit: commits) }
  }

  /// See `TickLoop.listen(at:)`.
  mutating func listen(at now: Nanoseconds) { loop.listen(at: now) }

  /// What became known since the last tick. Before anything else in tick `number`.
  ///
  /// - Parameters:
  ///   - missed: how many ticks did not run before it.
  ///   - suspended: for how many ns of them the machine slept.
  ///   - samples: what the sensors say, where the core is to hear it.
  @inline(__always)
  public mutating func begin(
    _ number: Int64, missed: Int64, suspended: Int64 = 0, samples: SensorReadings? = nil
  ) {
    if missed > 0 { note(.ticksMissed, at: number, value: missed) }
    let (grant, utc) = (record.grants.readIfNew(), record.clock.readIfNew())
    let (storage, failed) = (record.storage.readIfNew(), loop.takeFailed(at: number))
    if grant == nil, utc == nil, storage == nil, suspended == 0, failed == nil, samples == nil {
      return
    }
    var facts = TickFacts(tick: Tick(number))
    facts.grant = grant
    facts.utc = utc
    facts.suspended = Nanoseconds(suspended)
    facts.failedOutputs = failed
    facts.storage = storage
    facts.samples = samples
    learn(facts)
  }

  @inline(never)
  private mutating func learn(_ facts: TickFacts) {
    let number = facts.tick.number
    if facts.suspended > .zero { note(.suspended, at: number, value: facts.suspended.count) }
    if let failed = facts.failedOutputs {
      note(.outputsFailed, at: number, value: Int64(failed.bits))
    }
    if let storage = facts.storage { note(.storageTold, at: number, value: Int64(storage.bits)) }
    if let samples = facts.samples { record.events.append(EngineEvent(samples, tick: number)) }
    if let utc = facts.utc {
      note(
        .clockVouched, at: number, value: utc.atTickZero, detail: utc.wasOff.count,
        more: Int64(utc.source.rawValue))
    }
    if let grant = facts.grant {
      note(.leaseGranted, at: number, value: grant.commit, detail: grant.leaseEnd)
    }
    loop.learn(facts)
  }

  /// Decides a request in tick `number`, before `tick(_:)` runs it.
  ///
  /// - Parameter id: its number, by which the journal knows what was asked.
  /// - Returns: also the commit that has to be durable before it may be told; 0 for none.
  public mutating func decide(
    _ request: Request, id: Int64, at number: Int64
  ) -> (answer: Answer, commit: Int64) {
    let answer = loop.decide(request, at: number)
    var reason: Int64 = 0
    if case .refused(let refusal) = answer { reason = Int64(refusal.reason.rawValue) }
    note(.requestDecided, at: number, value: id, detail: reason)
    return (answer, reason == 0 && request.changesState ? loop.core.commitOfDecided : 0)
  }

  /// Runs tick `number`.
  @inline(__always)
  public mutating func tick(_ number: Int64) -> Decision {
    let (decision, refusal) = loop.tick(number)
    if decision != Self.quiet { note(decision, refusal, at: number) }
    return decision
  }

  private static let quiet = Decision()

  /// What is shown to people. In place: a copy of the state in each status costs more than all of its ticks.
  public mutating func report(to status: inout Status) { loop.report(to: &status) }

  /// How many of the next ticks do nothing but accrue, and complete.
  mutating func quietTicks() -> Int64 {
    record.grants.isNew || record.clock.isNew || record.storage.isNew ? 0 : loop.quietTicks()
  }

  /// Lets so many such ticks pass; their completion is not among it.
  mutating func passQuietly(_ ticks: Int64) { loop.passQuietly(ticks) }

  @inline(never)
  private mutating func note(_ decision: Decision, _ refusal: StepRefusal?, at number: Int64) {
    if let refusal {
      // A step that waits is tried in every tick: for hours, where the drive fails.
      if refusal != refused { note(refusal, at: number) }
      refused = refusal
    } else if decision.steps {
      refused = nil
      // Every step: its mode would cost a look at the whole state.
      note(.stepMade, at: number, value: 0)
    }
    if decision.basalChanged { note(.basalChanged, at: number) }
    if decision.extraDoseEnded { noteEndOfDose(at: number) }
    if decision.faultsChanged || isFirst { noteFaults(at: number) }
    isFirst = false
    if decision.carriedOut {
      note(.requestActed, at: number)
      record.act(commit: loop.core.actedCommit, at: number)
    }
    if decision.tookBack {
      note(.requestTakenBack, at: number)
      record.takeBack(commit: loop.core.takenBackCommit)
    }
    if decision.wantsCommit { propose(at: number) }
  }

  private func note(_ refusal: StepRefusal, at number: Int64) {
    let (kind, hour, day) = refusal.numbers
    note(.stepRefused, at: number, value: Int64(kind), detail: hour, more: day)
  }

  private func noteEndOfDose(at number: Int64) {
    let ended = loop.core.shownLastDose
    note(
      .extraDoseEnded, at: number, value: Int64(ended?.kind.rawValue ?? 0),
      detail: ended?.dose.nanograms ?? 0, more: ended?.cancelled.nanograms ?? 0)
  }

  private mutating func noteFaults(at number: Int64) {
    told.forEachChange(in: loop.core.board) { code, priority, raised in
      record.events.append(
        EngineEvent(
          .faultChanged, tick: number, value: Int64(code.rawValue), detail: raised.number,
          more: Int64(priority?.rawValue ?? 0)))
    }
  }

  /// What has happened up to now is to be made durable, with the next lease.
  private mutating func propose(at number: Int64) {
    var after = loop.core.afterWaiting
    let (commit, leaseEnd) = loop.propose(after: after)
    note(.commitProposed, at: number, value: commit, detail: leaseEnd)
    let events = record.events.count
    let trace = loop.trace()
    record.proposals.publish { proposal in
      proposal.commit = commit
      proposal.tick = number
      proposal.leaseEnd = leaseEnd
      proposal.account = loop.core.account
      proposal.stepsInDoubt = trace.stepsInDoubt
      proposal.isStopped = after.board.on[.stopped]
      proposal.isHardStopped = after.board.on[.hardStop]
      proposal.doseChange = after.newestDoseChange?.number
      proposal.isSettled = loop.core.isSettled
      proposal.events = events
      proposal.state.removeAll()
      proposal.held.removeAll()
      proposal.prescription.removeAll()
      after.writeHeld(to: &proposal.held)
      after.write(to: &proposal.state)
      if var ordered = after.therapy?.prescription { ordered.write(to: &proposal.prescription) }
      let fails = proposal.state.failed || proposal.held.failed || proposal.prescription.failed
      precondition(!fails, "the records fit")
    }
  }

  /// The last word of an engine that ends in order: no lease is left over, and nothing waits.
  public mutating func settle(at number: Int64) {
    guard loop.core.isLeased, loop.core.now.number >= 0 else { return }
    loop.settle()
    record.takeBack(commit: loop.core.takenBackCommit)
    note(.engineEnded, at: number)
    propose(at: number)
  }

  private func note(
    _ kind: EngineEvent.Kind, at number: Int64, value: Int64? = nil, detail: Int64 = 0,
    more: Int64 = 0
  ) {
    record.events.append(
      EngineEvent(
        kind, tick: number, value: value ?? Int64(loop.core.mode.rawValue), detail: detail,
        more: more))
  }
}
