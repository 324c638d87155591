internal import Quantities

// Persist before deliver: what is asked of whoever writes things down, and what happens if he cannot.

extension DosingState {
  /// From here on no step is made that is not covered by a durable lease.
  ///
  /// - Parameter commits: the number of the newest commit there is.
  public mutating func beginLeases(afterCommit commits: Int64) {
    lease.begin(steps: ledger.account.steps, commits: commits, at: now)
    waiting.close()
    happened.wantsCommit = true
    latch()
  }

  /// The number of the next commit, and the count of steps at which its lease ends. What has happened
  /// up to now belongs to it, and what waits to be durable as if it had happened: see `afterWaiting`.
  ///
  /// - Parameter after: `afterWaiting`, whose rates the lease has to serve too.
  public mutating func propose(after: borrowing DosingState) -> (commit: Int64, leaseEnd: Int64) {
    let size = lease.isSettled ? 0 : max(leaseSize, after.leaseSize)
    lease.propose(
      size: size, steps: ledger.account.steps, at: now,
      nextCommit: now + TickCount(rig.ticks(Limits.commitEvery)))
    latch()
    return (lease.proposed, lease.proposedEnd)
  }

  /// The same where nothing waits.
  public mutating func propose() -> (commit: Int64, leaseEnd: Int64) {
    propose(after: afterWaiting)
  }

  /// A commit is durable.
  mutating func take(_ grant: TickFacts.Grant) {
    let wasWaited = waiting.isOpen && grant.commit >= waiting.commit
    lease.grant(grant.commit, end: grant.leaseEnd, at: now)
    if lease.waitsSince == nil, board.on[.storageFailed] {
      end(.storageFailed)
      happened.wantsCommit = true
    }
    if wasWaited, lease.durable >= grant.commit { actOnWaiting() }
  }

  /// Ends in order: the next commit leaves no lease over.
  public mutating func settle() {
    takeBack()
    lease.settle(steps: ledger.account.steps)
  }

  public var isLeased: Bool { lease.isOn }
  public var isSettled: Bool { lease.isSettled }

  /// The number of the commit that holds what was decided up to now, or will; 0 where nothing is written
  /// down.
  public var commitOfDecided: Int64 {
    lease.isOn ? lease.proposed + (happened.wantsCommit ? 1 : 0) : 0
  }

  /// The newest commit that is durable.
  public var durableCommit: Int64 { lease.durable }

  /// The count of steps that may not be passed now.
  public var leaseEnd: Int64 { lease.end }

  /// Nothing can be written down, and safe basal goes on without.
  var isUnleased: Bool { board.on[.storageFailed] }

  /// How many steps the next lease covers.
  @inline(__always)
  private var leaseSize: Int64 {
    let (basal, extra) = unitsPerTick
    func steps(_ unitsPerTick: Int128, _ time: Nanoseconds) -> Int64 {
      let units = unitsPerTick * Int128(rig.ticks(time))
      let amount = (units + ledger.perStepAtOne - 1) / ledger.perStepAtOne
      return ledger.line.stepsUp(payedBy: amount, from: ledger.account.steps)
    }
    let running = max(steps(basal + extra, Limits.leaseTimeMin), primeLease)
    let wanted = max(max(steps(basal, Limits.leaseBasal), running), Limits.leaseStepsMin)
    return min(wanted, max(Limits.leaseStepsMax, running))
  }

  /// The next tick at which the lease has to be looked at. Mutating, though it changes nothing: else it
  /// would be given a copy of the state.
  mutating func leaseAttention() -> Tick {
    var next = lease.waitsSince == nil ? lease.nextCommit : Tick.never
    if waiting.isOpen {
      next = min(next, waiting.since + TickCount(rig.ticks(Limits.requestDurableWithin)))
    }
    if let since = lease.waitsSince, !board.on[.storageFailed] {
      next = min(next, since + TickCount(rig.ticks(Limits.storageFailsAfter)))
    }
    return next
  }

  mutating func watchLease() {
    guard lease.isOn else { return }
    if ledger.account.steps >= lease.askAt || now >= lease.nextCommit {
      happened.wantsCommit = true
    }
    if waiting.isOpen, now - waiting.since >= TickCount(rig.ticks(Limits.requestDurableWithin)) {
      takeBack()
    }
    guard let since = lease.waitsSince, !board.on[.storageFailed],
      now - since >= TickCount(rig.ticks(Limits.storageFailsAfter))
    else { return }
    cancelExtraDose()
    endPrime()
    lease.lift()
    raise(.storageFailed)
  }
}
