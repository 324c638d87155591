public import Quantities

// What becomes of a request: it is admitted, or refused, in the tick that comes next, before anything is
// decided in it. One that needs to be durable first waits; see `Transaction`.

extension DosingState {
  /// Decides a request in a tick that begins with it, or has begun.
  public mutating func decide(_ request: Request, at tick: Tick) -> Answer {
    if tick > now { reach(tick) }
    if let refusal = refuses(request) { return .refused(refusal) }
    if lease.isOn, request.changesState, !isDone(request) { happened.wantsCommit = true }
    if lease.isOn, !request.actsAtOnce, !isUnleased {
      waiting.open(request, at: now, commit: lease.proposed + 1)
    } else {
      carryOut(request)
      if lease.isOn, !request.actsAtOnce { noteActed(commit: lease.proposed + 1) }
    }
    watch()
    latch()
    return .accepted
  }

  /// What stands against a request; nil where it is granted.
  @inline(never)
  mutating func refuses(_ request: Request) -> Refusal? {
    // What is decided next hangs on what waits.
    if waiting.isOpen, !request.actsAtOnce { return Refusal(.requestWaits) }
    switch request {
    case .stop: return nil
    case .acknowledge:
      return board.acknowledged == board.on ? Refusal(.nothingToAcknowledge) : nil
    case .silence: return board.highestUnseen == nil ? Refusal(.nothingSounds) : nil
    case .propose(let change), .commit(let change): return refuses(change)
    case .bolus(let dose, let duration):
      return refuses(Admission.Asked(kind: .bolus, dose: dose, duration: duration))
    case .patientBolus: return refusesPatientBolus()
    case .cancelBolus: return refusesCancel()
    case .resume: return refusesResume()
    }
  }

  /// Does what was granted.
  @inline(never)
  mutating func carryOut(_ request: Request) {
    switch request {
    case .propose: break
    case .commit(let change): carryOut(change)
    case .bolus(let dose, let duration):
      start(Admission.Asked(kind: .bolus, dose: dose, duration: duration))
    case .patientBolus:
      if let bolus = therapy?.prescription.patientBolus {
        start(Admission.Asked(kind: .patientBolus, dose: bolus.dose, duration: bolus.duration))
      }
    case .cancelBolus:
      cancelExtraDose()
      endPrime()
    case .stop: stop()
    case .resume: end(.stopped)
    case .acknowledge: acknowledge()
    case .silence: board.pauseAudio(at: now, rig: rig)
    }
  }

  // MARK: Changes

  @inline(never)
  private mutating func refuses(_ change: Change) -> Refusal? {
    if isUnleased { return Refusal(.storageFailed) }
    if prime != nil { return Refusal(.primeRuns) }
    switch change {
    case .program(var new):
      return admission().refuses(
        program: &new, of: heldDrug(), inForce: &order, &ledger, &doses)
    case .clock(let change): return refuses(change)
    case .rig(let change): return refuses(change)
    case .new(let day, let hour): return refusesHistory(day: day, hour: hour)
    case .supply(let change): return refuses(change)
    case .clear: return board.on[.hardStop] ? nil : Refusal(.noHardStop)
    }
  }

  @inline(never)
  private mutating func carryOut(_ change: Change) {
    switch change {
    case .program(let therapy): commit(therapy)
    case .clock(let change): carryOut(change)
    // It is what the next start runs on.
    case .rig: break
    case .new(let day, let hour): state(day: day, hour: hour)
    case .supply(let change): carryOut(change)
    case .clear:
      end(.hardStop)
      end(.interlockDisagrees)
      end(.driveDisobeys)
      end(.freeFlow)
      // What moves it still, or runs, is seen anew.
      shaft = ShaftWatch()
      freeFlow = FreeFlowWatch()
      raise(.stopped)
    }
  }

  // MARK: Stop and resume

  /// A stop of what is stopped already: nothing is different after it, and nothing has to be written down.
  private func isDone(_ request: Request) -> Bool {
    guard case .stop = request else { return false }
    return board.on[.stopped] && doses.running == nil && prime == nil && !waiting.isOpen
  }

  /// Whoever stops wants it stopped, whatever waits: that never happened. Stopping twice is no error.
  private mutating func stop() {
    takeBack()
    cancelExtraDose()
    endPrime()
    raise(.stopped)
  }

  private mutating func refusesResume() -> Refusal? {
    if board.on[.hardStop] { return Refusal(.hardStop) }
    if !board.on[.stopped] { return Refusal(.notStopped) }
    return holdsOtherDrug() ? Refusal(.otherDrug) : nil
  }

  // MARK: Orders

  private mutating func commit(_ new: Therapy) {
    cancelExtraDose()
    adopt(new)
    if board.endAll(by: .commit) { happened.faultsChanged = true }
  }

  mutating func adopt(_ new: Therapy) {
    ledger.hourCeiling.commit(inForce: hourMost, bucket: ledger.hour.currentNumber)
    ledger.dayCeiling.commit(inForce: dayMost, bucket: ledger.day.currentNumber)
    order.replace(with: new)
    // A pump of which nobody has said what it holds is filled as its first order says.
    if !ledger.line.isFilled { ledger.line.fill(new.prescription.concentration) }
    ledger.lookAtTip()
  }

  // MARK: Extra doses

  mutating func admission() -> Admission {
    Admission(rig: rig, now: now, clock: therapyClock.at(now), mode: mode, board: board)
  }

  @inline(never)
  private mutating func refuses(_ asked: Admission.Asked) -> Refusal? {
    if prime != nil { return Refusal(.primeRuns) }
    return admission().refuses(asked, &order, &ledger, &doses)
  }

  private mutating func refusesPatientBolus() -> Refusal? {
    if prime != nil { return Refusal(.primeRuns) }
    return admission().refusesPatientBolus(&order, &ledger, &doses)
  }

  /// One that is being written down has not begun: whoever does not want it asks again, or stops.
  private mutating func refusesCancel() -> Refusal? {
    if doses.running != nil || prime != nil { return nil }
    return Refusal(waiting.isOpen ? .requestWaits : .noExtraDose)
  }

  private mutating func start(_ asked: Admission.Asked) {
    guard let therapy else { return }
    doses.start(
      ExtraDose(
        kind: asked.kind, units: therapy.scale.units(asked.dose),
        ticks: rig.wholeTicks(asked.duration), start: now))
  }

  // MARK: Faults that a person ends

  private mutating func acknowledge() {
    if board.acknowledge() { happened.faultsChanged = true }
  }
}
