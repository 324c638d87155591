public import Quantities

/// One change of rate within a day.
public struct FlexStep: Sendable, BitwiseCopyable {
  /// From this minute of the day, 0 to 1439.
  public var minute: UInt16
  public var rate: DoseRate

  public init(minute: UInt16, rate: DoseRate) {
    self.minute = minute
    self.rate = rate
  }
}

/// Room for the steps of a day. Minutes and rates lie apart, so that no room is lost between them.
public struct FlexSteps: Sendable, BitwiseCopyable {
  private var minutes: InlineArray<24, UInt16> = InlineArray(repeating: 0)
  private var rates: InlineArray<24, DoseRate> = InlineArray(repeating: .zero)

  public init() {}

  public subscript(index: Int) -> FlexStep {
    get { FlexStep(minute: minutes[index], rate: rates[index]) }
    set { (minutes[index], rates[index]) = (newValue.minute, newValue.rate) }
  }
}

/// The rates of one day: up to 24 steps, the first at 00:00, in order of time.
public struct DayPattern: Sendable, BitwiseCopyable {
  public var steps = FlexSteps()
  public var count = 0

  public init() {}

  /// A whole day at one rate.
  public init(constant rate: DoseRate) {
    self.init()
    steps[0].rate = rate
    count = 1
  }

  /// False where the pattern is full.
  public mutating func append(_ step: FlexStep) -> Bool {
    guard count < Limits.stepsPerDayMax else { return false }
    steps[count] = step
    count += 1
    return true
  }
}

public enum BasalMode: UInt8, Sendable, BitwiseCopyable {
  case stopped = 0
  /// Keeps the line open at `PumpHead.keepOpenRate`.
  case minimum = 1
  case continuous = 2
  case flex = 3

  /// Whether this mode delivers a therapeutic dose.
  public var delivers: Bool { self == .continuous || self == .flex }
}

/// What the patient may ask for.
public struct PatientBolus: Equatable, Sendable, BitwiseCopyable {
  public var dose: Mass
  public var duration: Nanoseconds
  /// Counted from the end of the last extra dose of any kind.
  public var lockout: Nanoseconds
  /// Accepted requests in any 24 h, by their start.
  public var maxIn24h: Int

  public init(dose: Mass, duration: Nanoseconds, lockout: Nanoseconds, maxIn24h: Int) {
    self.dose = dose
    self.duration = duration
    self.lockout = lockout
    self.maxIn24h = maxIn24h
  }
}

/// What a clinician orders. Not checked: `Therapy` is a prescription that fits its rig.
public struct Prescription: Sendable, BitwiseCopyable {
  public var patient: Label
  public var drug: Label
  public var concentration: Concentration
  public var mode: BasalMode
  /// `continuous` uses the first alone; `stopped` and `minimum` use none.
  public var patterns: InlineArray<7, DayPattern>
  public var patternCount: Int
  /// The pattern of each day, Monday first.
  public var week: InlineArray<7, UInt8>
  public var patientBolus: PatientBolus?
  public var maxDose1h: Mass
  public var maxDose24h: Mass
  /// The constant rate that replaces basal when the schedule cannot be followed.
  public var safeBasal: DoseRate?

  public init(
    patient: Label, drug: Label, concentration: Concentration, mode: BasalMode, maxDose1h: Mass,
    maxDose24h: Mass
  ) {
    self.patient = patient
    self.drug = drug
    self.concentration = concentration
    self.mode = mode
    patterns = InlineArray(repeating: DayPattern())
    patternCount = 0
    week = InlineArray(repeating: 0)
    patientBolus = nil
    self.maxDose1h = maxDose1h
    self.maxDose24h = maxDose24h
    safeBasal = nil
  }

  /// Sets the one rate of mode `continuous`.
  public mutating func setContinuous(_ dose: DoseRate) {
    patterns[0] = DayPattern(constant: dose)
    patternCount = 1
  }
}

#if !hasFeature(Embedded)
  extension BasalMode: CaseIterable {}
#endif
