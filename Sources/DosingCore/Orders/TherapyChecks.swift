internal import Quantities

// What a prescription must satisfy before it is a therapy. Each check appends what it finds; the
// rules and their wording are listed in `Finding.Rule`.

extension Prescription {
  /// Checks that need no rig: ranges, and that the patterns make a week.
  public func checkShape(into findings: inout Findings) {
    if concentration < Limits.concentrationMin || concentration > Limits.concentrationMax {
      findings.append(
        Finding(
          .concentrationOutOfRange, value: concentration.baseUnits,
          bound: Limits.concentrationMax.baseUnits))
    }
    checkDose(maxDose1h, into: &findings)
    checkDose(maxDose24h, into: &findings)
    if maxDose1h > maxDose24h {
      findings.append(
        Finding(
          .hourDoseLimitAboveDayDoseLimit, value: maxDose1h.nanograms, bound: maxDose24h.nanograms))
    }
    if mode.delivers { checkPatterns(into: &findings) }
    if let patientBolus {
      checkDose(patientBolus.dose, into: &findings)
      patientBolus.checkShape(into: &findings)
    }
  }

  /// A mass that keeps the arithmetic within its bounds: what `Limits.volumeMax` could hold.
  private func checkDose(_ dose: Mass, into findings: inout Findings) {
    guard let most = Mass(in: Limits.volumeMax, at: concentration, rounded: .down),
      dose > .zero, dose <= most
    else {
      findings.append(Finding(.doseOutOfRange, value: dose.nanograms))
      return
    }
  }

  private func checkPatterns(into findings: inout Findings) {
    guard (1...Limits.patternsMax).contains(patternCount) else {
      findings.append(Finding(.dayWithoutPattern))
      return
    }
    for weekday in 0..<7 where week[weekday] >= patternCount {
      findings.append(Finding(.dayWithoutPattern, value: Int64(weekday)))
    }
    for pattern in 0..<patternCount {
      checkPattern(pattern, into: &findings)
      var used = false
      for weekday in 0..<7 where Int(week[weekday]) == pattern { used = true }
      if !used { findings.append(Finding(.patternUnused, pattern: pattern)) }
    }
  }

  private func checkPattern(_ pattern: Int, into findings: inout Findings) {
    let count = patterns[pattern].count
    guard (1...Limits.stepsPerDayMax).contains(count) else {
      findings.append(Finding(.patternEmpty, pattern: pattern))
      return
    }
    let first = patterns[pattern].steps[0].minute
    if first != 0 {
      findings.append(
        Finding(.patternNotFromMidnight, pattern: pattern, step: 0, value: Int64(first)))
    }
    for step in 1..<max(1, count) {
      let minute = patterns[pattern].steps[step].minute
      let before = patterns[pattern].steps[step - 1].minute
      if minute <= before || minute >= 24 * 60 {
        findings.append(
          Finding(
            .stepsOutOfOrder, pattern: pattern, step: step, value: Int64(minute),
            bound: Int64(before)))
      }
    }
  }

  /// Whether each rate is one that a head within `Limits` could bring, whatever else speaks against it.
  var isCountable: Bool {
    guard let most = DoseRate(of: Limits.flowMax, at: concentration, rounded: .down) else {
      return false
    }
    guard mode.delivers else { return true }
    if let safeBasal, safeBasal > most { return false }
    for pattern in 0..<patternCount {
      for step in 0..<patterns[pattern].count where patterns[pattern].steps[step].rate > most {
        return false
      }
    }
    return true
  }

  /// Checks each rate against the pump head.
  func checkRates(on rig: Rig, scale: AccountScale, into findings: inout Findings) {
    guard mode.delivers else { return }
    if let safeBasal, ruleBroken(by: safeBasal, on: rig) == .rateAboveMaximum {
      // Beyond every day of the schedule, and perhaps beyond what can be counted.
      let most = DoseRate(of: rig.pump.maxRate, at: concentration, rounded: .down)
      findings.append(
        Finding(
          .safeBasalAboveLeanestDay, value: safeBasal.nanogramsPerDay,
          bound: most?.nanogramsPerDay ?? Int64.max))
    }
    for pattern in 0..<patternCount {
      for step in 0..<patterns[pattern].count {
        let rate = patterns[pattern].steps[step].rate
        if let rule = ruleBroken(by: rate, on: rig) {
          let bound = rule == .rateAboveMaximum ? rig.pump.maxRate : rig.pump.minRate
          findings.append(
            Finding(
              rule, pattern: pattern, step: step, value: rate.nanogramsPerDay,
              bound: DoseRate(
                of: bound, at: concentration, rounded: rule == .rateAboveMaximum ? .down : .up)?
                .nanogramsPerDay ?? Int64.max))
        }
      }
    }
  }

  private func ruleBroken(by rate: DoseRate, on rig: Rig) -> Finding.Rule? {
    if rate == .zero { return .rateZero }
    // dose / concentration against a flow, without dividing.
    let dose = Int128(rate.nanogramsPerDay) * 1_000_000_000
    let strength = Int128(concentration.nanogramsPerMillilitre)
    if dose < Int128(rig.pump.minRate.picolitresPerDay) * strength { return .rateBelowMinimum }
    if dose > Int128(rig.pump.maxRate.picolitresPerDay) * strength { return .rateAboveMaximum }
    return nil
  }
}

extension PatientBolus {
  fileprivate func checkShape(into findings: inout Findings) {
    if duration < Limits.bolusDurationMin || duration > Limits.bolusDurationMax {
      findings.append(
        Finding(
          .patientBolusDurationOutOfRange, value: duration.count,
          bound: Limits.bolusDurationMax.count))
    }
    if lockout < Limits.lockoutMin || lockout > Limits.lockoutMax {
      findings.append(
        Finding(
          .patientBolusLockoutOutOfRange, value: lockout.count, bound: Limits.lockoutMax.count))
    }
    if !(1...Limits.patientBolusesIn24hMax).contains(maxIn24h) {
      findings.append(
        Finding(
          .patientBolusCountOutOfRange, value: Int64(maxIn24h),
          bound: Int64(Limits.patientBolusesIn24hMax)))
    }
  }
}

extension Therapy {
  /// Basal is reserved first, so it has to fit each limit by itself. The bound of a finding is the
  /// smallest limit that would do.
  func checkLimits(on rig: Rig, into findings: inout Findings) {
    checkLimit(
      hour, doseRule: .hourLimitBelowBasal, volumeRule: .rigHourLimitBelowBasal,
      tighterRule: .rigHourLimitTighter, dose: prescription.maxDose1h, volume: rig.maxVolume1h,
      into: &findings)
    checkLimit(
      day, doseRule: .dayLimitBelowBasal, volumeRule: .rigDayLimitBelowBasal,
      tighterRule: .rigDayLimitTighter, dose: prescription.maxDose24h, volume: rig.maxVolume24h,
      into: &findings)
  }

  private func checkLimit(
    _ limit: WindowLimit, doseRule: Finding.Rule, volumeRule: Finding.Rule,
    tighterRule: Finding.Rule, dose: Mass, volume: Volume, into findings: inout Findings
  ) {
    if limit.source == .rigVolume {
      findings.append(Finding(tighterRule, value: dose.nanograms, bound: volume.picolitres))
    }
    guard limit.reservedForBasal > limit.units else { return }
    let least = scale.mass(limit.reservedForBasal, rounded: .up)
    switch limit.source {
    case .prescribedDose:
      findings.append(Finding(doseRule, value: dose.nanograms, bound: least.nanograms))
    case .rigVolume:
      let volumeNeeded = Volume(of: least, at: prescription.concentration, rounded: .up)
      findings.append(
        Finding(
          volumeRule, value: volume.picolitres, bound: volumeNeeded?.picolitres ?? Int64.max))
    }
  }

  /// Safe basal replaces a day's mean, so it may not exceed that of the leanest day.
  func checkSafeBasal(on rig: Rig, into findings: inout Findings) {
    guard prescription.mode.delivers else {
      if prescription.mode == .minimum { findings.append(Finding(.withdrawalInMinimum)) }
      if prescription.safeBasal != nil { findings.append(Finding(.safeBasalUnused)) }
      return
    }
    guard let safeBasal = prescription.safeBasal else {
      findings.append(Finding(.safeBasalMissing))
      return
    }
    let floor = DoseRate(of: rig.pump.minRate, at: prescription.concentration, rounded: .up)
    if let floor, safeBasal < floor {
      findings.append(
        Finding(
          .safeBasalBelowMinimum, value: safeBasal.nanogramsPerDay, bound: floor.nanogramsPerDay))
    }
    let leanest = scale.mass(schedule.leanestDayUnits(), rounded: .down)
    if safeBasal.nanogramsPerDay > leanest.nanograms {
      findings.append(
        Finding(
          .safeBasalAboveLeanestDay, value: safeBasal.nanogramsPerDay, bound: leanest.nanograms))
    }
  }

  /// What the patient may ask for must be a possible bolus; whether the limits leave room for it is
  /// a warning, because allotments are not reserved.
  func checkPatientBolus(on rig: Rig, into findings: inout Findings) {
    guard let bolus = prescription.patientBolus else { return }
    let units = scale.units(bolus.dose)
    let least = Int128(Limits.bolusStepsMin) * scale.perStep
    if units < least {
      findings.append(
        Finding(
          .patientBolusTooSmall, value: bolus.dose.nanograms,
          bound: scale.mass(least, rounded: .up).nanograms))
      return
    }
    let flow = EvenDose(units: units, ticks: rig.wholeTicks(bolus.duration))
    let most = flow.mostBasal(
      maxRate: rig.pump.maxRate, concentration: prescription.concentration, scale: scale)
    if schedule.peakUnitsPerTick > most {
      findings.append(Finding(.patientBolusRateAboveMaximum, value: bolus.dose.nanograms))
    }
    let roomInDay = day.units - day.reservedForBasal
    let inAnHour = flow.unitsAccrued(
      after: rig.ticks(Limits.hourBucket) * Int64(Limits.hourBuckets), rounded: .up)
    if units > roomInDay || inAnHour > hour.units - hour.reservedForBasal {
      findings.append(Finding(.patientBolusNeverGranted, value: bolus.dose.nanograms))
      return
    }
    if units * Int128(bolus.maxIn24h) > roomInDay {
      findings.append(
        Finding(
          .patientBolusesNotAllGranted, value: Int64(bolus.maxIn24h),
          bound: Int64(clamping: roomInDay / units)))
    }
  }
}
