public import Quantities

// What becomes of a request. Each rule is a function that says nothing, or the refusal.

extension DosingState {
  /// Decides a request in the tick that comes next, before anything accrues in it.
  public mutating func decide(_ request: Request, at tick: Tick) -> Answer {
    precondition(tick >= now)
    let before = beforeRequest
    if case .stop = request { halt(at: tick) }
    if tick > now {
      passTime(to: tick)
      updateAlarms()
    }
    let refusal: Refusal? =
      switch request {
      case .program(let therapy): commit(therapy)
      case .propose(let therapy): refuses(therapy)
      case .bolus(let dose, let duration): start(.bolus, dose: dose, duration: duration)
      case .patientBolus: startPatientBolus()
      case .stop: stop()
      case .resume: resume()
      case .acknowledge: acknowledge()
      case .new(let delivered): beginHistory(delivered)
      }
    if refusal == nil, lease.isOn, request.changesState {
      happened.wantsCommit = true
      if !request.actsAtOnce { bind(before: before) }
    }
    latch()
    return refusal.map { .refused($0) } ?? .accepted
  }

  /// Nothing accrues any more, not even for the time since the last tick.
  private mutating func halt(at tick: Tick) {
    basalPerTick = 0
    if extraDose != nil { endExtraDose(at: tick) }
    stoppedByCommand = true
  }

  /// Stopping twice is no error: whoever stops wants it stopped.
  private mutating func stop() -> Refusal? {
    if alarms[.stopped] == nil {
      raise(.stopped)
      stopEscalates = now + TickCount(rig.ticks(Limits.stopEscalation))
    }
    return nil
  }

  private mutating func resume() -> Refusal? {
    if alarms[.hardStop] != nil { return Refusal(.hardStop) }
    guard stoppedByCommand else { return Refusal(.notStopped) }
    stoppedByCommand = false
    stopEscalates = .never
    clear(.stopped)
    return nil
  }

  private func refuses(_ new: Therapy) -> Refusal? {
    if alarms[.hardStop] != nil { return Refusal(.hardStop) }
    if alarms[.noHistory] != nil { return Refusal(.noHistory) }
    if isUnleased { return Refusal(.storageFailed) }
    if let therapy, let refusal = therapy.refusesReplacement(by: new) { return refusal }
    if let extraDose, !(therapy.map { new.schedule.isDecrease(from: $0.schedule) } ?? true) {
      return Refusal(.programDuringExtraDose, allowedAt: extraDose.end)
    }
    let before =
      mode.followsSchedule
      ? therapy?.schedule : Schedule(constant: basalPerTick, tick: rig.tick)
    let proposal = Proposal(
      now: now, clock: clock(at: now), perStep: new.scale.perStep, pending: account.pending,
      before: before ?? new.schedule, after: new.schedule, extraUnits: 0, extraTicks: 1)
    return admit(proposal, under: new)
  }

  private mutating func commit(_ new: Therapy) -> Refusal? {
    if let refusal = refuses(new) { return refusal }
    cancelExtraDose()
    adopt(new)
    clear(.basalRefusedByLimit)
    clear(.interlockDisagrees)
    watchClock()
    return nil
  }

  mutating func adopt(_ new: Therapy) {
    therapy = new
    account.perStep = new.scale.perStep
    hourStepsMax = new.hour.steps
    dayStepsMax = new.day.steps
  }

  private mutating func acknowledge() -> Refusal? {
    var ended = false
    for index in 0..<AlarmCode.count {
      guard let code = alarms[index]?.code, code.isEndedByAcknowledging else { continue }
      clear(code)
      ended = true
    }
    accountCertainAt = .never
    return ended ? nil : Refusal(.nothingToAcknowledge)
  }

  /// Whoever says what was given is believed: the whole of it counts as given now.
  private mutating func beginHistory(_ delivered: Volume) -> Refusal? {
    guard alarms[.noHistory] != nil else { return Refusal(.hasHistory) }
    let steps = rig.steps(in: delivered) + (delivered > .zero ? 1 : 0)
    hour.count(steps: steps, doubts: 0)
    day.count(steps: steps, doubts: 0)
    clear(.noHistory)
    return nil
  }

  // MARK: Extra doses

  private mutating func startPatientBolus() -> Refusal? {
    if let refusal = refusesExtraDose() {
      guard refusal.reason == .extraDoseRunning, let allowed = patientBolusAllowedAt else {
        return refusal
      }
      return Refusal(.extraDoseRunning, allowedAt: allowed)
    }
    guard let bolus = therapy?.prescription.patientBolus else { return Refusal(.noPatientBolus) }
    if let refusal = patientBoluses.refuses(
      bolus, at: now, lastEnd: lastExtraDose?.end, rig: rig)
    {
      return refusal
    }
    if let refusal = start(.patientBolus, dose: bolus.dose, duration: bolus.duration) {
      return refusal
    }
    patientBoluses.append(now)
    return nil
  }

  private mutating func start(
    _ kind: ExtraDose.Kind, dose: Mass, duration: Nanoseconds
  ) -> Refusal? {
    if let refusal = refusesExtraDose() { return refusal }
    guard let therapy else { return Refusal(.noTherapy) }
    if let refusal = therapy.refusesSize(dose: dose, duration: duration) { return refusal }
    let scale = therapy.scale
    let units = scale.units(dose)
    let ticks = ExtraDose.ticks(duration, tick: rig.tick)
    let clock = clock(at: now)
    let peak = therapy.schedule.peakUnitsPerTick(from: clock, ticks: ticks)
    guard
      ExtraDose.flowFits(
        units: units, ticks: ticks, basalPerTick: peak, maxRate: rig.pump.maxRate,
        concentration: therapy.prescription.concentration, scale: scale)
    else {
      return Refusal(
        .flowAboveMaximum, limit: rig.pump.maxRate.picolitresPerDay, value: dose.nanograms)
    }
    let basal = therapy.schedule.units(from: clock, ticks: ticks)
    let needed = units + basal + account.pending
    if let refusal = reservoir.refuses(
      units: needed, perStep: scale.perStep, stepsMade: stepsUpper, rig: rig)
    {
      return refusal
    }
    let proposal = Proposal(
      now: now, clock: clock, perStep: scale.perStep, pending: account.pending,
      before: therapy.schedule, after: therapy.schedule, extraUnits: units, extraTicks: ticks)
    if let refusal = admit(proposal, under: therapy) { return refusal }
    extraDose = ExtraDose(kind: kind, units: units, ticks: ticks, start: now)
    return nil
  }

  /// The states in which nobody gets an extra dose.
  private func refusesExtraDose() -> Refusal? {
    switch mode {
    case .hardStop: return Refusal(.hardStop)
    case .noHistory: return Refusal(.noHistory)
    case .stoppedByCommand, .stopped: return Refusal(.stopped)
    case .noTherapy: return Refusal(.noTherapy)
    case .minimum: return Refusal(.minimumBasal)
    case .safeBasal: return Refusal(.safeBasal)
    case .reservoirEmpty: return Refusal(.highAlarm)
    case .continuous, .flex: break
    }
    if alarms.highest == .high { return Refusal(.highAlarm) }
    if alarms[.accountUncertain] != nil {
      return Refusal(.accountUncertain, allowedAt: accountCertainAt)
    }
    if alarms[.reservoirLow] != nil {
      return Refusal(
        .reservoirLow, limit: rig.reservoir.low.picolitres, value: reservoirContents.picolitres)
    }
    if let extraDose { return Refusal(.extraDoseRunning, allowedAt: extraDose.end) }
    return nil
  }

  /// Judges a proposal against both rolling windows.
  private func admit(_ proposal: borrowing Proposal, under therapy: Therapy) -> Refusal? {
    let hour = Outlook(of: proposal, in: hour, limit: therapy.hour, tick: rig.tick)
    let day = Outlook(of: proposal, in: day, limit: therapy.day, tick: rig.tick)
    let (hourFits, dayFits) = (hour.fitsNow, day.fitsNow)
    if hourFits && dayFits { return nil }
    var allowedAt: Tick?
    if let first = hour.firstFit(), let second = day.firstFit() { allowedAt = max(first, second) }
    let (limit, wanted) =
      hourFits ? (therapy.day, day.most()) : (therapy.hour, hour.most())
    return Refusal(
      limit.source.reason(isHour: !hourFits),
      limit: therapy.scale.mass(limit.units, rounded: .down).nanograms,
      value: therapy.scale.mass(wanted, rounded: .up).nanograms, allowedAt: allowedAt)
  }
}
