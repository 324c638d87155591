internal import Quantities

// What a committed therapy itself says to a request.

extension Therapy {
  /// A bolus has a least and a most, in dose and in time.
  ///
  /// - Parameter perStep: what a step is worth, in units of account.
  func refusesSize(dose: Mass, duration: Nanoseconds, perStep: Int128) -> Refusal? {
    let least = scale.mass(Int128(Limits.bolusStepsMin) * perStep, rounded: .up)
    if dose < least {
      return Refusal(.bolusTooSmall, limit: least.nanograms, value: dose.nanograms)
    }
    // Above the day's limit no window could ever hold it whole.
    if dose > prescription.maxDose24h {
      return Refusal(
        .bolusTooLarge, limit: prescription.maxDose24h.nanograms, value: dose.nanograms)
    }
    if duration < Limits.bolusDurationMin || duration > Limits.bolusDurationMax {
      return Refusal(
        .bolusDurationOutOfRange,
        limit: duration < Limits.bolusDurationMin
          ? Limits.bolusDurationMin.count : Limits.bolusDurationMax.count,
        value: duration.count)
    }
    return nil
  }
}

extension WindowLimit.Source {
  func reason(isHour: Bool) -> RefusalReason {
    switch self {
    case .prescribedDose: isHour ? .doseLimit1h : .doseLimit24h
    case .rigVolume: isHour ? .volumeLimit1h : .volumeLimit24h
    }
  }
}

extension OrderInForce {
  /// Whether another order brings at no time more basal than this one, on schedule or as safe basal.
  /// Such a change is never refused.
  @inline(never)
  mutating func isNowhereBelow(_ new: inout Therapy) -> Bool {
    new.safeBasalQuantaPerDay <= therapy.safeBasalQuantaPerDay
      && new.schedule.isNowhereAbove(schedule)
  }
}
