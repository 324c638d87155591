public import DosingCore
internal import Quantities

/// The tick loop with everything that it does written into a `TickRecord`. The same code in real time
/// and in virtual time.
public struct RecordedLoop: ~Copyable {
  public private(set) var loop: TickLoop
  private let record: TickRecord

  /// - Parameter commits: the number of the newest commit there is; nil where nothing is made durable.
  public init(_ loop: consuming TickLoop, record: TickRecord, commits: Int64?) {
    self.loop = loop
    self.record = record
    if let commits { self.loop.beginLeases(afterCommit: commits) }
  }

  /// What became known since the last tick: that `missed` ticks did not run, and what is durable. Before
  /// anything else in tick `number`.
  @inline(__always)
  public mutating func begin(_ number: Int64, missed: Int64) {
    if missed > 0 { note(.ticksMissed, at: number, value: missed) }
    if let grant = record.grants.readIfNew() { take(grant, at: number) }
    if let late = record.clock.readIfNew() { trustClock(late: late, at: number) }
  }

  @inline(never)
  private mutating func take(_ grant: LeaseGrant, at number: Int64) {
    loop.grant(grant.commit, leaseEnd: grant.leaseEnd)
    note(.leaseGranted, at: number, value: grant.commit, detail: grant.leaseEnd)
  }

  @inline(never)
  private mutating func trustClock(late: Int64, at number: Int64) {
    loop.trustClock(late: Nanoseconds(late))
    note(.clockTrusted, at: number, value: late)
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
    return (answer, reason == 0 && request.changesState ? loop.core.nextCommit : 0)
  }

  /// Runs tick `number`.
  @inline(__always)
  public mutating func tick(_ number: Int64) -> Decision {
    let (decision, refusal) = loop.tick(number)
    if decision != Self.quiet { note(decision, refusal, at: number) }
    return decision
  }

  private static let quiet = Decision()

  @inline(never)
  private mutating func note(_ decision: Decision, _ refusal: StepRefusal?, at number: Int64) {
    if let refusal {
      note(.stepRefused, at: number, value: Int64(refusal.rawValue))
    } else if decision.steps {
      note(.stepMade, at: number)
    }
    if decision.basalChanged { note(.basalChanged, at: number) }
    if decision.extraDoseEnded { note(.extraDoseEnded, at: number) }
    if decision.alarmsChanged { note(.alarmsChanged, at: number) }
    if decision.tookBack {
      note(.requestTakenBack, at: number)
      record.takeBack(at: number)
    }
    if decision.wantsCommit { propose(at: number) }
  }

  /// What has happened up to now is to be made durable, with the next lease.
  private mutating func propose(at number: Int64) {
    let (commit, leaseEnd) = loop.propose()
    note(.commitProposed, at: number, value: commit, detail: leaseEnd)
    let events = record.events.count
    let trace = loop.core.trace(stepIsUnderWay: false)
    record.proposals.publish { proposal in
      proposal.commit = commit
      proposal.tick = number
      proposal.leaseEnd = leaseEnd
      proposal.account = trace.account
      proposal.stepsInDoubt = loop.core.stepsInDoubt
      proposal.isStopped = trace.isStopped
      proposal.isHardStopped = trace.isHardStopped
      proposal.isSettled = loop.core.isSettled
      proposal.events = events
      proposal.state.removeAll()
      proposal.prescription.removeAll()
      loop.write(state: &proposal.state, prescription: &proposal.prescription)
    }
  }

  /// The last word of an engine that ends in order: no lease is left over.
  public mutating func settle(at number: Int64) {
    guard loop.core.isLeased, loop.core.now.number >= 0 else { return }
    loop.settle()
    note(.engineEnded, at: number)
    propose(at: number)
  }

  private func note(
    _ kind: EngineEvent.Kind, at number: Int64, value: Int64? = nil, detail: Int64 = 0
  ) {
    record.events.append(
      EngineEvent(
        kind, tick: number, value: value ?? Int64(loop.core.mode.rawValue), detail: detail,
        alarms: loop.core.alarms.bits))
  }
}
