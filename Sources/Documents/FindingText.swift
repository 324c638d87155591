public import DosingCore
internal import Quantities

extension Finding {
  /// One line: what is wrong, what is accepted, what to do.
  public var sentence: String {
    func mass(_ count: Int64) -> String { Mass(nanograms: count).fileText }
    func volume(_ count: Int64) -> String { Volume(picolitres: count).fileText }
    func rate(_ count: Int64) -> String { DoseRate(nanogramsPerDay: count).fileText }
    func flow(_ count: Int64) -> String { FlowRate(picolitresPerDay: count).fileText }
    func percent(_ count: Int64) -> String { percentText(permille: count) }
    func time(_ count: Int64) -> String { Nanoseconds(count).durationText }
    func milliseconds(_ count: Int64) -> String {
      Nanoseconds(count).text(in: Unit("ms", 1_000_000))
    }
    func pressure(_ count: Int64) -> String { Pressure(pascals: count).fileText }
    func milligrams(_ count: Int64) -> String { Weight(baseUnits: count).fileText }
    func clock(_ minute: Int64) -> String {
      WeekTime(weekday: 0, minute: Int(minute)).clockText
    }
    let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return switch rule {
    case .tickOutOfRange: "the tick is \(milliseconds(value)); accepted are 1 to 100 ms"
    case .tickDoesNotDivideMinute:
      "a tick of \(milliseconds(value)) does not divide a minute; accepted are 1, 2, 5, 10, 20 ms "
        + "and so on"
    case .stepVolumeOutOfRange:
      "\(volume(value)) in \(bound) steps; accepted are 1 pL a step to 10 mL a revolution"
    case .ratesOutOfOrder:
      "rates have to be 0 < keep_open_rate <= min_rate < max_rate; here they are "
        + "\(flow(value)) to \(flow(bound))"
    case .maxRateAboveOneStepPerTick:
      "max_rate \(flow(value)) needs more than one step a tick; at most \(flow(bound)), "
        + "or a shorter tick"
    case .reservoirOutOfOrder:
      "volumes have to be 0 < empty < low < volume; low is \(volume(value)) of \(volume(bound))"
    case .rigLimitBelowOneStep:
      "max_volume_1h \(volume(value)) holds no step of \(volume(bound))"
    case .rigHourLimitAboveDayLimit:
      "max_volume_1h \(volume(value)) is above max_volume_24h \(volume(bound))"
    case .lineBelowLeast:
      "tubing and catheter hold \(volume(value)); the least is \(volume(bound)), "
        + "\(Limits.lineStepsMin) steps"
    case .lineAboveMost: "tubing and catheter hold \(volume(value)); the most is \(volume(bound))"
    case .lineNotBelowReservoir:
      "tubing and catheter hold \(volume(value)), which has to be less than the reservoir's "
        + volume(bound)
    case .accuracyOutOfRange:
      "an accuracy of \(percent(value)); accepted are 0 % to \(percent(bound))"
    case .lineToleranceOutOfRange:
      "a tolerance of \(percent(value)); accepted are 0 % to \(percent(bound))"
    case .lineMixingOutOfRange:
      "mixing of \(percent(value)); accepted are \(percent(bound)), which is accuracy and tolerance, to "
        + "100 %"
    case .primeRateOutOfRange:
      "prime_rate \(flow(value)) is beyond \(flow(bound)); accepted are min_rate to max_rate"
    case .residueOutOfRange:
      "a residue of \(volume(value)); accepted are 0 mL to less than the volume of \(volume(bound))"
    case .maxPrimeDoseOutOfRange:
      "max_prime_dose \(mass(value)); accepted is more than 0 ug, to \(mass(bound))"
    case .weighingErrorOutOfRange:
      "an error of \(milligrams(value)); accepted are 1 mg to \(milligrams(bound))"
    case .weighingDriftOutOfRange:
      "a drift of \(milligrams(value)) a day; accepted are 0 mg to \(milligrams(bound))"
    case .occlusionOutOfRange:
      "an occlusion of \(pressure(value)); accepted are \(pressure(Limits.occlusionMin.pascals)) to "
        + pressure(bound)
    case .occlusionRiseOutOfRange:
      "a rise of \(pressure(value)); accepted are \(pressure(Limits.occlusionRiseMin.pascals)) to the "
        + "occlusion of \(pressure(bound))"
    case .concentrationOutOfRange:
      "\(Concentration(baseUnits: value).fileText) is outside "
        + "\(Limits.concentrationMin.fileText) to \(Limits.concentrationMax.fileText)"
    case .dayWithoutPattern:
      "\(weekdays.indices.contains(Int(value)) ? weekdays[Int(value)] : "a day") has no pattern"
    case .patternEmpty: "the pattern has no steps; give it one from \"00:00\""
    case .patternNotFromMidnight:
      "the first step is from \(clock(value)); it has to be from \"00:00\""
    case .stepsOutOfOrder:
      "the step from \(clock(value)) does not come after the one from \(clock(bound)); order them"
    case .rateZero: "a rate of zero; to deliver nothing use basal mode minimum or stopped"
    case .rateBelowMinimum:
      "\(rate(value)) is below the pump's least, \(rate(bound)) at this concentration"
    case .rateAboveMaximum:
      "\(rate(value)) is above the pump's most, \(rate(bound)) at this concentration"
    case .hourLimitBelowBasal, .dayLimitBelowBasal:
      "\(mass(value)) does not hold the basal itself; the smallest that would do is \(mass(bound))"
    case .rigHourLimitBelowBasal, .rigDayLimitBelowBasal:
      "the rig's limit of \(volume(value)) does not hold the basal itself; the smallest that would "
        + "do is \(volume(bound))"
    case .hourDoseLimitAboveDayDoseLimit:
      "max_dose_1h \(mass(value)) is above max_dose_24h \(mass(bound))"
    case .patientBolusTooSmall:
      "a dose of \(mass(value)) is too small; the least is \(mass(bound))"
    case .patientBolusDurationOutOfRange:
      "a duration of \(time(value)); accepted are 1 min to \(time(bound))"
    case .patientBolusLockoutOutOfRange:
      "a lockout of \(time(value)); accepted are 1 min to \(time(bound))"
    case .patientBolusCountOutOfRange: "max_in_24h \(value); accepted are 1 to \(bound)"
    case .patientBolusRateAboveMaximum:
      "\(mass(value)) in that time and the highest basal are more than max_rate; make it longer"
    case .safeBasalMissing: "key 'safe_basal' is missing; this basal needs it"
    case .safeBasalBelowMinimum:
      "\(rate(value)) is below the pump's least, \(rate(bound)) at this concentration"
    case .safeBasalAboveLeanestDay:
      "\(rate(value)) is above the mean of the leanest day, \(rate(bound))"
    case .doseOutOfRange: "a dose of \(mass(value)) is zero or beyond all reason"
    case .patternUnused: "no day uses the pattern"
    case .rigHourLimitTighter, .rigDayLimitTighter:
      "the rig's \(volume(bound)) is tighter than \(mass(value)), and binds"
    case .patientBolusNeverGranted:
      "the limits never leave room for \(mass(value)) on top of basal"
    case .patientBolusesNotAllGranted:
      "the limits leave room for \(bound) of \(value) boluses in 24 h"
    case .withdrawalInMinimum:
      "minimum keeps the line open and treats nobody; withdrawal of baclofen can kill"
    case .safeBasalUnused: "safe_basal has no effect in this mode"
    }
  }
}
