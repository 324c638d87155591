internal import Quantities

// Persist before deliver: what is asked of whoever writes things down, and what happens if he cannot.

/// What a request replaced that is not durable yet.
struct BeforeRequest: BitwiseCopyable {
  var therapy: Therapy?
  var isStopped: Bool
  var hasNoHistory: Bool
}

extension Request {
  /// Whether anything is different where it is accepted.
  public var changesState: Bool {
    if case .propose = self { false } else { true }
  }

  /// Acts first and is made durable second: nothing more is delivered by it. What any other changes is
  /// delivered only once it is durable.
  public var actsAtOnce: Bool {
    switch self {
    case .program, .bolus, .patientBolus, .resume, .new: false
    case .stop, .acknowledge, .propose: true
    }
  }
}

extension DosingState {
  /// From here on no step is made that is not covered by a durable lease.
  ///
  /// - Parameter commits: the number of the newest commit there is.
  public mutating func beginLeases(afterCommit commits: Int64) {
    lease.begin(steps: account.steps, commits: commits, at: now)
    before = nil
    happened.wantsCommit = true
    latch()
  }

  /// The number of the next commit, and the count of steps at which its lease ends. What has happened
  /// up to now belongs to it.
  public mutating func propose() -> (commit: Int64, leaseEnd: Int64) {
    lease.propose(
      size: lease.isSettled ? 0 : leaseSize, steps: account.steps, at: now,
      nextCommit: now + TickCount(rig.ticks(Limits.commitEvery)))
    latch()
    return (lease.proposed, lease.proposedEnd)
  }

  /// A commit is durable, in the tick that comes next.
  ///
  /// - Parameter end: where its lease ends.
  public mutating func grant(_ commit: Int64, end: Int64) {
    lease.grant(commit, end: end, at: now)
    if lease.binding == nil { before = nil }
    if lease.waitsSince == nil, isUnleased {
      clear(.storageFailed)
      happened.wantsCommit = true
    }
    latch()
    if happened.wantsCommit { attention = now }
  }

  /// Ends in order: the next commit leaves no lease over.
  public mutating func settle() { lease.settle(steps: account.steps) }

  public var isLeased: Bool { lease.isOn }
  public var isSettled: Bool { lease.isSettled }

  /// The number of the commit that will hold what happens in this tick; 0 where nothing is written
  /// down.
  public var nextCommit: Int64 { lease.isOn ? lease.proposed + 1 : 0 }

  /// The newest commit that is durable.
  public var durableCommit: Int64 { lease.durable }

  /// The count of steps that may not be passed now.
  public var leaseEnd: Int64 { lease.end }

  /// What has to be known if the request that comes cannot be made durable.
  var beforeRequest: BeforeRequest {
    BeforeRequest(
      therapy: therapy, isStopped: stoppedByCommand, hasNoHistory: alarms[.noHistory] != nil)
  }

  /// Nothing can be written down, and safe basal goes on without.
  var isUnleased: Bool { alarms[.storageFailed] != nil }

  /// No step before the request that was just accepted is durable.
  mutating func bind(before request: BeforeRequest) {
    guard !isUnleased else { return }
    lease.bind(steps: account.steps)
    if before == nil { before = request }
  }

  /// How many steps the next lease covers.
  private var leaseSize: Int64 {
    let (basal, extra) = unitsPerTick
    func steps(_ unitsPerTick: Int64, _ time: Nanoseconds) -> Int64 {
      scaled(unitsPerTick, by: rig.ticks(time), over: account.perStep, rounded: .up) ?? Int64.max
    }
    let running = steps(basal + extra, Limits.leaseTimeMin)
    let wanted = max(max(steps(basal, Limits.leaseBasal), running), Limits.leaseStepsMin)
    return min(wanted, max(Limits.leaseStepsMax, running))
  }

  /// The next tick at which the lease has to be looked at.
  var leaseAttention: Tick {
    guard lease.isOn else { return .never }
    var next = lease.waitsSince == nil ? lease.nextCommit : Tick.never
    if let since = lease.waitsSince, !isUnleased {
      if lease.binding != nil { next = since + TickCount(rig.ticks(Limits.requestDurableWithin)) }
      next = min(next, since + TickCount(rig.ticks(Limits.storageFailsAfter)))
    }
    return next
  }

  mutating func watchLease() {
    guard lease.isOn else { return }
    if account.steps >= lease.askAt || now >= lease.nextCommit { happened.wantsCommit = true }
    if happened.alarmsChanged || happened.extraDoseEnded { happened.wantsCommit = true }
    guard let since = lease.waitsSince else { return }
    let waited = now - since
    if lease.binding != nil, waited >= TickCount(rig.ticks(Limits.requestDurableWithin)) {
      takeBack()
    }
    if waited >= TickCount(rig.ticks(Limits.storageFailsAfter)), !isUnleased {
      cancelExtraDose()
      lease.lift()
      raise(.storageFailed)
    }
  }

  /// The request that could not be made durable is undone; what ran before goes on.
  private mutating func takeBack() {
    lease.unbind()
    cancelExtraDose()
    if let before {
      therapy = before.therapy
      if let therapy { adopt(therapy) }
      if before.isStopped { rememberStop() }
      if before.hasNoHistory { raise(.noHistory) }
      watchClock()
    }
    before = nil
    happened.tookBack = true
    happened.wantsCommit = true
  }
}
