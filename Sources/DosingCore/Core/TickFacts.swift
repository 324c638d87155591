public import Quantities

/// What the core learns of the world in a tick, besides its number and the requests: one value, recorded and
/// replayed. Most ticks have none.
public struct TickFacts: Sendable, BitwiseCopyable {
  /// The number of this tick; above the last one. A gap is time in which no tick ran.
  public var tick: Tick
  /// A commit is durable, and with it a lease up to a count of steps.
  public var grant: Grant?
  /// Somebody vouches for UTC, or nobody does any more.
  public var utc: VouchedUTC?
  /// So much of the gap before this tick the machine was suspended, since it was last told.
  public var suspended = Nanoseconds.zero
  /// What could not be driven in the tick before, where that has changed.
  public var failedOutputs: OutputSet?
  /// What is wrong with the places where things are kept, where that has changed.
  public var storage: StorageTroubles?
  /// What the sensors say, where that is worth a look.
  public var samples: SensorReadings?

  public struct Grant: Equatable, Sendable, BitwiseCopyable {
    public var commit: Int64
    public var leaseEnd: Int64

    public init(commit: Int64, leaseEnd: Int64) {
      self.commit = commit
      self.leaseEnd = leaseEnd
    }
  }

  public struct VouchedUTC: Equatable, Sendable, BitwiseCopyable {
    public var source: ClockSource
    /// In ns since 1970; without meaning where nobody vouches.
    public var atTickZero: Int64
    /// How long the machine was off before this start, where that becomes known only now; 0 where it does not.
    public var wasOff: Nanoseconds

    public init(_ source: ClockSource, atTickZero: Int64, wasOff: Nanoseconds = .zero) {
      self.source = source
      self.atTickZero = atTickZero
      self.wasOff = wasOff
    }
  }

  public init(tick: Tick) { self.tick = tick }
}

/// What can be wrong with the places where things are kept while a commit still may succeed.
public struct StorageTroubles: Equatable, Sendable, BitwiseCopyable {
  public private(set) var bits: UInt8

  public init(bits: UInt8 = 0) { self.bits = bits }

  public static let none = StorageTroubles()
  /// A copy of the safe-basal record cannot be written, or was torn at the start.
  public static let copyFails = StorageTroubles(bits: 1)
  /// The state directory, the journal or the run page is not where it was.
  public static let lost = StorageTroubles(bits: 2)

  public func overlaps(_ other: StorageTroubles) -> Bool { bits & other.bits != 0 }

  public mutating func set(_ trouble: StorageTroubles, on isOn: Bool) {
    bits = isOn ? bits | trouble.bits : bits & ~trouble.bits
  }
}

/// What became of a step that was decided, where it was not made. The core learns it in the same tick,
/// so that nobody is ever told of a step that there was not.
public enum StepRefusal: Equatable, Sendable, BitwiseCopyable {
  /// Too soon after the last, or the permission has lapsed, or the link has shut the interlock: the step
  /// waits.
  case notYet
  /// The drive or a line failed: the step waits.
  case driveFailed
  /// A window of the interlock is full, or its lease: one of the two has counted wrong. With what the
  /// interlock has counted in its windows.
  case window(hourSteps: Int64, daySteps: Int64)
}

extension StepRefusal {
  /// As it stands in records: which one it is, and what the interlock has counted, which is 0 where no
  /// window refused.
  public var numbers: (kind: UInt8, hourSteps: Int64, daySteps: Int64) {
    switch self {
    case .notYet: (0, 0, 0)
    case .window(let hourSteps, let daySteps): (1, hourSteps, daySteps)
    case .driveFailed: (2, 0, 0)
    }
  }

  /// Nil where there is no such kind.
  public init?(kind: UInt8, hourSteps: Int64, daySteps: Int64) {
    switch kind {
    case 0: self = .notYet
    case 1: self = .window(hourSteps: hourSteps, daySteps: daySteps)
    case 2: self = .driveFailed
    default: return nil
    }
  }
}
