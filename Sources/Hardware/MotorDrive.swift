internal import CHardware
public import Quantities

/// What became of a step.
public enum StepOutcome: Sendable {
  case made
  /// Not yet: too soon, the permission has lapsed, the interlock is shut, or the drive failed.
  case notYet
  /// A window of the interlock is full, or the lease is used up: the caller has counted wrong.
  case windowFull
}

/// The motor, behind the interlock. For the tick thread; nothing here allocates, locks or blocks.
@safe public struct MotorDrive {
  private let rig: OpaquePointer

  init(rig: OpaquePointer) { unsafe self.rig = rig }

  /// One step, if the interlock permits it.
  public func step() -> StepOutcome {
    switch unsafe chw_step(rig) {
    case .CHW_STEP_MADE: .made
    case .CHW_STEP_MINUTE_LIMIT, .CHW_STEP_HOUR_LIMIT, .CHW_STEP_DAY_LIMIT,
      .CHW_STEP_LEASE_LIMIT:
      .windowFull
    default: .notYet
    }
  }

  /// To be called when a tick has succeeded as a whole, and only then.
  @inline(__always)
  public func completeTick() { unsafe chw_complete_tick(rig) }

  /// The therapy's own ceilings; never above those that were sealed.
  public func setTherapyCeilings(stepsPerHour: Int64, stepsPerDay: Int64) {
    let status = unsafe chw_interlock_set_therapy_ceilings(rig, stepsPerHour, stepsPerDay)
    precondition(status == .CHW_OK, "a therapy has no negative limit")
  }

  /// How many pulses may have been made since the rig was opened.
  public func setLease(steps: Int64) {
    let status = unsafe chw_interlock_set_lease(rig, steps)
    precondition(status == .CHW_OK, "a lease never ends before it begins")
  }

  public func shutInterlock() { unsafe chw_interlock_shut(rig) }

  public func reopenInterlock() { unsafe chw_interlock_reopen(rig) }

  /// Whether the driver holds the motor. An error of the line shows in the missing movement.
  public func setEnabled(_ enabled: Bool) {
    _ = unsafe chw_set_line(rig, .CHW_LINE_ENABLE, enabled)
  }

  /// Pulses on the wire, refusals of every kind, lapses.
  public var counts: (steps: Int64, refusals: Int64, lapses: Int64) {
    let counts = unsafe chw_interlock_read_counts(rig)
    let refused = counts.refused
    let refusals =
      refused.1 + refused.2 + refused.3 + refused.4 + refused.5 + refused.6 + refused.7
      + refused.8 + refused.9
    return (counts.steps, refusals, counts.lapses)
  }
}

/// Buzzer and lamp.
@safe public struct Annunciator {
  private let rig: OpaquePointer

  init(rig: OpaquePointer) { unsafe self.rig = rig }

  public func set(buzzer: Bool, lamp: Bool) {
    _ = unsafe chw_set_line(rig, .CHW_LINE_BUZZER, buzzer)
    _ = unsafe chw_set_line(rig, .CHW_LINE_LAMP, lamp)
  }
}

/// The clock of a simulated rig in virtual time.
@safe public struct VirtualClock {
  private let rig: OpaquePointer

  init(rig: OpaquePointer) { unsafe self.rig = rig }

  @inline(__always)
  public func set(_ now: Nanoseconds) { _ = unsafe chw_world_set_time_ns(rig, now.count) }
}
