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
    /// In virtual time, it moves by `VirtualClock` alone.
    case simulated(virtualTime: Bool)
    /// The lines of a GPIO chip of this machine.
    case linux(Wiring)
  }

  /// What the kernel shows as the holder of the lines.
  public static let consumer = CHW_CONSUMER

  /// For the world on the other end of the wires of the simulated backend.
  public let world: OpaquePointer

  /// - Parameter heartbeat: how often a complete tick toggles the heartbeat line.
  public init(_ backend: Backend, heartbeat: Nanoseconds) throws(RigProblem) {
    var opened: OpaquePointer?
    var problem = chw_problem()
    let status =
      switch backend {
      case .simulated(let virtualTime):
        unsafe Self.open(
          chw_config(
            backend: .CHW_BACKEND_SIMULATED, wiring: nil, virtual_time: virtualTime,
            heartbeat_period_ns: heartbeat.count), &opened, &problem)
      case .linux(let wiring):
        unsafe wiring.withC { wiring in
          unsafe Self.open(
            chw_config(
              backend: .CHW_BACKEND_LINUX, wiring: wiring, virtual_time: false,
              heartbeat_period_ns: heartbeat.count), &opened, &problem)
        }
      }
    if let error = HardwareError(status) { throw RigProblem(error, problem) }
    guard let rig = unsafe opened else { throw RigProblem(.system) }
    unsafe world = rig
  }

  private static func open(
    _ config: chw_config, _ rig: inout OpaquePointer?, _ problem: inout chw_problem
  ) -> chw_error {
    var config = unsafe config
    return unsafe chw_open(&config, &rig, &problem)
  }

  deinit { unsafe chw_close(world) }

  /// A rolling window of the interlock; see `chw_window`.
  public enum Window: Sendable {
    /// Buckets of 1 min.
    case hour
    /// Buckets of 15 min.
    case day
  }

  /// Tells the interlock, before it is sealed, how many confirmed steps were made in a bucket of a
  /// window. Buckets are numbered from the epoch; each comes once, the oldest first.
  public func load(_ window: Window, bucket: Int64, steps: Int64) throws(HardwareError) {
    let window: chw_window = window == .hour ? .CHW_WINDOW_HOUR : .CHW_WINDOW_DAY
    try HardwareError.check(unsafe chw_interlock_load(world, window, bucket, steps))
  }

  /// Seals the interlock. `epoch` is the time of tick 0 on the rig's clock.
  public func seal(_ limits: InterlockLimits, epoch: Nanoseconds) throws(HardwareError) {
    guard let perMinute = Int32(exactly: limits.stepsPerMinuteMax) else { throw .invalidArgument }
    var sealed = chw_interlock_limits(
      tick_ns: limits.tick.count, step_interval_ns_min: limits.stepIntervalMin.count,
      steps_per_minute_max: perMinute, steps_per_hour_max: limits.stepsPerHourMax,
      steps_per_day_max: limits.stepsPerDayMax)
    try HardwareError.check(unsafe chw_interlock_seal(world, &sealed, epoch.count))
  }

  /// Time since the machine started, suspension included; what `VirtualClock` says in virtual time.
  public var now: Nanoseconds { unsafe Nanoseconds(chw_now_ns(world)) }

  /// Asks for a stop, and returns how many were asked for: every step is refused from now on, whatever
  /// the tick thread does, until it has decided so many. From any thread.
  @discardableResult
  public func askStop() -> Int64 { unsafe chw_interlock_ask_stop(world) }

  /// From any thread: while it is halted no step is made and the heartbeat stands, whatever the tick does.
  public func setHalted(_ halted: Bool) { unsafe chw_interlock_halt(world, halted) }

  public var drive: MotorDrive { unsafe MotorDrive(rig: world) }
  public var annunciator: Annunciator { unsafe Annunciator(rig: world) }
  public var virtualClock: VirtualClock { unsafe VirtualClock(rig: world) }
}
