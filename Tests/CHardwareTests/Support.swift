import CHardware
import Testing

let microsecond: Int64 = 1_000
let millisecond: Int64 = 1_000_000
let second: Int64 = 1_000_000_000
let minute: Int64 = 60 * second
let hour: Int64 = 60 * minute
let day: Int64 = 24 * hour

extension chw_interlock_limits {
  /// Limits that bind nothing in a test, apart from those that it names.
  static func only(
    tick: Int64 = 10 * millisecond, interval: Int64 = 0, perMinute: Int32 = 60_000,
    perHour: Int64 = .max, perDay: Int64 = .max
  ) -> chw_interlock_limits {
    chw_interlock_limits(
      tick_ns: tick, step_interval_ns_min: interval, steps_per_minute_max: perMinute,
      steps_per_hour_max: perHour, steps_per_day_max: perDay)
  }
}

extension chw_interlock_levels {
  /// Levels that bind nothing in a test, apart from those that it names.
  static func only(
    open: Bool = true, stopsDecided: Int64 = 0, perHour: Int64 = .max, perDay: Int64 = .max,
    lease: Int64 = .max
  ) -> chw_interlock_levels {
    chw_interlock_levels(
      open: open, stops_decided: stopsDecided, steps_per_hour_max: perHour,
      steps_per_day_max: perDay, lease_steps_max: lease)
  }
}

/// A rig on the simulated backend. The interlock's calls belong to one thread, as the contract
/// says; what the contract marks [any] may be used from others.
@safe final class Rig: @unchecked Sendable {
  private let rig: OpaquePointer

  /// - Parameter levels: told at once; nil for none.
  init(
    virtualTime: Bool = true, heartbeat: Int64 = 100 * millisecond,
    levels: chw_interlock_levels? = .only()
  ) throws {
    var config = unsafe chw_config(
      backend: .CHW_BACKEND_SIMULATED, wiring: nil, virtual_time: virtualTime,
      heartbeat_period_ns: heartbeat)
    var opened: OpaquePointer?
    var problem = chw_problem()
    #expect(unsafe chw_open(&config, &opened, &problem) == .CHW_OK)
    unsafe rig = try #require(unsafe opened)
    if let levels { #expect(setLevels(levels) == .CHW_OK) }
  }

  /// A sealed rig in virtual time.
  convenience init(sealed limits: chw_interlock_limits, epoch: Int64 = 0) throws {
    try self.init()
    #expect(seal(limits, epoch: epoch) == .CHW_OK)
  }

  deinit { unsafe chw_close(rig) }

  var now: Int64 { unsafe chw_now_ns(rig) }

  func setTime(_ time: Int64) -> chw_error { unsafe chw_world_set_time_ns(rig, time) }

  func load(_ window: chw_window, bucket: Int64, steps: Int64) -> chw_error {
    unsafe chw_interlock_load(rig, window, bucket, steps)
  }

  func seal(_ limits: chw_interlock_limits, epoch: Int64 = 0) -> chw_error {
    var limits = limits
    return unsafe chw_interlock_seal(rig, &limits, epoch)
  }

  func setLevels(_ levels: chw_interlock_levels) -> chw_error {
    var levels = levels
    return unsafe chw_interlock_set_levels(rig, &levels)
  }

  func step() -> chw_step_result { unsafe chw_step(rig) }

  func completeTick() { unsafe chw_complete_tick(rig) }

  /// Moves virtual time and completes a tick, so that nothing but the limits can refuse, and steps.
  func step(at time: Int64) -> chw_step_result {
    #expect(setTime(time) == .CHW_OK)
    completeTick()
    return step()
  }

  /// As many steps at one moment as are permitted, and what ended them.
  func stepsUntilRefusal(at time: Int64) -> (made: Int, refusal: chw_step_result) {
    var made = 0
    var result = step(at: time)
    while result == .CHW_STEP_MADE {
      made += 1
      result = step()
    }
    return (made, result)
  }

  @discardableResult
  func askStop() -> Int64 { unsafe chw_interlock_ask_stop(rig) }

  func halt(_ halted: Bool) { unsafe chw_interlock_halt(rig, halted) }

  var stopsAsked: Int64 { unsafe chw_interlock_stops_asked(rig) }

  /// As a tick that has decided every stop up to now, and may step again.
  func decideStops() {
    #expect(setLevels(.only(stopsDecided: stopsAsked)) == .CHW_OK)
  }

  var counts: chw_interlock_counts { unsafe chw_interlock_read_counts(rig) }

  func refused(_ result: chw_step_result) -> Int64 {
    let refused = counts.refused
    return unsafe withUnsafeBytes(of: refused) {
      unsafe $0.load(
        fromByteOffset: Int(result.rawValue) * MemoryLayout<Int64>.stride, as: Int64.self)
    }
  }

  func setLine(_ line: chw_line, _ active: Bool) -> chw_error {
    unsafe chw_set_line(rig, line, active)
  }

  func line(_ line: chw_line) -> Bool { unsafe chw_world_line(rig, line) }

  var heartbeatEdge: Int64 { unsafe chw_world_heartbeat_edge_ns(rig) }

  var heartbeatEdges: Int64 { unsafe chw_world_heartbeat_edges(rig) }

  func failLine(_ line: chw_line, times: Int32) { unsafe chw_world_fail_line(rig, line, times) }

  func failDrive(times: Int32) { unsafe chw_world_fail_drive(rig, times) }

  func takePulses(_ capacity: Int32 = Int32(CHW_WORLD_TRACE_CAPACITY)) -> [chw_pulse] {
    var pulses = [chw_pulse](repeating: chw_pulse(), count: Int(capacity))
    let count = unsafe chw_world_take_pulses(rig, &pulses, capacity)
    return Array(pulses.prefix(Int(count)))
  }
}

/// A thread of the contract that runs a Swift closure.
@safe final class TestThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: OpaquePointer
  /// The errno with which the kernel refused the real-time policy, or 0.
  let refusal: Int32

  init(priority: Int32 = 0, name: String = "test", _ run: @escaping @Sendable () -> Void) throws {
    var refusal: Int32 = 0
    var started: OpaquePointer?
    let error = unsafe chw_thread_start(
      { unsafe Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run() },
      Unmanaged.passRetained(Body(run)).toOpaque(), priority, name, &refusal, &started)
    #expect(error == 0)
    unsafe thread = try #require(unsafe started)
    self.refusal = refusal
  }

  func join() { #expect(unsafe chw_thread_join(thread) == 0) }
}
