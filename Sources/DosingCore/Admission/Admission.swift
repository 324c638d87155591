internal import Quantities

/// Decides what may be granted, and from when on. It changes nothing.
///
/// What is large comes `inout` all the same: a compiler copies an argument that is merely lent before each
/// call, and the stack of a small machine has no room for that.
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
    _ asked: Asked, _ order: inout OrderInForce, _ ledger: inout Ledger, _ doses: inout ExtraDoses
  ) -> Refusal? {
    if let refusal = refusesByState(&ledger) { return refusal }
    guard order.exists else { return Refusal(.noTherapy) }
    if let refusal = order.therapy.refusesSize(
      dose: asked.dose, duration: asked.duration, perStep: worths(&order, &ledger).strongest)
    {
      return refusal
    }
    if let refusal = refusesByLine(at: ledger.account.steps, &ledger) { return refusal }
    var wait = waits(asked.kind, order.therapy.prescription.patientBolus, &doses)
    let even = EvenDose(
      units: order.therapy.scale.units(asked.dose), ticks: rig.wholeTicks(asked.duration))
    if wait == nil {
      let fast = firstFastEnough(even, &order, &ledger, from: now)
      if fast != now {
        wait = Refusal(
          .flowAboveMaximum, limit: rig.pump.maxRate.picolitresPerDay,
          value: asked.dose.nanograms, allowedAt: fast)
      } else if let refusal = refusesByContents(even, &order, &ledger, &doses, at: now) {
        return refusal
      }
    }
    if let wait, wait.allowedAt == nil { return wait }
    let proposal = propose(even, beside: &order, &ledger, &doses)
    return judge(proposal, wait: wait, &ledger) { tick, ledger in
      guard let fast = firstFastEnough(even, &order, &ledger, from: tick),
        refusesByContents(even, &order, &ledger, &doses, at: fast) == nil
      else { return nil }
      return fast
    }
  }

  /// The same for what the patient may ask for.
  func refusesPatientBolus(
    _ order: inout OrderInForce, _ ledger: inout Ledger, _ doses: inout ExtraDoses
  ) -> Refusal? {
    if let refusal = refusesByState(&ledger) { return refusal }
    guard order.exists else { return Refusal(.noTherapy) }
    guard let bolus = order.therapy.prescription.patientBolus else {
      return Refusal(.noPatientBolus)
    }
    let asked = Asked(kind: .patientBolus, dose: bolus.dose, duration: bolus.duration)
    return refuses(asked, &order, &ledger, &doses)
  }

  /// The states and faults in which nobody gets an extra dose.
  private func refusesByState(_ ledger: inout Ledger) -> Refusal? {
    if let reason = mode.refusesExtraDoses { return Refusal(reason) }
    guard let obstacle = board.effect.extras else { return nil }
    switch obstacle.reason {
    case .reservoirLow:
      let left = ledger.reservoir.contents(
        ledger.account.steps, doubts: ledger.stepsInDoubt, rig: rig)
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
    _ kind: ExtraDose.Kind, _ patientBolus: PatientBolus?, _ doses: inout ExtraDoses
  ) -> Refusal? {
    let certain =
      board.effect.extras?.reason == .accountUncertain
      ? board.expiry(of: .accountUncertain, rig: rig) : nil
    let end = doses.running?.end
    let bolus = kind == .patientBolus ? patientBolus : nil
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

  private func worths(
    _ order: inout OrderInForce, _ ledger: inout Ledger
  ) -> WorthsOnTheWay {
    ledger.worths(
      named: order.therapy.prescription.concentration, order.therapy.prescription.mode)
  }

  private func clock(at tick: Tick) -> WeekTime {
    clock.after(tick - now, of: rig.tick)
  }

  /// The first moment from a tick on, which is now or later, at which the head is fast enough for a dose
  /// beside basal, to its end; nil for never.
  @inline(never)
  private func firstFastEnough(
    _ even: EvenDose, _ order: inout OrderInForce, _ ledger: inout Ledger, from tick: Tick
  ) -> Tick? {
    // A step that is worth so much is of so much.
    let least = worths(&order, &ledger).weakest / ledger.perStepAtOne
    let weakest = Concentration(nanogramsPerMillilitre: Int64(clamping: least))
    let most = even.mostBasal(
      maxRate: rig.pump.maxRate, concentration: weakest, scale: order.therapy.scale)
    return order.schedule.ticksUntilSpan(of: even.ticks, atMost: most, from: clock(at: tick))
      .map { tick + TickCount($0) }
  }

  /// Whether the reservoir holds it, and no boundary passes the tip meanwhile, if it begins at a tick that is
  /// now or later. The later, the less the reservoir holds.
  @inline(never)
  private func refusesByContents(
    _ even: EvenDose, _ order: inout OrderInForce, _ ledger: inout Ledger,
    _ doses: inout ExtraDoses, at tick: Tick
  ) -> Refusal? {
    let worths = worths(&order, &ledger)
    let (weakest, strongest) = (worths.weakest, worths.strongest)
    let until = order.schedule.units(from: clock, ticks: (tick - now).count)
    let running = tick > now ? doses.running?.unitsLeft ?? 0 : 0
    let stepsUntil = (until + running) / weakest
    let basal = order.schedule.units(from: clock(at: tick), ticks: even.ticks)
    let steps = (even.units + basal + ledger.account.pending) / weakest + 1
    // A dose that would meet the empty mark on the way is refused, and so is one below the low mark.
    let upper = ledger.reservoir.upper(ledger.account.steps, doubts: ledger.stepsInDoubt)
    let made = Int128(upper) + stepsUntil
    let left = max(0, Int128(ledger.reservoir.stepsToEmpty) - made)
    let isLow = tick > now && made >= Int128(ledger.reservoir.stepsToLow)
    if steps > left || isLow {
      return Refusal(
        .reservoirTooSmall, limit: rig.volume(ofSteps: Int64(clamping: left)).picolitres,
        value: rig.volume(ofSteps: Int64(clamping: steps)).picolitres)
    }
    // Nobody knows how many steps it takes until then, but the least and the most.
    let first = ledger.account.steps + Int64(clamping: (until + running) / strongest)
    let last = ledger.account.steps + Int64(clamping: stepsUntil + steps)
    let mixes = ledger.line.mixes(from: first, to: last, doubts: ledger.stepsInDoubt)
    return mixes ? Refusal(.boundaryPasses) : nil
  }

  // MARK: Programs

  /// What stands against another order; nil where it may come into force now.
  ///
  /// - Parameter drug: what the reservoir holds; `.none` where nobody has said.
  func refuses(
    program new: inout Therapy, of drug: Label, inForce order: inout OrderInForce,
    _ ledger: inout Ledger, _ doses: inout ExtraDoses
  ) -> Refusal? {
    if mode == .hardStop { return Refusal(.hardStop) }
    if board.on[.noHistory] { return Refusal(.noHistory) }
    if drug != .none, new.prescription.drug != drug { return Refusal(.otherDrug) }
    if let refusal = refusesByLine(&new, &ledger) { return refusal }
    if order.exists, order.isNowhereBelow(&new) { return nil }
    let proposal = propose(&new, inForce: &order, &ledger, &doses)
    let wait = doses.running.map { Refusal(.programDuringExtraDose, allowedAt: $0.end) }
    return judge(proposal, wait: wait, &ledger) { tick, _ in tick }
  }

  /// What stands against limits of another rig; nil where they are no tighter, or hold what was given.
  ///
  /// - Parameter new: the order in force as it is on that rig.
  func refuses(
    onOtherRig new: inout Therapy, inForce order: inout OrderInForce, _ ledger: inout Ledger,
    _ doses: inout ExtraDoses
  ) -> Refusal? {
    let (hour, day) = (order.therapy.hour, order.therapy.day)
    if new.hour.steps >= hour.steps, new.day.steps >= day.steps { return nil }
    let proposal = propose(&new, inForce: &order, &ledger, &doses)
    return judge(proposal, wait: nil, &ledger) { tick, _ in tick }
  }

  /// What stands against another time on the therapy clock; nil where the schedule may be read by it now.
  func refuses(
    clock new: WeekTime, _ order: inout OrderInForce, _ ledger: inout Ledger,
    _ doses: inout ExtraDoses
  ) -> Refusal? {
    guard order.exists, order.mode == .flex, new != clock else { return nil }
    let proposal = propose(clock: new, &order, &ledger, &doses)
    let wait = doses.running.map { Refusal(.extraDoseRunning, allowedAt: $0.end) }
    return judge(proposal, wait: wait, &ledger) { tick, _ in tick }
  }

  // What is proposed is made apart, so that its judges do not pay for the frame.

  @inline(never)
  private func propose(
    _ new: inout Therapy, inForce order: inout OrderInForce, _ ledger: inout Ledger,
    _ doses: inout ExtraDoses
  ) -> Proposal {
    // Nothing that is stopped accrues until then.
    let runs = order.exists && (mode.delivers || board.effect.withheld != nil)
    let worths = ledger.worths(named: new.prescription.concentration, new.prescription.mode)
    return Proposal(
      now: now, clock: clock, clockAfter: clock, tick: rig.tick, pending: ledger.account.pending,
      hour: worths.limit(new.hour), day: worths.limit(new.day), scale: new.scale, worths: worths,
      before: runs
        ? order.therapy.mostBasal : Schedule(constant: 0, scale: new.scale, tick: rig.tick),
      after: new.mostBasal, extra: nil, running: doses.running)
  }

  @inline(never)
  private func propose(
    clock new: WeekTime, _ order: inout OrderInForce, _ ledger: inout Ledger,
    _ doses: inout ExtraDoses
  ) -> Proposal {
    let runs = mode.delivers || board.effect.withheld != nil
    let (scale, most) = (order.therapy.scale, order.therapy.mostBasal)
    let worths = worths(&order, &ledger)
    return Proposal(
      now: now, clock: clock, clockAfter: new, tick: rig.tick, pending: ledger.account.pending,
      hour: worths.limit(order.therapy.hour), day: worths.limit(order.therapy.day),
      scale: scale, worths: worths,
      before: runs ? most : Schedule(constant: 0, scale: scale, tick: rig.tick),
      after: most, extra: nil, running: doses.running)
  }

  @inline(never)
  private func propose(
    _ extra: EvenDose, beside order: inout OrderInForce, _ ledger: inout Ledger,
    _ doses: inout ExtraDoses
  ) -> Proposal {
    let basal = order.therapy.mostBasal
    let worths = worths(&order, &ledger)
    return Proposal(
      now: now, clock: clock, clockAfter: clock, tick: rig.tick, pending: ledger.account.pending,
      hour: worths.limit(order.therapy.hour), day: worths.limit(order.therapy.day),
      scale: order.therapy.scale, worths: worths, before: basal, after: basal, extra: extra,
      running: doses.running)
  }
}
