/// What is wrong with a rig or a prescription, or worth a warning.
///
/// `value` and `bound` are in the base unit of the quantity that the rule is about; `Documents` has
/// a sentence for each rule.
public struct Finding: Sendable, BitwiseCopyable {
  public enum Rule: UInt8, Sendable, BitwiseCopyable {
    // The rig.
    case tickOutOfRange = 1
    case tickDoesNotDivideMinute = 2
    case stepVolumeOutOfRange = 3
    case ratesOutOfOrder = 4
    case maxRateAboveOneStepPerTick = 5
    case reservoirOutOfOrder = 6
    case rigLimitBelowOneStep = 7
    case rigHourLimitAboveDayLimit = 8
    case lineBelowLeast = 9
    case lineAboveMost = 10
    case lineNotBelowReservoir = 11
    case accuracyOutOfRange = 12  // thousandths
    case lineToleranceOutOfRange = 13  // thousandths
    case lineMixingOutOfRange = 14  // thousandths; bound: the least
    case primeRateOutOfRange = 15  // bound: the one that it is beyond
    case residueOutOfRange = 16
    case maxPrimeDoseOutOfRange = 17
    case weighingErrorOutOfRange = 18  // mg
    case weighingDriftOutOfRange = 19  // mg a day
    case occlusionOutOfRange = 43  // Pa
    case occlusionRiseOutOfRange = 44  // Pa; bound: the threshold
    // The prescription.
    case concentrationOutOfRange = 20
    case dayWithoutPattern = 22
    case patternEmpty = 23
    case patternNotFromMidnight = 24
    case stepsOutOfOrder = 25
    case rateZero = 26
    case rateBelowMinimum = 27
    case rateAboveMaximum = 28
    case hourLimitBelowBasal = 29
    case dayLimitBelowBasal = 30
    case rigHourLimitBelowBasal = 31
    case rigDayLimitBelowBasal = 32
    case hourDoseLimitAboveDayDoseLimit = 33
    case patientBolusTooSmall = 34
    case patientBolusDurationOutOfRange = 35
    case patientBolusLockoutOutOfRange = 36
    case patientBolusCountOutOfRange = 37
    case patientBolusRateAboveMaximum = 38
    case safeBasalMissing = 39
    case safeBasalBelowMinimum = 40
    case safeBasalAboveLeanestDay = 41
    case doseOutOfRange = 42
    // Warnings.
    case patternUnused = 60
    case rigHourLimitTighter = 61
    case rigDayLimitTighter = 62
    case patientBolusNeverGranted = 63
    case patientBolusesNotAllGranted = 64
    case withdrawalInMinimum = 65
    case safeBasalUnused = 66

    public var isWarning: Bool { rawValue >= 60 }
  }

  public var rule: Rule
  /// The pattern and the step that the finding is about, from 0; -1 where it is about none.
  public var pattern: Int8
  public var step: Int8
  public var value: Int64
  public var bound: Int64

  public init(_ rule: Rule, pattern: Int = -1, step: Int = -1, value: Int64 = 0, bound: Int64 = 0) {
    self.rule = rule
    self.pattern = Int8(truncatingIfNeeded: pattern)
    self.step = Int8(truncatingIfNeeded: step)
    self.value = value
    self.bound = bound
  }
}

/// All findings about one prescription and its rig, in fixed memory.
public struct Findings: Sendable {
  public static let capacity = 32
  private var list: InlineArray<32, Finding>
  public private(set) var count = 0
  /// Findings beyond the capacity; the first 32 are kept.
  public private(set) var dropped = 0
  public private(set) var errors = 0

  public init() {
    list = InlineArray(repeating: Finding(.tickOutOfRange))
  }

  public subscript(index: Int) -> Finding {
    precondition(index < count)
    return list[index]
  }

  public mutating func append(_ finding: Finding) {
    if !finding.rule.isWarning { errors += 1 }
    guard count < Self.capacity else {
      dropped += 1
      return
    }
    list[count] = finding
    count += 1
  }
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension Finding.Rule: CaseIterable {}
#endif
