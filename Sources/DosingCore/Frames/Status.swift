public import Quantities

/// How the tick itself is doing.
public struct TickHealth: Sendable, BitwiseCopyable {
  public var ticks: Int64 = 0
  public var missed: Int64 = 0
  /// Wake-up lateness since start, as upper edges of histogram buckets.
  public var latenessMedian = Nanoseconds.zero
  public var lateness99 = Nanoseconds.zero
  public var latenessMax = Nanoseconds.zero
  /// Pulses on the wire, refusals and lapses as the interlock counted them.
  public var interlockSteps: Int64 = 0
  public var interlockRefusals: Int64 = 0
  public var interlockLapses: Int64 = 0
  /// What the interlock's windows hold, beside `Status.hourSteps` and `Status.daySteps`.
  public var interlockHourSteps: Int64 = 0
  public var interlockDaySteps: Int64 = 0
  /// SCHED_FIFO priority; 0 where the tick thread runs with the ordinary policy.
  public var realTimePriority: UInt8 = 0
  public var memoryLocked = false

  public init() {}
}

/// Everything that a person is shown about a pump. Body of `FrameKind.status`, 1 KiB or a
/// little more with all that a line can hold.
///
/// Masses are at the committed concentration and rounded down; they are for showing.
public struct Status: Sendable {
  public var serial: Label
  /// No drug, no patient: the rig is a simulation.
  public var simulated = false
  public var mode = DeliveryMode.noTherapy
  public var now = Tick(0)
  public var tickPeriod = Nanoseconds.zero
  /// The therapy clock, since Monday 00:00.
  public var clock = Nanoseconds.zero
  /// The therapy clock less UTC; from -12 h to +14 h.
  public var utcOffset = Nanoseconds.zero
  /// Who vouches for UTC now.
  public var clockSource = ClockSource.nobody
  /// By how much the therapy clock is behind the UTC that was vouched for since the machine started; nil where
  /// nobody did.
  public var clockBehind: Nanoseconds?
  /// UTC as the pump writes it into its journal, in ns since 1970.
  public var utc: Int64 = 0
  public var patient: Label
  public var drug: Label
  public var concentration = Concentration.zero
  public var health = TickHealth()

  // Now.
  public var basalRate = DoseRate.zero
  public var extraRate = DoseRate.zero
  public var flow = FlowRate.zero
  /// The next step of the schedule; nil where the rate does not change.
  public var nextChange: ScheduledChange?

  // Delivered.
  public var steps: Int64 = 0
  /// Steps that may have been made besides, before a restart.
  public var stepsInDoubt: Int64 = 0
  public var massInDoubt = Mass.zero
  /// Of those, what the rolling windows hold.
  public var hourSteps: Int64 = 0
  public var daySteps: Int64 = 0
  public var deliveredVolume = Volume.zero
  public var deliveredMass = Mass.zero
  public var prescribedMass = Mass.zero
  public var deficits = InlineArray<10, Mass>(repeating: .zero)
  public var deliveredToday = Mass.zero
  public var prescribedToday = Mass.zero
  public var reservoir = Volume.zero
  public var reservoirLow = Volume.zero
  public var reservoirEmpty = Volume.zero
  public var reservoirVolume = Volume.zero
  /// As it was a minute ago at the most.
  public var forecast = Forecast()
  public var line = ShownLine()
  public var refill = ShownRefill()

  // Limits, as mass.
  public var usedHour = Mass.zero
  public var limitHour = Mass.zero
  public var usedDay = Mass.zero
  public var limitDay = Mass.zero
  /// Those of the rig, which hold whatever is ordered.
  public var rigLimitHour = Volume.zero
  public var rigLimitDay = Volume.zero

  /// The extra dose that runs; nil for none.
  public var extraDose: RunningExtraDose?
  /// The one before it; nil for none.
  public var lastDose: ShownEndedDose?
  /// What the patient may ask for; nil where nothing is prescribed.
  public var patientBolus: PatientBolusState?
  /// By the raw value of the `FaultCode`.
  public var faults = PerFault<ShownFault>(repeating: ShownFault())
  /// The end of an audio pause; nil where there is none.
  public var silentUntil: Tick?
  public var sensors = SensorReadings()

  /// The newest commit that is durable; 0 where nothing is written down.
  public var durableCommit: Int64 = 0

  // The link.
  /// What a signed command has to carry; it is good for a minute.
  public var challenge = Challenge(nonce: 0, session: 0)
  /// The newest number of the key that the seal of the question named; 0 for none, or no such key.
  public var newestNumber: Int64 = 0
  /// Frames that were not believed or not permitted since the start of the pump.
  public var framesRefused: Int64 = 0

  /// A status to read a frame into.
  public init(serial: Label) {
    self.serial = serial
    patient = serial
    drug = serial
  }
}

extension Status {
  /// Whether anything is ordered. Else there is no patient and no drug, and what is said of them means nothing.
  public var hasTherapy: Bool { mode != .noTherapy && concentration > .zero }
}

public struct ScheduledChange: Equatable, Sendable, BitwiseCopyable {
  public var at: Tick
  public var rate: DoseRate
}

public struct RunningExtraDose: Equatable, Sendable, BitwiseCopyable {
  public var kind: ExtraDose.Kind
  public var dose: Mass
  public var left: Mass
  public var end: Tick
}

/// An extra dose that is over, whether all of it was given or not.
public struct ShownEndedDose: Equatable, Sendable, BitwiseCopyable {
  public var kind: ExtraDose.Kind
  public var dose: Mass
  /// What of it was given up at its end, by whatever ended it.
  public var cancelled: Mass
  public var end: Tick

  public init(kind: ExtraDose.Kind, dose: Mass, cancelled: Mass, end: Tick) {
    (self.kind, self.dose, self.cancelled, self.end) = (kind, dose, cancelled, end)
  }
}

public struct PatientBolusState: Equatable, Sendable, BitwiseCopyable {
  public var dose: Mass
  public var allowedAt: Tick
  public var givenIn24h: Int64
  public var maxIn24h: Int64
}

/// Priority 0 is off.
public struct ShownFault: Sendable, BitwiseCopyable {
  public var priority: UInt8 = 0
  public var raised = Tick(0)
  /// Somebody has seen it since it was raised or became more urgent.
  public var isAcknowledged = false
}
