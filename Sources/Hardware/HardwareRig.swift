internal import CHardware
public import Quantities

/// What the interlock is sealed with; see `chw_interlock_limits`.
public struct InterlockLimits: Sendable {
  public var tick: Nanoseconds
  public var stepIntervalMin: Nanoseconds
  public var stepsPerMinuteMax: Int64
  public var stepsPerHourMax: Int64
  public var stepsPerDayMax: Int64

  public init(
    tick: Nanoseconds, stepIntervalMin: Nanoseconds, stepsPerMinuteMax: Int64,
    stepsPerHourMax: Int64, stepsPerDayMax: Int64
  ) {
    self.tick = tick
    self.stepIntervalMin = stepIntervalMin
    self.stepsPerMinuteMax = stepsPerMinuteMax
    self.stepsPerHourMax = stepsPerHourMax
    self.stepsPerDayMax = stepsPerDayMax
  }
}

/// An open rig. Owns every line until it is freed; then every line is in the safe state.
///
/// The devices that come from it hold no reference, so that the tick counts none: they must not
/// outlive it.
@safe public final class HardwareRig: @unchecked Sendable {
  public enum Backend: Sendable {
    case simulated
    case linux
  }

  /// For the world on the other end of the wires of the simulated backend.
  public let world: OpaquePointer

  /// - Parameters:
  ///   - virtualTime: `simulated` only; time then moves by `VirtualClock` alone.
  ///   - heartbeat: how often a complete tick toggles the heartbeat line.
  public init(
    _ backend: Backend, virtualTime: Bool, heartbeat: Nanoseconds
  ) throws(HardwareError) {
    var config = chw_config(
      backend: backend == .simulated ? .CHW_BACKEND_SIMULATED : .CHW_BACKEND_LINUX,
      virtual_time: virtualTime, heartbeat_period_ns: heartbeat.count)
    var opened: OpaquePointer?
    let status = unsafe chw_open(&config, &opened)
    try HardwareError.check(status)
    guard let rig = unsafe opened else { throw .system }
    unsafe world = rig
  }

  deinit { unsafe chw_close(world) }

  /// Seals the interlock. `epoch` is the time of tick 0 on the rig's clock.
  public func seal(_ limits: InterlockLimits, epoch: Nanoseconds) throws(HardwareError) {
    guard let perMinute = Int32(exactly: limits.stepsPerMinuteMax) else { throw .invalidArgument }
    var sealed = chw_interlock_limits(
      tick_ns: limits.tick.count, step_interval_ns_min: limits.stepIntervalMin.count,
      steps_per_minute_max: perMinute, steps_per_hour_max: limits.stepsPerHourMax,
      steps_per_day_max: limits.stepsPerDayMax)
    try HardwareError.check(unsafe chw_interlock_seal(world, &sealed, epoch.count))
  }

  public var now: Nanoseconds { unsafe Nanoseconds(chw_now_ns(world)) }

  /// Refuses every step from now on, whatever the tick thread does. From any thread.
  public func shutInterlock() { unsafe chw_interlock_shut(world) }

  public var drive: MotorDrive { unsafe MotorDrive(rig: world) }
  public var annunciator: Annunciator { unsafe Annunciator(rig: world) }
  public var virtualClock: VirtualClock { unsafe VirtualClock(rig: world) }
}
