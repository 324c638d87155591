public import Quantities

// What becomes of a request: it is admitted, or refused, in the tick that comes next, before anything is
// decided in it. One that needs to be durable first waits; see `Transaction`.

extension DosingState {
  /// Decides a request in a tick that begins with it, or has begun.
  public mutating func decide(_ request: Request, at tick: Tick) -> Answer {
    if tick > now { reach(tick) }
    if let refusal = refuses(request) { return .refused(refusal) }
    if lease.isOn, request.changesState { happened.wantsCommit = true }
    if lease.isOn, !request.actsAtOnce, !isUnleased {
      waiting = Transaction(request, at: now, commit: lease.proposed + 1)
    } else {
      carryOut(request)
      if lease.isOn, !request.actsAtOnce { noteActed(commit: lease.proposed + 1) }
    }
    watch()
    latch()
    return .accepted
  }

  /// What stands against a request; nil where it is granted.
  func refuses(_ request: Request) -> Refusal? {
    switch request {
    case .stop: return nil
    case .acknowledge: return endsByAcknowledging ? nil : Refusal(.nothingToAcknowledge)
    case .program, .propose, .bolus, .patientBolus, .resume, .new, .clear: break
    }
    // What is decided next hangs on what this one comes to.
    if waiting.isOpen, request.changesState { return Refusal(.requestWaits) }
    switch request {
    case .program(let therapy), .propose(let therapy): return refusesProgram(therapy)
    case .bolus(let dose, let duration):
      return refuses(Admission.Asked(kind: .bolus, dose: dose, duration: duration))
    case .patientBolus: return refusesPatientBolus
    case .resume: return refusesResume
    case .new(let day, let hour): return refusesHistory(day: day, hour: hour)
    case .clear:
      if isUnleased { return Refusal(.storageFailed) }
      return board.on[.hardStop] ? nil : Refusal(.noHardStop)
    case .stop, .acknowledge: return nil
    }
  }

  /// Does what was granted.
  mutating func carryOut(_ request: Request) {
    switch request {
    case .propose: break
    case .program(let therapy): commit(therapy)
    case .bolus(let dose, let duration):
      start(Admission.Asked(kind: .bolus, dose: dose, duration: duration))
    case .patientBolus:
      if let bolus = therapy?.prescription.patientBolus {
        start(Admission.Asked(kind: .patientBolus, dose: bolus.dose, duration: bolus.duration))
      }
    case .stop: stop()
    case .resume: end(.stopped)
    case .acknowledge: acknowledge()
    case .new(let day, let hour): state(day: day, hour: hour)
    case .clear:
      end(.hardStop)
      end(.interlockDisagrees)
      raise(.stopped)
    }
  }

  // MARK: Stop and resume

  /// Whoever stops wants it stopped, whatever waits: that never happened. Stopping twice is no error.
  private mutating func stop() {
    takeBack()
    cancelExtraDose()
    raise(.stopped)
  }

  private var refusesResume: Refusal? {
    if board.on[.hardStop] { return Refusal(.hardStop) }
    return board.on[.stopped] ? nil : Refusal(.notStopped)
  }

  // MARK: Orders

  private func refusesProgram(_ new: Therapy) -> Refusal? {
    if isUnleased { return Refusal(.storageFailed) }
    return admission.refuses(program: new, inForce: therapy, ledger, doses)
  }

  private mutating func commit(_ new: Therapy) {
    cancelExtraDose()
    adopt(new)
    if board.endAll(by: .commit) { happened.faultsChanged = true }
  }

  mutating func adopt(_ new: Therapy) {
    ledger.hourCeiling.commit(inForce: hourStepsMax, bucket: ledger.hour.currentNumber)
    ledger.dayCeiling.commit(inForce: dayStepsMax, bucket: ledger.day.currentNumber)
    take(new)
    ledger.account.perStep = new.scale.perStep
  }

  // MARK: Extra doses

  private var admission: Admission {
    Admission(rig: rig, now: now, clock: clock(at: now), mode: mode, board: board)
  }

  private func refuses(_ asked: Admission.Asked) -> Refusal? {
    admission.refuses(asked, therapy: therapy, ledger, doses)
  }

  private var refusesPatientBolus: Refusal? {
    admission.refusesPatientBolus(therapy: therapy, ledger, doses)
  }

  private mutating func start(_ asked: Admission.Asked) {
    guard let therapy else { return }
    doses.start(
      ExtraDose(
        kind: asked.kind, units: therapy.scale.units(asked.dose),
        ticks: rig.wholeTicks(asked.duration), start: now))
  }

  // MARK: Faults that a person ends

  private var endsByAcknowledging: Bool {
    for index in 0..<FaultCode.count {
      if let fault = board[index], FaultRow(of: fault.code).end == .acknowledge { return true }
    }
    return false
  }

  private mutating func acknowledge() {
    if board.endAll(by: .acknowledge) { happened.faultsChanged = true }
  }
}
