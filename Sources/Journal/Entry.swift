public import DosingCore
internal import Quantities

/// One entry of the journal: what happened, in which tick, and at what time.
public struct Entry: Sendable {
  /// The tick to which it belongs.
  public var tick: Int64
  /// Of its tick: UTC, as the system had it, and CLOCK_MONOTONIC, in ns.
  public var utc: Int64
  public var monotonic: Int64
  public var content: Content

  public init(tick: Int64, utc: Int64, monotonic: Int64, content: Content) {
    self.tick = tick
    self.utc = utc
    self.monotonic = monotonic
    self.content = content
  }

  public enum Content: Sendable {
    case started(Started)
    case ended
    case requested(Requested)
    /// So many ticks did not run before this one.
    case ticksMissed(Int64)
    /// The ticks in which the motor made a step.
    case steps([Int64])
    /// A step was decided and not made, and so are all until the next that was made, or was not for another reason.
    /// An earlier version told of each.
    case stepRefused(StepRefusal)
    /// A commit was durable before this tick, with a lease up to `end`.
    case leaseGranted(commit: Int64, end: Int64)
    case committed(Committed)
    /// What was on, as the first version wrote it: bit i for the fault with raw value i.
    case alarms(UInt16)
    case fault(FaultChange)
    /// The raw value of a `DeliveryMode`.
    case basalChanged(UInt8)
    case extraDoseEnded(DoseEnd)
    case requestTakenBack
    /// A request that had become durable acts from this tick on.
    case requestActed
    /// Somebody vouched for the therapy clock, which was late by so many ns, as an early version wrote it.
    case clockTrusted(late: Int64)
    /// The machine slept for so many ns before this tick.
    case suspended(Int64)
    /// What could not be driven in the tick before, as `OutputSet.bits`.
    case outputsFailed(UInt8)
    /// A journal that goes on after one that was lost or could not be used.
    case journalBegun(JournalBegun)
    /// What is wrong with the places where things are kept, as `StorageTroubles.bits`.
    case storageTold(UInt8)
    /// So many events fell out of the queue: from here on a replay is not possible.
    case eventsLost(Int64)
    case sampled(SensorReadings)
    case keyChanged(KeyChange)
    /// Frames that were not believed since the last such entry, by the raw value of the `Doubt`.
    case framesRefused([Int64])
    /// Somebody else vouches for UTC from this tick on, or nobody does any more.
    case clockVouched(TickFacts.VouchedUTC)
    /// The pump's key vouches for the chain of events up to here.
    case signed(SignedHead)
    /// What one sender asked beyond what is written down of him in an hour.
    case requestsCounted(RequestsCounted)
    /// The record of the rig on which the next start may run, if that is what its rig file says.
    case rigCommitted([UInt8])
    case orderRefused(RefusedOrder)
    /// What was only counted since the last such entry, beside `framesRefused`.
    case linkCounted([CountedLink])
  }
}

/// An entry and its number, which grows by one from entry to entry.
public struct NumberedEntry: Sendable {
  public let id: Int64
  public let entry: Entry
}

/// A start of the engine, and all that a replay needs to begin with it.
public struct Started: Sendable {
  /// The state before its first tick, as `DosingState.layout` wrote it.
  public var state: [UInt8] = []
  /// SHA-256 of the records of the rig and of the prescription; empty for none.
  public var rig: [UInt8] = []
  public var prescription: [UInt8] = []
  /// The number of the newest commit before it.
  public var commits: Int64 = 0
  public var isPlanned = false
  public var stepsInDoubt: Int64 = 0
  public var ticksNotRunning: Int64 = 0
  public var discardedExtraDose = false
  /// No drug, no patient: the rig is a simulation.
  public var isSimulated = false

  public init() {}
}

/// A request and what was decided.
public struct Requested: Sendable {
  public var id: Int64 = 0
  public var user: UInt32 = 0
  public var process: Int32 = 0
  /// The raw value of the `RefusalReason`; 0 where it was accepted.
  public var reason: UInt8 = 0
  /// The whole frame, as it came.
  public var frame: [UInt8] = []

  public init() {}
}

/// How a journal came to go on after another one.
public struct JournalBegun: Equatable, Sendable {
  /// What became of the one before it.
  public enum Cause: UInt8, Sendable {
    /// It was not there.
    case missing = 0
    /// It was damaged, or no journal at all, and was put aside.
    case damaged = 1
    /// It could not be read, and was put aside.
    case unreadable = 2
    /// Of another pump or another history, and was put aside.
    case foreign = 3
    /// It was removed or replaced while the pump ran.
    case removed = 4
  }

  /// The raw value of the `Cause`, which a newer version may know.
  public var cause: UInt8 = 0
  /// The newest event of the one before it, where that is known: its number stands before the first one here.
  public var after: Int64 = 0

  public init(cause: UInt8 = 0, after: Int64 = 0) { (self.cause, self.after) = (cause, after) }
}

/// A key that was enrolled or revoked.
public struct KeyChange: Sendable {
  public var key = KeyRecord.blank
  /// Who did: a key, or 0 for the user of that number.
  public var byKey = KeyID(0)
  public var byUser: UInt32 = 0

  public init() {}
}

/// Requests of one sender that were refused, or changed nothing, and have no entry of their own.
public struct RequestsCounted: Equatable, Sendable {
  /// Who asked: a key, or 0 for the user of that number.
  public var key = KeyID(0)
  public var user: UInt32 = 0
  public var count: Int64 = 0

  public init(key: KeyID = KeyID(0), user: UInt32 = 0, count: Int64 = 0) {
    (self.key, self.user, self.count) = (key, user, count)
  }
}

/// A fault that was raised, became a high alarm, or ended.
public struct FaultChange: Equatable, Sendable {
  /// The raw value of the `FaultCode`, which a newer version may know.
  public var code: UInt8 = 0
  /// The raw value of the `AlarmPriority`; 0 where it ended.
  public var priority: UInt8 = 0
  /// Since when it is on, or was.
  public var raised: Int64 = 0

  public init(code: UInt8 = 0, priority: UInt8 = 0, raised: Int64 = 0) {
    self.code = code
    self.priority = priority
    self.raised = raised
  }
}

/// What became durable: the account at the end of the tick, so that a replay can be held against it.
public struct Committed: Sendable {
  public var commit: Int64 = 0
  public var leaseEnd: Int64 = 0
  /// Nil for a commit that a later one overtook before it was written. Of the first layout it is in the
  /// unit of account of that time.
  public var account: Account?
  public var stepsInDoubt: Int64 = 0

  public init() {}
}
