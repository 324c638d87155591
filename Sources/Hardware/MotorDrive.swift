internal import CHardware
public import Quantities

/// What became of a step.
public enum StepOutcome: Sendable {
  case made
  /// The interval since the last step is too short.
  case tooSoon
  /// No tick has completed for too long.
  case lapsed
  /// Levels do not permit steps, a stop was asked for and not decided, or nothing is sealed yet.
  case shut
  /// A window is full, of a minute, an hour or a day: the caller has counted wrong.
  case window
  /// The lease is used up: the caller has counted wrong.
  case lease
  /// The pulse could not be put on the wire.
  case driveFailed
}

/// What the tick says about steps; see `chw_interlock_levels`.
public struct InterlockLevels: Equatable, Sendable {
  public var open: Bool
  /// How many of the stops that were asked for are decided.
  public var stopsDecided: Int64
  public var stepsPerHourMax: Int64
  public var stepsPerDayMax: Int64
  /// Pulses that may have been made since the rig was opened.
  public var leaseStepsMax: Int64

  public init(
    open: Bool, stopsDecided: Int64, stepsPerHourMax: Int64, stepsPerDayMax: Int64,
    leaseStepsMax: Int64
  ) {
    self.open = open
    self.stopsDecided = stopsDecided
    self.stepsPerHourMax = stepsPerHourMax
    self.stepsPerDayMax = stepsPerDayMax
    self.leaseStepsMax = leaseStepsMax
  }

  /// Nothing is permitted: what holds in a rig that was just opened.
  public static let closed = InterlockLevels(
    open: false, stopsDecided: 0, stepsPerHourMax: 0, stepsPerDayMax: 0, leaseStepsMax: 0)
}

/// What the interlock has counted, and what is in force.
public struct InterlockCounts: Equatable, Sendable {
  /// Pulses on the wire since the rig was opened.
  public var steps: Int64
  /// In the windows by which the next step would be judged.
  public var hourSteps: Int64
  public var daySteps: Int64
  /// Of every kind.
  public var refusals: Int64
  public var lapses: Int64
  public var hourStepsMax: Int64
  public var dayStepsMax: Int64
  public var leaseStepsMax: Int64
  public var stopsAsked: Int64

  init(_ counts: chw_interlock_counts) {
    steps = counts.steps
    hourSteps = counts.hour_steps
    daySteps = counts.day_steps
    let refused = counts.refused
    refusals =
      refused.1 + refused.2 + refused.3 + refused.4 + refused.5 + refused.6 + refused.7
      + refused.8 + refused.9
    lapses = counts.lapses
    hourStepsMax = counts.hour_steps_max
    dayStepsMax = counts.day_steps_max
    leaseStepsMax = counts.lease_steps_max
    stopsAsked = counts.stops_asked
  }
}

/// The motor, behind the interlock. For the tick thread; nothing here allocates, locks or blocks.
@safe public struct MotorDrive {
  private let rig: OpaquePointer

  init(rig: OpaquePointer) { unsafe self.rig = rig }

  /// One step, if the interlock permits it.
  @inline(__always)
  public func step() -> StepOutcome {
    switch unsafe chw_step(rig) {
    case .CHW_STEP_MADE: .made
    case .CHW_STEP_TOO_SOON: .tooSoon
    case .CHW_STEP_LAPSED: .lapsed
    case .CHW_STEP_SHUT, .CHW_STEP_NOT_SEALED: .shut
    case .CHW_STEP_MINUTE_LIMIT, .CHW_STEP_HOUR_LIMIT, .CHW_STEP_DAY_LIMIT: .window
    case .CHW_STEP_LEASE_LIMIT: .lease
    case .CHW_STEP_DRIVE_ERROR: .driveFailed
    @unknown default: .driveFailed
    }
  }

  /// To be called when a tick has succeeded as a whole, and only then.
  @inline(__always)
  public func completeTick() { unsafe chw_complete_tick(rig) }

  /// Says what is permitted from now on. False, and nothing changes, where a value is below 0 or more
  /// stops are decided than were asked for.
  public func setLevels(_ levels: InterlockLevels) -> Bool {
    var levels = chw_interlock_levels(
      open: levels.open, stops_decided: levels.stopsDecided,
      steps_per_hour_max: levels.stepsPerHourMax, steps_per_day_max: levels.stepsPerDayMax,
      lease_steps_max: levels.leaseStepsMax)
    return unsafe chw_interlock_set_levels(rig, &levels) == .CHW_OK
  }

  /// How many stops were asked for since the rig was opened.
  @inline(__always)
  public var stopsAsked: Int64 { unsafe chw_interlock_stops_asked(rig) }

  /// Whether the driver holds the motor. False where that could not be written.
  public func setEnabled(_ enabled: Bool) -> Bool {
    unsafe chw_set_line(rig, .CHW_LINE_ENABLE, enabled) == .CHW_OK
  }

  public var counts: InterlockCounts { InterlockCounts(unsafe chw_interlock_read_counts(rig)) }
}

/// Buzzer and lamp.
@safe public struct Annunciator {
  private let rig: OpaquePointer

  init(rig: OpaquePointer) { unsafe self.rig = rig }

  /// False where it could not be written.
  public func setBuzzer(_ sounds: Bool) -> Bool {
    unsafe chw_set_line(rig, .CHW_LINE_BUZZER, sounds) == .CHW_OK
  }

  /// False where it could not be written.
  public func setLamp(_ shines: Bool) -> Bool {
    unsafe chw_set_line(rig, .CHW_LINE_LAMP, shines) == .CHW_OK
  }
}

/// The clock of a simulated rig in virtual time.
@safe public struct VirtualClock {
  private let rig: OpaquePointer

  init(rig: OpaquePointer) { unsafe self.rig = rig }

  @inline(__always)
  public func set(_ now: Nanoseconds) { _ = unsafe chw_world_set_time_ns(rig, now.count) }

  /// Lets ticks pass as if each moved the clock on by itself and was then completed. Their number costs
  /// nothing.
  ///
  /// - Precondition: the rig is sealed with this tick.
  public func pass(ticks: Int64, of period: Nanoseconds) {
    let error = unsafe chw_world_pass_ticks(rig, ticks, period.count)
    precondition(error == .CHW_OK, "these are ticks of a sealed rig in virtual time")
  }
}
