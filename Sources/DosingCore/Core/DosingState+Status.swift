internal import Quantities

extension DosingState {
  /// Writes what a person is shown. Allocates nothing; rounds only here, and to what a frame can hold.
  public mutating func report(to status: inout Status) {
    status.mode = mode
    status.now = now
    status.tickPeriod = rig.tick
    status.clock = clock(at: now).sinceMonday
    status.utcOffset = utcOffset
    status.clockSource = therapyClock.source
    status.clockBehind = therapyClock.behind
    status.steps = account.steps
    status.stepsInDoubt = stepsInDoubt
    status.hourSteps = ledger.hour.stepsTotal
    status.daySteps = ledger.day.stepsTotal
    status.durableCommit = durableCommit
    status.deliveredVolume = rig.volume(ofSteps: account.steps)
    status.reservoir = reservoirContents
    status.reservoirLow = rig.reservoir.low
    status.reservoirEmpty = rig.reservoir.empty
    status.reservoirVolume = rig.reservoir.volume
    (status.rigLimitHour, status.rigLimitDay) = (rig.maxVolume1h, rig.maxVolume24h)
    for index in 0..<FaultCode.count {
      status.faults[index] =
        board[index].map {
          ShownFault(
            priority: $0.priority.rawValue, raised: $0.raised,
            isAcknowledged: board.acknowledged[$0.code])
        } ?? ShownFault()
    }
    status.silentUntil = board.silentUntil
    reportLine(to: &status.line)
    reportRefill(to: &status.refill)
    if let therapy { report(therapy, to: &status) }
  }

  private func report(_ therapy: Therapy, to status: inout Status) {
    let scale = therapy.scale
    func mass(_ units: Int128) -> Mass { scale.mass(units, rounded: .down) }
    func mass(ofGift gift: Int64) -> Mass { mass(Int128(gift) * ledger.perStepAtOne) }
    let charges = ledger.line.charges(after: account.steps)
    status.patient = therapy.prescription.patient
    status.drug = therapy.prescription.drug
    status.concentration = therapy.prescription.concentration

    let (basal, extra) = unitsPerTick
    let worths = WorthsOnTheWay(
      charges, perStepAtOne: ledger.perStepAtOne, named: therapy.prescription.concentration,
      therapy.prescription.mode)
    status.basalRate = scale.rate(perTick: basal)
    status.extraRate = scale.rate(perTick: extra)
    let (charged, rate) = (chargedConcentration, scale.rate(perTick: basal + extra))
    status.flow =
      charged > .zero ? FlowRate(of: rate, at: charged, rounded: .down) ?? .zero : .zero
    status.nextChange = nextScheduledChange(in: therapy)

    status.deliveredMass = mass(account.delivered)
    status.massInDoubt = mass(Int128(stepsInDoubt) * Int128(charges.most) * ledger.perStepAtOne)
    status.prescribedMass = mass(account.prescribed)
    for index in 0..<Account.Deficit.count {
      status.deficits[index] = mass(account.deficit(at: index))
    }
    status.deliveredToday = mass(ledger.today.delivered(account))
    status.prescribedToday = mass(ledger.today.prescribed(account))
    status.usedHour = mass(ofGift: ledger.hour.giftTotal)
    status.limitHour = mass(worths.limit(therapy.hour).units)
    status.usedDay = mass(ofGift: ledger.day.giftTotal)
    status.limitDay = mass(worths.limit(therapy.day).units)

    status.extraDose = extraDose.map {
      RunningExtraDose(kind: $0.kind, dose: mass($0.units), left: mass($0.unitsLeft), end: $0.end)
    }
    status.lastDose = shownLastDose
    status.patientBolus = therapy.prescription.patientBolus.map {
      PatientBolusState(
        dose: $0.dose, allowedAt: patientBolusAllowedAt ?? now,
        givenIn24h: Int64(patientBolusesIn24h), maxIn24h: Int64($0.maxIn24h))
    }
  }

  /// The newest extra dose that is over; nil for none.
  public var shownLastDose: ShownEndedDose? {
    guard let scale = therapy?.scale else { return nil }
    return doses.last.map {
      ShownEndedDose(
        kind: $0.kind, dose: scale.mass($0.units, rounded: .down),
        cancelled: scale.mass($0.discarded, rounded: .down), end: $0.end)
    }
  }

  /// The next time at which the schedule's rate differs from now; nil where it never does.
  private func nextScheduledChange(in therapy: Therapy) -> ScheduledChange? {
    guard mode == .flex,
      let left = order.schedule.ticksUntilChange(at: clock(at: now))
    else { return nil }
    let at = now + TickCount(left)
    return ScheduledChange(
      at: at, rate: therapy.scale.rate(perTick: order.schedule.unitsPerTick(at: clock(at: at))))
  }
}
