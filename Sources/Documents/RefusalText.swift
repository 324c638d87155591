public import DosingCore
public import Quantities

extension RefusalReason {
  /// Stable, for programs.
  public var code: String {
    switch self {
    case .noTherapy: "no-therapy"
    case .stopped: "stopped"
    case .minimumBasal: "minimum-basal"
    case .safeBasal: "safe-basal"
    case .hardStop: "hard-stop"
    case .highAlarm: "high-alarm"
    case .notStopped: "not-stopped"
    case .noHistory: "no-history"
    case .hasHistory: "has-history"
    case .nothingToAcknowledge: "nothing-to-acknowledge"
    case .accountUncertain: "account-uncertain"
    case .storageFailed: "storage-failed"
    case .driveFails: "drive-fails"
    case .encoderLost: "encoder-lost"
    case .occluded: "occluded"
    case .orderNotValid: "order-not-valid"
    case .requestWaits: "request-waits"
    case .noHardStop: "no-hard-stop"
    case .deliveredOutOfRange: "delivered-out-of-range"
    case .extraDoseRunning: "extra-dose-running"
    case .noExtraDose: "no-extra-dose"
    case .nothingSounds: "nothing-sounds"
    case .reservoirLow: "reservoir-low"
    case .reservoirTooSmall: "reservoir-too-small"
    case .bolusTooSmall: "bolus-too-small"
    case .bolusTooLarge: "bolus-too-large"
    case .bolusDurationOutOfRange: "bolus-duration-out-of-range"
    case .flowAboveMaximum: "flow-above-maximum"
    case .noPatientBolus: "no-patient-bolus"
    case .lockout: "lockout"
    case .maxIn24h: "max-in-24h"
    case .doseLimit1h: "dose-limit-1h"
    case .doseLimit24h: "dose-limit-24h"
    case .volumeLimit1h: "volume-limit-1h"
    case .volumeLimit24h: "volume-limit-24h"
    case .otherDrug: "other-drug"
    case .otherConcentration: "other-concentration"
    case .programDuringExtraDose: "program-during-extra-dose"
    case .otherHead: "other-head"
    case .otherReservoir: "other-reservoir"
    case .otherLine: "other-line"
    case .lineMixes: "line-mixes"
    case .boundaryPasses: "boundary-passes"
    case .noDrugAtTip: "no-drug-at-tip"
    case .tooFastForOldDrug: "too-fast-for-old-drug"
    case .mixedDose1h: "mixed-dose-1h"
    case .mixedDose24h: "mixed-dose-24h"
    case .lineFull: "line-full"
    case .factorAbove5: "factor-above-5"
    case .refillOutOfOrder: "refill-out-of-order"
    case .concentrationOutOfRange: "concentration-out-of-range"
    case .moreThanReservoir: "more-than-reservoir"
    case .moreThanFits: "more-than-fits"
    case .mixtureOffLabel: "mixture-off-label"
    case .fluidElsewhere: "fluid-elsewhere"
    case .primeRuns: "prime-runs"
    case .nothingToPrime: "nothing-to-prime"
    case .notConnected: "not-connected"
    case .connected: "connected"
    case .primeAboveMaximum: "prime-above-maximum"
    case .primeVolume1h: "prime-volume-1h"
    case .primeVolume24h: "prime-volume-24h"
    }
  }
}

extension Refusal {
  /// One line: why, the limit, the value, and when the same request would be granted.
  public func sentence(decidedAt tick: Tick, tickPeriod: Nanoseconds) -> String {
    guard let allowedAt else { return why }
    let wait = Nanoseconds(max(0, (allowedAt - tick).count) * tickPeriod.count)
    return "\(why); allowed in \(wait.durationText)"
  }

  private var why: String {
    func mass(_ count: Int64) -> String { Mass(nanograms: count).shown(decimals: 3) }
    func volume(_ count: Int64) -> String { Volume(picolitres: count).shown(decimals: 4) }
    func strength(_ count: Int64) -> String { Concentration(baseUnits: count).fileText }
    func time(_ count: Int64) -> String { Nanoseconds(count).durationText }
    let doses =
      "with basal reserved first it would come to \(mass(value)), the limit is \(mass(limit))"
    let mixed =
      "the tip may give \(mass(value)), the limit is \(mass(limit)); order less, or empty the catheter"
    return switch reason {
    case .noTherapy: "the pump has no therapy; give it one with pumpctl program"
    case .stopped: "delivery is stopped; resume it first"
    case .minimumBasal: "basal is at minimum, on which no extra dose is given"
    case .safeBasal: "safe basal is running, on which no extra dose is given"
    case .hardStop: "the pump is in hard stop; look at it, then pumpctl clear"
    case .highAlarm: "a high alarm is on; see pumpctl status"
    case .notStopped: "delivery is not stopped by command"
    case .noHistory:
      "nothing is known of the last 24 h; say what was given, with pumpctl new"
    case .hasHistory: "the pump knows what was given in the last 24 h, and nobody said it"
    case .driveFails: "the motor takes no pulses, or does not turn; look at drive, lines and head"
    case .encoderLost: "nobody sees whether the head turns; look at the encoder"
    case .occluded:
      "the line is blocked, or was, and what was held back may come at once; look, acknowledge"
    case .orderNotValid:
      "this version would refuse the order in force; program it anew, then ask again"
    case .requestWaits: "another request is being written down; ask again in a moment"
    case .noHardStop: "the pump is not in hard stop"
    case .deliveredOutOfRange:
      "\(volume(value)) cannot have been given: rig, reservoir and the rest of the answer leave room for "
        + volume(limit)
    case .nothingToAcknowledge: "no alarm is on that nobody has acknowledged"
    case .accountUncertain:
      "what was delivered before the last start is not known; look, then pumpctl acknowledge"
    case .storageFailed: "nothing can be written down, so only stop and resume are obeyed"
    case .extraDoseRunning: "another extra dose is running"
    case .noExtraDose: "no extra dose is running"
    case .nothingSounds: "no alarm sounds: none is on, or all that are have been acknowledged"
    case .reservoirLow:
      "the reservoir is low: it holds \(volume(value)), extra doses need more than \(volume(limit))"
    case .reservoirTooSmall:
      "the reservoir can give \(volume(limit)), the dose and its basal need \(volume(value))"
    case .bolusTooSmall: "the dose is \(mass(value)), the least is \(mass(limit))"
    case .bolusTooLarge: "the dose is \(mass(value)), the limit in 24 h is \(mass(limit))"
    case .bolusDurationOutOfRange:
      "the duration is \(time(value)); accepted are \(time(Limits.bolusDurationMin.count)) to "
        + time(Limits.bolusDurationMax.count)
    case .flowAboveMaximum:
      "\(mass(value)) in that time and basal are more than the pump's "
        + FlowRate(picolitresPerDay: limit).shown(decimals: 3)
    case .noPatientBolus: "no patient bolus is prescribed"
    case .lockout:
      "lockout: \(time(limit)) after the last extra dose, of which \(time(value)) passed"
    case .maxIn24h: "\(value) patient boluses began in the last 24 h, the limit is \(limit)"
    case .doseLimit1h: "dose limit of any hour: \(doses)"
    case .doseLimit24h: "dose limit of any 24 h: \(doses)"
    case .volumeLimit1h: "the rig's volume limit of any hour: \(doses) at this concentration"
    case .volumeLimit24h: "the rig's volume limit of any 24 h: \(doses) at this concentration"
    case .otherDrug:
      "another drug than there is; it needs a stop, pumpctl line replaced with the tip in a beaker, "
        + "pumpctl refill begin --drug, the program for it, and a purge, before pumpctl line connected"
    case .otherConcentration where limit == 0:
      "the pump was never filled; see pumpctl prepare"
    case .otherConcentration:
      "\(Concentration(baseUnits: value).fileText) while \(Concentration(baseUnits: limit).fileText) "
        + "is in the reservoir; the order has to name what it holds"
    case .programDuringExtraDose: "an extra dose is running; only a decrease may end it"
    case .otherHead:
      "tick, volume of a revolution and steps are what the history of this pump is counted in; with others "
        + "it is a new pump: give it a state directory of its own"
    case .otherReservoir:
      "the reservoir holds \(volume(limit)), from which its contents are counted, not \(volume(value)); "
        + "with another one it is a new pump: give it a state directory of its own"
    case .otherLine:
      "tubing and catheter hold \(volume(limit)), in which two concentrations are on their way, not "
        + "\(volume(value)); ask again when one has passed the tip"
    case .lineMixes:
      "two concentrations are mixed at the tip; extra doses are given again when they have passed"
    case .boundaryPasses:
      "another concentration would come to the tip before it is over; ask again when that has passed"
    case .noDrugAtTip: "nothing is at the tip but liquid without drug"
    case .tooFastForOldDrug:
      "weaker drug is still in the line: it would need "
        + "\(FlowRate(picolitresPerDay: value).shown(decimals: 3)), the head has "
        + "\(FlowRate(picolitresPerDay: limit).shown(decimals: 3)); order less until it has passed"
    case .mixedDose1h: "dose limit of any hour: where two concentrations are mixed \(mixed)"
    case .mixedDose24h: "dose limit of any 24 h: where two concentrations are mixed \(mixed)"
    case .lineFull:
      "the line holds as many concentrations as can be told apart; ask again when one has passed the tip"
    case .factorAbove5:
      "\(strength(limit)) and \(strength(value)) differ by more than a factor of 5; "
        + "replace the line first, or take a strength between"
    case .refillOutOfOrder:
      "a refill is told in this order: begin, aspirated, filled, finish; pumpctl status says where it is"
    case .concentrationOutOfRange:
      "\(strength(value)) is no concentration of this drug; accepted are "
        + "\(strength(Limits.concentrationMin.baseUnits)) to \(strength(limit))"
    case .moreThanReservoir:
      "\(volume(value)) cannot have come out of a reservoir of \(volume(limit))"
    case .moreThanFits: "\(volume(value)) were filled, there is room for \(volume(limit))"
    case .primeRuns: "a prime or a purge runs; wait for its end, or stop"
    case .nothingToPrime: "the tip holds drug: there is nothing to fill"
    case .notConnected:
      "the line was replaced and nobody has said that it is connected; purge it, then pumpctl line connected"
    case .connected:
      "the line is connected; a purge is for one that was replaced, with its tip in a beaker"
    case .primeAboveMaximum:
      "if all of it mixes the tip gives \(mass(value)), max_prime_dose is \(mass(limit)); fill with less first"
    case .primeVolume1h:
      "it pushes \(volume(value)), the rig's volume limit of any hour leaves \(volume(limit))"
    case .primeVolume24h:
      "it pushes \(volume(value)), the rig's volume limit of any 24 h leaves \(volume(limit))"
    case .mixtureOffLabel:
      "with what stayed behind it holds \(strength(value)), the label says \(strength(limit)): more "
        + "than 5 % off; finish with --override REASON if that is wanted"
    case .fluidElsewhere:
      "told were \(volume(limit)), the load cell says \(volume(value)): the fluid may be elsewhere; look at the "
        + "reservoir, correct what was told, or finish with --override REASON"
    }
  }
}
