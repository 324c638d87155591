public import Quantities

/// What the tick leaves for its successor: enough to know, after the death of the process, how far the
/// motor got.
public struct TickTrace: Sendable, BitwiseCopyable {
  public var tick: Tick
  public var account: Account
  /// The newest step of the account was begun, and nobody wrote down that it was made.
  public var stepIsUnderWay: Bool
  /// What an earlier restart left in doubt, which may not be durable yet either.
  public var stepsInDoubt: Int64
  // What may not be forgotten though it acts before it is durable.
  public var isStopped: Bool
  public var isHardStopped: Bool
  public var interlockDisagreed: Bool

  public init(
    tick: Tick, account: Account, stepIsUnderWay: Bool, stepsInDoubt: Int64, isStopped: Bool,
    isHardStopped: Bool, interlockDisagreed: Bool
  ) {
    self.tick = tick
    self.account = account
    self.stepIsUnderWay = stepIsUnderWay
    self.stepsInDoubt = stepsInDoubt
    self.isStopped = isStopped
    self.isHardStopped = isHardStopped
    self.interlockDisagreed = interlockDisagreed
  }
}

/// What is known about the time between the newest commit and a new start.
public struct Restart: Sendable, BitwiseCopyable {
  /// The tick before the first one of the new start: powered time up to now.
  public var at: Tick
  /// Where the lease of the newest commit ended.
  public var leaseEnd: Int64
  /// What the last tick left behind; nil where the power went or it cannot be read.
  public var trace: TickTrace?
  /// The engine was ended in order.
  public var isPlanned = false
  /// Somebody vouches for the time that has passed, and so for the therapy clock.
  public var clockIsTrusted = true
  /// Time since the newest commit in which the engine may have run.
  public var mayHaveRun = TickCount.zero
  // What the safe-basal record knows of, if it is newer.
  public var isStopped = false
  public var isHardStopped = false
  /// The safe-basal record is newer than the journal, or the journal is gone.
  public var historyIsIncomplete = false
  /// The rig file is not what was committed.
  public var isOtherRig = false

  public init(at: Tick, leaseEnd: Int64) {
    self.at = at
    self.leaseEnd = leaseEnd
  }
}

/// What a restart found, for the report.
public struct RestartOutcome: Equatable, Sendable, BitwiseCopyable {
  /// Steps that may have been made and were not counted.
  public var stepsInDoubt: Int64 = 0
  /// What was prescribed for the time that passed, in units of account.
  public var notDelivered: Int64 = 0
  /// The rest of an extra dose was given up.
  public var discardedExtraDose = false

  public init() {}
}

extension DosingState {
  /// What the last tick leaves behind.
  public func trace(stepIsUnderWay: Bool) -> TickTrace {
    TickTrace(
      tick: now, account: account, stepIsUnderWay: stepIsUnderWay, stepsInDoubt: stepsInDoubt,
      isStopped: stoppedByCommand, isHardStopped: alarms[.hardStop] != nil,
      interlockDisagreed: alarms[.interlockDisagrees] != nil)
  }

  /// Goes on after a restart, as the state that was read from the newest commit.
  ///
  /// Delivery is restored, not assumed: what ran runs on, what was stopped or latched stays so. What
  /// may have been delivered counts against extra doses; what was not is a deficit and is never made
  /// up. The rest of an extra dose is given up.
  public mutating func restart(_ facts: Restart) -> RestartOutcome {
    var outcome = RestartOutcome()
    if let trace = facts.trace, follows(trace) {
      outcome.stepsInDoubt = catchUp(with: trace)
    } else if facts.leaseEnd > account.steps {
      outcome.stepsInDoubt = facts.leaseEnd - account.steps
      // A part of it may have gone into those steps.
      account.dropPending()
    }
    latch()
    outcome.notDelivered = passTimeNotRunning(to: facts.at)
    if extraDose != nil {
      outcome.discardedExtraDose = true
      cancelExtraDose()
    }
    outcome.stepsInDoubt += unrecordedSteps(facts)
    stepsInDoubt += outcome.stepsInDoubt
    hour.count(steps: 0, doubts: outcome.stepsInDoubt)
    day.count(steps: 0, doubts: outcome.stepsInDoubt)
    clockIsTrusted = facts.clockIsTrusted
    raiseAlarms(of: facts)
    updateAlarms()
    latch()
    attention = now
    checkInvariants()
    return outcome
  }

  /// Whether a trace goes on from this state.
  private func follows(_ trace: TickTrace) -> Bool {
    let least = account.steps + (trace.stepIsUnderWay ? 1 : 0)
    return trace.tick >= now && trace.account.perStep == account.perStep
      && trace.account.steps >= least && trace.account.prescribed >= account.prescribed
      && trace.account.extra >= account.extra && trace.stepsInDoubt >= stepsInDoubt
  }

  /// Takes over how far the last tick got. Returns how many steps are in doubt.
  private mutating func catchUp(with trace: TickTrace) -> Int64 {
    let (steps, extra) = (account.steps, account.extra)
    hour.advance(to: trace.tick)
    day.advance(to: trace.tick)
    now = trace.tick
    account = trace.account
    if trace.stepIsUnderWay { account.doubtStep() }
    hour.count(steps: account.steps - steps, doubts: 0)
    day.count(steps: account.steps - steps, doubts: 0)
    hour.countExtra(units: account.extra - extra)
    day.countExtra(units: account.extra - extra)
    if trace.isStopped { rememberStop() }
    if trace.isHardStopped { raise(.hardStop) }
    if trace.interlockDisagreed { raise(.interlockDisagrees) }
    return trace.stepsInDoubt - stepsInDoubt + (trace.stepIsUnderWay ? 1 : 0)
  }

  /// A stop that acted before it was durable, or that the end of a resume brings back.
  mutating func rememberStop() {
    guard !stoppedByCommand else { return }
    stoppedByCommand = true
    raise(.stopped)
    stopEscalates = now + TickCount(rig.ticks(Limits.stopEscalation))
  }

  /// Powered time without an engine. Returns what was prescribed for it.
  private mutating func passTimeNotRunning(to tick: Tick) -> Int64 {
    let passed = (max(tick, now) - now).count
    var units = basalPerTick * passed
    if mode.followsSchedule, let therapy {
      units = therapy.schedule.units(from: clock(at: now + TickCount(1)), ticks: passed)
    }
    account.miss(units, .notRunning)
    now = max(tick, now)
    hour.advance(to: now)
    day.advance(to: now)
    if now >= today.ends { today.begin(account, at: now, ticksPerDay: rig.ticks(.days(1))) }
    if passed > rig.ticks(Limits.longInterruption), mode.delivers { raise(.longInterruption) }
    return units
  }

  /// The most that basal can have delivered if the engine ran on without being able to write. None
  /// where its lease could have lasted so long: an engine that can write does so before it is used up.
  private mutating func unrecordedSteps(_ facts: Restart) -> Int64 {
    guard let therapy, mode.delivers else { return 0 }
    let ticks = facts.mayHaveRun
    let rate = max(basalPerTick, therapy.safeBasalPerTick)
    let leased =
      scaled(
        max(0, facts.leaseEnd - account.steps), by: account.perStep, over: max(1, basalPerTick),
        rounded: .up) ?? 0
    guard ticks.count > leased + rig.ticks(Limits.storageFailsAfter) else { return 0 }
    raise(.accountUncertain)
    accountCertainAt = now + TickCount(rig.ticks(.hours(24)))
    return scaled(rate, by: ticks.count, over: account.perStep, rounded: .up) ?? 0
  }

  private mutating func raiseAlarms(of facts: Restart) {
    if !facts.isPlanned, restarts.append(now, rig: rig) { raise(.restartedOften) }
    if facts.historyIsIncomplete { raise(.historyIncomplete) }
    if facts.isStopped { rememberStop() }
    if facts.isHardStopped { raise(.hardStop) }
    if facts.isOtherRig { raise(.otherRig) } else { clear(.otherRig) }
    clear(.storageFailed)
    watchClock()
  }

  /// Flex needs the therapy clock.
  mutating func watchClock() {
    let isUncertain = !clockIsTrusted && therapy?.prescription.mode == .flex
    if isUncertain { raise(.clockUncertain) } else { clear(.clockUncertain) }
  }

  /// Somebody vouches for the clock: so much more time has passed than was counted as powered.
  ///
  /// - Parameter late: by how much the therapy clock is behind.
  public mutating func trustClock(late: Nanoseconds) {
    guard !clockIsTrusted else { return }
    // Cut to a whole tick, so that the edges of the schedule stay ticks.
    let whole = late.count / rig.tick.count * rig.tick.count
    clockAtTickZero = clockAtTickZero + Nanoseconds(whole)
    clockIsTrusted = true
    let midnight = clock(at: now).sinceMidnight
    today.move(to: now + TickCount(rig.ticks(.days(1) - midnight)))
    watchClock()
    happened.wantsCommit = lease.isOn
    latch()
    attention = now
  }

  /// A pump of which only the order is known: the windows hold as much as they may, so that no extra
  /// dose is given for a day.
  public mutating func continueWithoutHistory(_ therapy: Therapy) {
    now = Tick(0)
    adopt(therapy)
    hour.count(steps: 0, doubts: therapy.hour.steps)
    day.count(steps: 0, doubts: therapy.day.steps)
    latch()
  }

  /// A pump of which nothing is known: it delivers nothing until `Request.new`.
  public mutating func loseHistory() {
    now = max(now, Tick(0))
    raise(.noHistory)
    latch()
    attention = now
  }
}
