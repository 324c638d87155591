import CHardware
import Plant
import Testing

let millisecond: Int64 = 1_000_000

/// A bare rig in virtual time, sealed with limits that bind nothing, with a plant behind it.
@safe final class TestBench {
  private let rig: OpaquePointer
  private(set) var plant: Plant

  /// - Parameters:
  ///   - beat: how often the rig toggles the heartbeat, which may be less often than the gate wants.
  ///   - gate: the heartbeat for which the gate is built.
  init(
    beat: Int64 = 100 * millisecond, gate: Int64 = 100 * millisecond,
    microlitresPerRevolution: Double = 50, stepsPerRevolution: Int = 3200,
    reservoirMicrolitres: Double = 20_000
  ) throws {
    var config = unsafe chw_config(
      backend: .CHW_BACKEND_SIMULATED, wiring: nil, virtual_time: true, heartbeat_period_ns: beat)
    var opened: OpaquePointer?
    var problem = chw_problem()
    #expect(unsafe chw_open(&config, &opened, &problem) == .CHW_OK)
    unsafe rig = try #require(unsafe opened)
    unsafe plant = Plant(
      world: rig,
      geometry: HeadGeometry(
        microlitresPerRevolution: microlitresPerRevolution, stepsPerRevolution: stepsPerRevolution),
      reservoirMicrolitres: reservoirMicrolitres, gate: HeartbeatGate(heartbeatNanoseconds: gate))
    var limits = chw_interlock_limits(
      tick_ns: 10 * millisecond, step_interval_ns_min: 0, steps_per_minute_max: 60_000,
      steps_per_hour_max: .max, steps_per_day_max: .max)
    #expect(unsafe chw_interlock_seal(rig, &limits, 0) == .CHW_OK)
    var levels = chw_interlock_levels(
      open: true, stops_decided: 0, steps_per_hour_max: .max, steps_per_day_max: .max,
      lease_steps_max: .max)
    #expect(unsafe chw_interlock_set_levels(rig, &levels) == .CHW_OK)
  }

  deinit { unsafe chw_close(rig) }

  func setTime(_ nanoseconds: Int64) {
    #expect(unsafe chw_world_set_time_ns(rig, nanoseconds) == .CHW_OK)
  }

  func setLine(_ line: chw_line, _ active: Bool) {
    #expect(unsafe chw_set_line(rig, line, active) == .CHW_OK)
  }

  func completeTick() { unsafe chw_complete_tick(rig) }

  func buzzerSounds(at time: Int64) -> Bool { plant.buzzerSounds(at: time) }

  func byHand(_ work: (inout PumpHeadTruth) -> Void) { work(&plant.head) }

  func pass(to nanoseconds: Int64) { plant.pass(to: nanoseconds) }

  /// Pulses on the wire, now.
  func pulse(_ count: Int = 1) {
    for _ in 0..<count { #expect(unsafe chw_step(rig) == .CHW_STEP_MADE) }
  }

  /// The times at which the motor made a step since the last look.
  @discardableResult
  func look() -> [Int64] {
    var times: [Int64] = []
    plant.observe { times.append($0) }
    return times
  }
}

/// A device under test, without a bus. A class, because an expectation cannot call what mutates a value.
final class Bare<Device: RegisterDevice> {
  var device: Device
  init(_ device: Device) { self.device = device }

  func powerUp(at time: Int64) { device.powerUp(at: time) }

  func read(count: Int, at time: Int64) -> [UInt8] { device.read(count: count, at: time) }

  func read(register: UInt8, count: Int, at time: Int64) -> [UInt8]? {
    device.read(register: register, count: count, at: time)
  }

  func write(register: UInt8, _ bytes: [UInt8], at time: Int64) -> Bool {
    device.write(register: register, bytes, at: time)
  }
}
