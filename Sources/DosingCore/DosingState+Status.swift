internal import Quantities

extension DosingState {
  /// Writes what a person is shown. Allocates nothing; rounds only here.
  public func report(to status: inout Status) {
    status.mode = mode
    status.now = now
    status.tickPeriod = rig.tick
    status.clock = clock(at: now).sinceMonday
    status.steps = account.steps
    status.stepsInDoubt = stepsInDoubt
    status.durableCommit = durableCommit
    status.deliveredVolume = rig.volume(ofSteps: account.steps)
    status.reservoir = reservoirContents
    status.reservoirLow = rig.reservoir.low
    status.reservoirEmpty = rig.reservoir.empty
    status.reservoirVolume = rig.reservoir.volume
    for index in 0..<AlarmCode.count {
      status.alarms[index] =
        alarms[index].map {
          ShownAlarm(priority: $0.priority.rawValue, raised: $0.raised)
        } ?? ShownAlarm()
    }
    if let therapy { report(therapy, to: &status) }
  }

  private func report(_ therapy: Therapy, to status: inout Status) {
    let scale = therapy.scale
    func mass(_ units: Int64) -> Mass { scale.mass(units, rounded: .down) }
    status.patient = therapy.prescription.patient
    status.drug = therapy.prescription.drug
    status.concentration = therapy.prescription.concentration

    let (basal, extra) = unitsPerTick
    status.basalRate = scale.rate(perTick: basal)
    status.extraRate = scale.rate(perTick: extra)
    status.flow =
      FlowRate(
        of: scale.rate(perTick: basal + extra), at: status.concentration, rounded: .down) ?? .zero
    status.nextChange = nextScheduledChange(in: therapy)

    status.deliveredMass = mass(account.steps * account.perStep)
    status.massInDoubt = mass(stepsInDoubt * account.perStep)
    status.prescribedMass = mass(account.prescribed)
    for index in 0..<Account.Deficit.count {
      status.deficits[index] = mass(account.deficit(at: index))
    }
    status.deliveredToday = mass(today.steps(account) * account.perStep)
    status.prescribedToday = mass(today.prescribed(account))
    status.usedHour = mass(hour.stepsTotal * account.perStep)
    status.limitHour = mass(therapy.hour.units)
    status.usedDay = mass(day.stepsTotal * account.perStep)
    status.limitDay = mass(therapy.day.units)

    status.extraDose = extraDose.map {
      RunningExtraDose(kind: $0.kind, dose: mass($0.units), left: mass($0.unitsLeft), end: $0.end)
    }
    status.patientBolus = therapy.prescription.patientBolus.map {
      PatientBolusState(
        dose: $0.dose, allowedAt: patientBolusAllowedAt ?? now,
        givenIn24h: Int64(patientBolusesIn24h), maxIn24h: Int64($0.maxIn24h))
    }
  }

  /// The next time at which the schedule's rate differs from now; nil where it never does.
  private func nextScheduledChange(in therapy: Therapy) -> ScheduledChange? {
    guard mode == .flex else { return nil }
    let schedule = therapy.schedule
    let rate = schedule.unitsPerTick(at: clock(at: now))
    var tick = now
    while (tick - now).count < rig.ticks(WeekTime.week) {
      tick = tick + TickCount(schedule.ticksLeft(at: clock(at: tick)))
      let next = schedule.unitsPerTick(at: clock(at: tick))
      if next != rate {
        return ScheduledChange(at: tick, rate: therapy.scale.rate(perTick: next))
      }
    }
    return nil
  }
}
