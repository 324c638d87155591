public import Quantities

/// What somebody asks of the engine.
public enum Request: Sendable, BitwiseCopyable {
  case program(Therapy)
  /// Whether a program would be accepted now; nothing changes.
  case propose(Therapy)
  case bolus(dose: Mass, duration: Nanoseconds)
  case patientBolus
  case stop
  case resume
  /// Somebody has seen the alarms whose cause lies in the past.
  case acknowledge
  /// Says what was given in the last 24 h, to a pump that has no history.
  case new(deliveredIn24h: Volume)
}

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
  // About a program.
  case otherDrug = 40
  case otherConcentration = 41  // ng/mL
  case programDuringExtraDose = 42  // allowedAt: its end
}

/// A refusal names the limit, the value that met it, and when the same request would be granted.
public struct Refusal: Sendable, BitwiseCopyable {
  public let reason: RefusalReason
  public let limit: Int64
  public let value: Int64
  /// The first tick at which the same request would be granted if nothing else happens; nil where
  /// waiting does not help.
  public let allowedAt: Tick?

  init(_ reason: RefusalReason, limit: Int64 = 0, value: Int64 = 0, allowedAt: Tick? = nil) {
    self.reason = reason
    self.limit = limit
    self.value = value
    self.allowedAt = allowedAt
  }
}

/// What became of a request.
public enum Answer: Sendable, BitwiseCopyable {
  case accepted
  case refused(Refusal)
}

/// What a tick is given, besides the requests that came before it.
public struct TickInputs: Sendable, BitwiseCopyable {
  /// The number of this tick; above the last one. A gap is time in which no tick ran.
  public var tick: Tick
  public init(tick: Tick) { self.tick = tick }
}

/// What a tick decides, and what happened in it. One byte, because every tick returns it.
public struct Decision: Equatable, Sendable, BitwiseCopyable {
  private var flags: UInt8 = 0

  public init() {}

  /// Make one motor step now.
  public var steps: Bool {
    get { self[0] }
    set { self[0] = newValue }
  }

  public var basalChanged: Bool {
    get { self[1] }
    set { self[1] = newValue }
  }

  public var extraDoseEnded: Bool {
    get { self[2] }
    set { self[2] = newValue }
  }

  /// An alarm was raised, escalated or cleared.
  public var alarmsChanged: Bool {
    get { self[3] }
    set { self[3] = newValue }
  }

  /// Ticks were missed before this one.
  public var wasLate: Bool {
    get { self[4] }
    set { self[4] = newValue }
  }

  /// What is durable has to follow: `DosingState.propose()` is to be called after this tick.
  public var wantsCommit: Bool {
    get { self[5] }
    set { self[5] = newValue }
  }

  /// A request that was accepted could not be made durable and was taken back.
  public var tookBack: Bool {
    get { self[6] }
    set { self[6] = newValue }
  }

  private subscript(flag: UInt8) -> Bool {
    get { flags & (1 << flag) != 0 }
    set { flags = newValue ? flags | (1 << flag) : flags & ~(1 << flag) }
  }
}

/// Why a step that was decided did not happen.
public enum StepRefusal: UInt8, Sendable, BitwiseCopyable {
  /// Not yet: too soon after the last, or the permission has lapsed. The step waits.
  case notYet = 0
  /// A window of the interlock is full: the core has counted wrong.
  case window = 1
}

// A list of all cases is an array, which bare metal does not have.
#if !hasFeature(Embedded)
  extension RefusalReason: CaseIterable {}
#endif
