internal import Quantities

/// Decides what may be granted, and from when on. It changes nothing.
struct Admission {
  let rig: Rig
  let now: Tick
  /// The therapy clock now.
  let clock: WeekTime
  let mode: DeliveryMode
  let board: FaultBoard

  // MARK: Extra doses

  /// An extra dose that somebody asks for.
  struct Asked {
    let kind: ExtraDose.Kind
    let dose: Mass
    let duration: Nanoseconds
  }

  /// What stands against an extra dose; nil where it may begin now.
  func refuses(
    _ asked: Asked, therapy: Therapy?, _ ledger: Ledger, _ doses: ExtraDoses
  ) -> Refusal? {
    if let refusal = refusesByState(ledger) { return refusal }
    guard let therapy else { return Refusal(.noTherapy) }
    if let refusal = therapy.refusesSize(dose: asked.dose, duration: asked.duration) {
      return refusal
    }
    let wait = waits(asked.kind, therapy, doses)
    let even = EvenDose(
      units: therapy.scale.units(asked.dose), ticks: rig.wholeTicks(asked.duration))
    if wait == nil, let refusal = refuses(even, asked, therapy, ledger, doses, at: now) {
      return refusal
    }
    let proposal = Proposal(
      now: now, clock: clock, tick: rig.tick, perStep: therapy.scale.perStep,
      pending: ledger.account.pending, before: therapy.mostBasal, after: therapy.mostBasal,
      extra: even, running: doses.running)
    return judge(proposal, wait: wait, therapy, ledger) { at in
      refuses(even, asked, therapy, ledger, doses, at: at) == nil
    }
  }

  /// The same for what the patient may ask for.
  func refusesPatientBolus(
    therapy: Therapy?, _ ledger: Ledger, _ doses: ExtraDoses
  ) -> Refusal? {
    if let refusal = refusesByState(ledger) { return refusal }
    guard let bolus = therapy?.prescription.patientBolus else {
      return Refusal(therapy == nil ? .noTherapy : .noPatientBolus)
    }
    let asked = Asked(kind: .patientBolus, dose: bolus.dose, duration: bolus.duration)
    return refuses(asked, therapy: therapy, ledger, doses)
  }

  /// The states and faults in which nobody gets an extra dose.
  private func refusesByState(_ ledger: Ledger) -> Refusal? {
    switch mode {
    case .hardStop: return Refusal(.hardStop)
    case .noHistory: return Refusal(.noHistory)
    case .stoppedByCommand, .stopped: return Refusal(.stopped)
    case .noTherapy: return Refusal(.noTherapy)
    case .minimum: return Refusal(.minimumBasal)
    case .safeBasal: return Refusal(.safeBasal)
    case .reservoirEmpty, .continuous, .flex: break
    }
    guard let obstacle = board.effect.extras else { return nil }
    switch obstacle.reason {
    case .reservoirLow:
      let left = ledger.reservoir.contents(stepsMade: ledger.stepsUpper, rig: rig)
      return Refusal(
        .reservoirLow, limit: rig.reservoir.low.picolitres, value: left.picolitres)
    // It ends by itself: what the windows hold then is judged with it.
    case .accountUncertain: return nil
    default: return Refusal(obstacle.reason)
    }
  }

  /// What has to be waited for whatever the limits say: an account that is certain, the dose that runs,
  /// lockout and allotment. The refusal names the first of these, and the time at which none is left.
  private func waits(
    _ kind: ExtraDose.Kind, _ therapy: Therapy, _ doses: ExtraDoses
  ) -> Refusal? {
    let certain =
      board.effect.extras?.reason == .accountUncertain
      ? board.expiry(of: .accountUncertain, rig: rig) : nil
    let end = doses.running?.end
    let bolus = kind == .patientBolus ? therapy.prescription.patientBolus : nil
    let byPatient = bolus.map {
      doses.patientBoluses.allowedAt($0, lastEnd: end ?? doses.last?.end, rig: rig)
    }
    if let certain {
      let all = max(certain, max(end ?? certain, byPatient ?? certain))
      return Refusal(.accountUncertain, allowedAt: all)
    }
    if let end { return Refusal(.extraDoseRunning, allowedAt: max(end, byPatient ?? end)) }
    return bolus.flatMap {
      doses.patientBoluses.refuses($0, at: now, lastEnd: doses.last?.end, rig: rig)
    }
  }

  /// Whether the head is fast enough for it beside basal, and the reservoir holds it, if it begins at a
  /// tick that is now or later.
  private func refuses(
    _ even: EvenDose, _ asked: Asked, _ therapy: Therapy, _ ledger: Ledger,
    _ doses: ExtraDoses, at tick: Tick
  ) -> Refusal? {
    let scale = therapy.scale
    let begin = clock + Nanoseconds((tick - now).count * rig.tick.count)
    let peak = therapy.schedule.peakUnitsPerTick(from: begin, ticks: even.ticks)
    guard
      even.fits(
        basalPerTick: peak, maxRate: rig.pump.maxRate,
        concentration: therapy.prescription.concentration, scale: scale)
    else {
      return Refusal(
        .flowAboveMaximum, limit: rig.pump.maxRate.picolitresPerDay, value: asked.dose.nanograms)
    }
    let until = therapy.schedule.units(from: clock, ticks: (tick - now).count)
    let running = tick > now ? doses.running?.unitsLeft ?? 0 : 0
    let stepsUntil = (until + running) / scale.perStep
    let basal = therapy.schedule.units(from: begin, ticks: even.ticks)
    let steps = (even.units + basal + ledger.account.pending) / scale.perStep + 1
    // A dose that would meet the empty mark on the way is refused, and so is one below the low mark.
    let made = Int128(ledger.stepsUpper) + stepsUntil
    let left = max(0, Int128(ledger.reservoir.stepsToEmpty) - made)
    let isLow = tick > now && made >= Int128(ledger.reservoir.stepsToLow)
    if steps <= left && !isLow { return nil }
    return Refusal(
      .reservoirTooSmall, limit: rig.volume(ofSteps: Int64(clamping: left)).picolitres,
      value: rig.volume(ofSteps: Int64(clamping: steps)).picolitres)
  }

  // MARK: Programs

  /// What stands against another order; nil where it may come into force now.
  func refuses(
    program new: Therapy, inForce old: Therapy?, _ ledger: Ledger,
    _ doses: ExtraDoses
  ) -> Refusal? {
    if mode == .hardStop { return Refusal(.hardStop) }
    if board.on[.noHistory] { return Refusal(.noHistory) }
    if let old, let refusal = old.refusesReplacement(by: new) { return refusal }
    if let old, new.isDecrease(from: old) { return nil }
    // Nothing that is stopped accrues until then.
    let runs = mode.delivers || board.effect.withheld != nil
    let before = runs ? old?.mostBasal : nil
    let proposal = Proposal(
      now: now, clock: clock, tick: rig.tick, perStep: new.scale.perStep,
      pending: ledger.account.pending,
      before: before ?? Schedule(constant: 0, scale: new.scale, tick: rig.tick),
      after: new.mostBasal, extra: nil, running: doses.running)
    let wait = doses.running.map { Refusal(.programDuringExtraDose, allowedAt: $0.end) }
    return judge(proposal, wait: wait, new, ledger) { _ in true }
  }
}
