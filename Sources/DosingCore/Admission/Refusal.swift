public import Quantities

/// Why a request was refused. `Refusal` says what its numbers mean for each.
public enum RefusalReason: UInt8, Sendable, BitwiseCopyable {
  // About the state of delivery: no numbers.
  case noTherapy = 1
  case stopped = 2
  case minimumBasal = 3
  case safeBasal = 4
  case hardStop = 5
  case highAlarm = 6
  case notStopped = 7
  case noHistory = 8
  case hasHistory = 9
  case nothingToAcknowledge = 10
  case accountUncertain = 11  // allowedAt: when it is certain again
  case storageFailed = 12
  case driveFails = 13
  case orderNotValid = 14
  /// Another request is not durable yet.
  case requestWaits = 15
  /// No hard stop is in force.
  case noHardStop = 16
  /// limit: what can have left the pump, value: what is said, pL
  case deliveredOutOfRange = 17
  /// Nobody sees whether the shaft turns.
  case encoderLost = 18
  /// The line is blocked, or was, and nobody has seen it yet.
  case occluded = 19
  // About extra doses.
  case extraDoseRunning = 20  // allowedAt: its end
  case reservoirLow = 21  // limit: low mark, value: contents, pL
  case reservoirTooSmall = 22  // limit: what may be taken, value: what is asked, pL
  case bolusTooSmall = 23  // ng
  case bolusTooLarge = 24  // ng
  case bolusDurationOutOfRange = 25  // ns
  case flowAboveMaximum = 26  // limit: pL/d, value: ng asked
  case noPatientBolus = 27
  case lockout = 28  // limit: lockout, value: time since it began, ns
  case maxIn24h = 29  // counts
  case doseLimit1h = 30  // ng
  case doseLimit24h = 31  // ng
  case volumeLimit1h = 32  // ng, at the committed concentration
  case volumeLimit24h = 33  // ng, at the committed concentration
  /// None runs that could be cancelled.
  case noExtraDose = 34
  /// No alarm is on that sounds.
  case nothingSounds = 35
  // About a program.
  case otherDrug = 40
  case otherConcentration = 41  // limit: what the reservoir holds, value: what is ordered, ng/mL
  case programDuringExtraDose = 42  // allowedAt: its end
  // About a rig.
  /// Its tick, volume of a revolution or steps of one are others than those of the pump's history.
  case otherHead = 50
  case otherReservoir = 51  // limit: the volume that is counted from, value: what is asked, pL
  case otherLine = 52  // limit: the volume that drug is on its way in, value: what is asked, pL
  // About the line.
  /// Two concentrations are mixed at the tip now.
  case lineMixes = 60
  /// A boundary between two concentrations would be at the tip before it is over.
  case boundaryPasses = 61
  /// Nothing is at the tip but liquid without drug.
  case noDrugAtTip = 62
  /// Old drug on its way would have to be pushed faster than the head may.
  case tooFastForOldDrug = 63  // limit: pL/d, value: pL/d
  /// What a boundary may give more where it is mixed does not fit beside basal.
  case mixedDose1h = 64  // ng
  case mixedDose24h = 65  // ng
  /// There is no room for one part more of another concentration.
  case lineFull = 67
  /// limit: what the reservoir holds, value: what is to be filled, ng/mL
  case factorAbove5 = 68
  // About a refill.
  case refillOutOfOrder = 70
  case concentrationOutOfRange = 71  // ng/mL
  case moreThanReservoir = 72  // pL
  case moreThanFits = 73  // pL
  case mixtureOffLabel = 74  // ng/mL
  /// The reservoir did not become more, or less, by what was told.
  case fluidElsewhere = 75  // limit: what was told, value: what was weighed, pL
  // About a prime.
  /// A prime or a purge runs.
  case primeRuns = 80
  /// The tip holds drug.
  case nothingToPrime = 81
  /// Nobody has said that the line is connected, or has said it already.
  case notConnected = 82
  case connected = 83
  /// limit: `max_prime_dose`, value: what the tip may give if all mixes, ng
  case primeAboveMaximum = 84
  case primeVolume1h = 85  // pL
  case primeVolume24h = 86  // pL
}

/// A refusal names the limit, the value that met it, and when the same request would be granted.
public struct Refusal: Sendable, BitwiseCopyable {
  public let reason: RefusalReason
  public let limit: Int64
  public let value: Int64
  /// The first tick at which the same request would be granted if nothing else happens; nil where waiting
  /// does not help, or, of a program, not within a day and a quarter.
  public let allowedAt: Tick?

  public init(
    _ reason: RefusalReason, limit: Int64 = 0, value: Int64 = 0, allowedAt: Tick? = nil
  ) {
    self.reason = reason
    self.limit = limit
    self.value = value
    self.allowedAt = allowedAt
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension RefusalReason: CaseIterable {}
#endif
