/// What enable and interlock have to be now, and what buzzer and lamp have to tell: a function of the state.
///
/// Whoever drives them drives what differs from what he last drove successfully, until he succeeds.
public struct Outputs: Equatable, Sendable, BitwiseCopyable {
  /// Whether the driver holds the motor.
  public var enable: Bool
  /// The interlock's levels: whether it may let a step pass at all, how many steps its windows may hold,
  /// and the count of steps of the account beyond which it lets none pass.
  public var isOpen: Bool
  public var stepsPerHourMax: Int64
  public var stepsPerDayMax: Int64
  public var leaseEnd: Int64
  /// Whether the heartbeat goes on: without it the driver's own gate closes, whatever its lines say.
  public var beats: Bool
  public var signal: AlarmSignal
}

/// Some of the outputs.
public struct OutputSet: Equatable, Sendable, BitwiseCopyable {
  public private(set) var bits: UInt8

  public init(bits: UInt8 = 0) { self.bits = bits }

  public static let none = OutputSet()
  public static let enable = OutputSet(bits: 1)
  public static let interlock = OutputSet(bits: 2)
  public static let buzzer = OutputSet(bits: 4)
  public static let lamp = OutputSet(bits: 8)

  public mutating func insert(_ other: OutputSet) { bits |= other.bits }

  public func isSubset(of other: OutputSet) -> Bool { bits & ~other.bits == 0 }

  public func overlaps(_ other: OutputSet) -> Bool { bits & other.bits != 0 }

  /// Without these no step would turn the motor.
  public static let ofTheMotor = OutputSet(bits: 1 | 2)
  /// Without these nobody is told.
  public static let ofTheSignals = OutputSet(bits: 4 | 8)
}

extension DosingState {
  public var outputs: Outputs {
    let runs = mode.delivers || prime != nil
    return Outputs(
      enable: runs, isOpen: runs, stepsPerHourMax: hourStepsMax, stepsPerDayMax: dayStepsMax,
      leaseEnd: lease.end, beats: board.effect.gate != .hardStop, signal: board.signal)
  }
}
