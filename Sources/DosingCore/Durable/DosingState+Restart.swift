internal import Quantities

extension DosingState {
  /// What the last tick leaves behind.
  ///
  /// Mutating, though nothing changes: see `quietTicks()`.
  public mutating func trace(stepIsUnderWay: Bool) -> TickTrace {
    TickTrace(
      tick: now, account: AccountTrace(ledger.account), stepIsUnderWay: stepIsUnderWay,
      stepsInDoubt: ledger.stepsInDoubt, faults: board.on, commit: lease.durable)
  }

  /// Goes on after a restart, as the state that was read from the newest commit.
  ///
  /// Delivery is restored, not assumed: what ran runs on, what was stopped or latched stays so. What
  /// may have been delivered counts against extra doses; what was not is a deficit and is never made
  /// up. The rest of an extra dose is given up.
  public mutating func restart(_ facts: Restart) -> RestartOutcome {
    var outcome = RestartOutcome()
    var doubts: Int64 = 0
    let extraBefore = account.extra
    if let trace = facts.trace, follows(trace) {
      doubts = catchUp(with: trace)
    } else if facts.leaseEnd > account.steps {
      doubts = facts.leaseEnd - account.steps
      // A part of it may have gone into those steps.
      ledger.account.dropPending()
    }
    // Whoever primes looks on: what is left of it is asked for anew.
    endPrime()
    latch()
    outcome.notDelivered = passTimeNotRunning(to: facts.at)
    doses.goesOn(by: account.extra - extraBefore)
    if let dose = doses.running {
      outcome.discardedExtraDose = true
      outcome.discarded = therapy.map {
        RunningExtraDose(
          kind: dose.kind, dose: $0.scale.mass(dose.units, rounded: .down),
          left: $0.scale.mass(dose.unitsLeft, rounded: .down), end: dose.end)
      }
      cancelExtraDose()
    }
    let before = ledger.stepsInDoubt
    let perDay = unrecordedStepsPerDay()
    ledger.line.open(stepsPerDay: facts.mayHaveRun == nil ? perDay : 0)
    let lasts = leaseLasts(to: facts.leaseEnd)
    ledger.doubt(doubts + unrecordedSteps(perDay, in: facts.mayHaveRun ?? .zero, leaseLasts: lasts))
    outcome.stepsInDoubt = ledger.stepsInDoubt - before
    if facts.isOtherBoot { therapyClock.distrust() }
    if let utc = facts.utc { therapyClock.learn(utc) }
    raiseFaults(of: facts)
    ledger.forgetLosses()
    watch()
    latch()
    attention = now
    ledger.checkInvariants()
    return outcome
  }

  /// Whether a trace goes on from this state.
  private func follows(_ trace: TickTrace) -> Bool {
    let least = account.steps + (trace.stepIsUnderWay ? 1 : 0)
    let lost = account.deficit(.noDrug)
    guard let sum = trace.account.sum else { return false }
    return trace.tick >= now && trace.account.steps >= least
      && sum >= account.prescribed - lost && trace.account.delivered >= account.delivered
      && trace.account.extra >= account.extra && trace.stepsInDoubt >= stepsInDoubt
  }

  /// Takes over how far the last tick got. Returns how many steps are in doubt.
  private mutating func catchUp(with trace: TickTrace) -> Int64 {
    let extra = account.extra
    let flow = fastestFlow(until: trace.tick, extraUnits: trace.account.extra - extra)
    ledger.catchUp(
      with: trace.account, primed: prime?.stepsLeft ?? 0, newestIsDoubtful: trace.stepIsUnderWay,
      to: trace.tick
    ) { flow.ticks(for: $0) }
    now = trace.tick
    ledger.hour.countExtra(units: account.extra - extra)
    ledger.day.countExtra(units: account.extra - extra)
    for index in 0..<FaultCode.count {
      guard let code = FaultCode(rawValue: UInt8(index)), trace.faults[code] else { continue }
      if FaultRow(of: code).latches { raise(code) }
    }
    return trace.stepsInDoubt - stepsInDoubt + (trace.stepIsUnderWay ? 1 : 0)
  }

  /// The fastest that steps can have come from the record up to `tick`. The schedule runs no longer than
  /// until a commit is due and the storage has failed; from then on safe basal does. An extra dose is the one
  /// that the record knows: no other starts before it is durable.
  private func fastestFlow(until tick: Tick, extraUnits: Int128) -> FastestFlow {
    var basal: Int128 = 0
    if order.exists {
      basal = max(basalPerTick, order.therapy.safeBasalPerTick)
      let longest = rig.ticks(Limits.commitEvery) + rig.ticks(Limits.storageFailsAfter)
      var (at, end) = (now, min(tick, now + TickCount(longest)))
      while let left = order.schedule.ticksUntilChange(at: therapyClock.at(at)),
        left < (end - at).count
      {
        at = at + TickCount(left)
        basal = max(basal, order.schedule.unitsPerTick(at: therapyClock.at(at)))
      }
    }
    let ended = doses.running.map { max(0, (tick - $0.end).count) } ?? 0
    return FastestFlow(
      basal: basal, extra: doses.running?.wholePerTick ?? 0, extraUnits: extraUnits,
      ticksSinceExtra: Int128(ended))
  }

  /// Powered time without an engine. Returns what was prescribed for it.
  private mutating func passTimeNotRunning(to tick: Tick) -> Int128 {
    let passed = (max(tick, now) - now).count
    let units = ordered(from: now + TickCount(1), ticks: passed)
    ledger.account.miss(units, .notRunning)
    now = max(tick, now)
    ledger.advance(to: now)
    if now >= ledger.today.ends {
      ledger.today.begin(ledger.account, at: now, ticksPerDay: rig.ticks(.days(1)))
    }
    if passed > rig.ticks(Limits.longInterruption), mode.delivers { raise(.longInterruption) }
    return units
  }

  /// How long the machine was off becomes known after a start at which nobody could tell: what may have been
  /// made without being written counts from now on.
  mutating func learn(wasOff: Nanoseconds) {
    let perDay = ledger.line.close()
    guard perDay > 0 else { return }
    // Of the lease no more is known than that storage has to fail before steps are made without.
    ledger.doubt(unrecordedSteps(perDay, in: TickCount(rig.ticks(wasOff)), leaseLasts: 0))
    if lease.isOn { happened.wantsCommit = true }
  }

  /// The most that basal can have delivered if the engine ran on without being able to write. None
  /// where its lease could have lasted so long: an engine that can write does so before it is used up.
  private mutating func unrecordedSteps(
    _ perDay: Int64, in ran: TickCount, leaseLasts: Int128
  ) -> Int64 {
    let (ticks, day) = (Int128(ran.count), Int128(rig.ticks(.days(1))))
    guard perDay > 0, ticks > leaseLasts + Int128(rig.ticks(Limits.storageFailsAfter)) else {
      return 0
    }
    raise(.accountUncertain)
    return Int64(clamping: (Int128(perDay) * ticks + day - 1) / day)
  }

  /// At the larger of committed and safe basal, whatever stopped it: while nothing can be written down a
  /// resume acts all the same.
  private mutating func unrecordedStepsPerDay() -> Int64 {
    guard let therapy else { return 0 }
    let rate = max(basalPerTick, therapy.safeBasalPerTick)
    let weakest = weakestStep(of: therapy)
    return Int64(clamping: (rate * Int128(rig.ticks(.days(1))) + weakest - 1) / weakest)
  }

  private mutating func weakestStep(of therapy: Therapy) -> Int128 {
    ledger.worths(named: therapy.prescription.concentration, therapy.prescription.mode).weakest
  }

  /// For how many ticks of basal a lease was enough. Of one that nothing uses, nothing follows.
  private mutating func leaseLasts(to end: Int64) -> Int128 {
    guard let therapy, mode.delivers else { return 0 }
    let lease = Int128(max(0, end - account.steps)) * weakestStep(of: therapy)
    return (lease + max(1, basalPerTick) - 1) / max(1, basalPerTick)
  }

  private mutating func raiseFaults(of facts: Restart) {
    if !facts.isPlanned, restarts.append(now, rig: rig) { raise(.restartedOften) }
    if facts.historyIsIncomplete { raise(.historyIncomplete) }
    if facts.isStopped { raise(.stopped) }
    if facts.isHardStopped { raise(.hardStop) }
    set(.otherRig, on: facts.isOtherRig)
    end(.storageFailed)
  }

  /// A pump of which only the order is known: the windows hold as much as they may, so that no extra
  /// dose is given for a day.
  public mutating func continueWithoutHistory(_ therapy: Therapy) {
    now = Tick(0)
    adopt(therapy)
    weight.forgetReference()
    doubtLastDay()
  }

  /// A pump that was never filled, and is connected to nobody.
  public mutating func holdNothing() {
    ledger.line.fill(.zero)
    ledger.reservoir.hold(.zero, after: 0, doubts: 0)
    weight = ReservoirWeight(showing: .zero)
    isConnected = false
    watch()
    latch()
  }

  /// A pump of which nothing is known: it delivers nothing until `Request.new`.
  public mutating func loseHistory() {
    now = max(now, Tick(0))
    weight.forgetReference()
    raise(.noHistory)
    latch()
    attention = now
  }

  /// A new pump whose clock was taken from a machine.
  ///
  /// - Parameter utc: nil where nobody vouches for it.
  public mutating func judgeNewClock(_ utc: TickFacts.VouchedUTC?) {
    therapyClock.distrust()
    if let utc { therapyClock.learn(utc) }
    watch()
    latch()
  }
}

/// Basal, and before it, up to so many ticks ago, an extra dose beside it.
private struct FastestFlow {
  /// Units per tick.
  let basal: Int128
  let extra: Int128
  /// What the extra dose came to.
  let extraUnits: Int128
  let ticksSinceExtra: Int128

  /// How long it takes at the least, up to now, until so many units have accrued.
  func ticks(for units: Int128) -> Int128 {
    let sinceExtra = basal * ticksSinceExtra
    if units <= sinceExtra { return Self.ticks(units, basal) }
    let beside = basal + extra
    let extraTicks = extra > 0 ? extraUnits / extra + 1 : 0
    let rest = units - sinceExtra
    if rest <= beside * extraTicks { return ticksSinceExtra + Self.ticks(rest, beside) }
    return ticksSinceExtra + extraTicks + Self.ticks(rest - beside * extraTicks, basal)
  }

  private static func ticks(_ units: Int128, _ perTick: Int128) -> Int128 {
    perTick > 0 ? units / perTick : 0
  }
}
