internal import CHardware

/// The geometry of a simulated head, in plain numbers: the world shares no unit type with the engine.
public struct HeadGeometry: Sendable {
  public var microlitresPerRevolution: Double
  public var stepsPerRevolution: Int

  public init(microlitresPerRevolution: Double, stepsPerRevolution: Int) {
    self.microlitresPerRevolution = microlitresPerRevolution
    self.stepsPerRevolution = stepsPerRevolution
  }
}

/// What stands on the other end of the wires: the truth about what was delivered.
///
/// The motor turns where a pulse arrives while the driver is enabled and the heartbeat's gate is
/// open, whatever the engine believes.
@safe public struct Plant: ~Copyable {
  private let world: OpaquePointer
  private let geometry: HeadGeometry
  private let gate: HeartbeatGate
  private var pulses: [chw_pulse]

  /// Steps that the motor really made, forwards less backwards.
  public private(set) var motorSteps = 0
  /// Pulses that turned nothing: driver not enabled, or gate closed.
  public private(set) var pulsesWithoutMotion = 0
  /// Of those, the ones that found liquid to move.
  private var wetSteps = 0
  private let filledMicrolitres: Double

  /// - Parameter world: the open simulated rig; it must outlive the plant.
  public init(
    world: OpaquePointer, geometry: HeadGeometry, reservoirMicrolitres: Double, gate: HeartbeatGate
  ) {
    unsafe self.world = world
    self.geometry = geometry
    self.gate = gate
    filledMicrolitres = reservoirMicrolitres
    pulses = Array(repeating: chw_pulse(), count: 256)
  }

  /// What left the head: an empty reservoir gives nothing, however the motor turns.
  public var deliveredMicrolitres: Double {
    Double(wetSteps) * geometry.microlitresPerRevolution / Double(geometry.stepsPerRevolution)
  }

  public var reservoirMicrolitres: Double { filledMicrolitres - deliveredMicrolitres }

  /// Lets the world catch up with the wires. `onStep` hears the time of every step that was made.
  public mutating func observe(_ onStep: (_ timeNanoseconds: Int64) -> Void = { _ in }) {
    while true {
      let taken = unsafe pulses.withUnsafeMutableBufferPointer { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe Int(chw_world_take_pulses(world, base, Int32(buffer.count)))
      }
      for index in 0..<taken { turn(by: pulses[index], onStep) }
      if taken < pulses.count { return }
    }
  }

  private mutating func turn(by pulse: chw_pulse, _ onStep: (Int64) -> Void) {
    guard pulse.enabled, gate.isOpen(at: pulse.time_ns, lastEdge: pulse.heartbeat_edge_ns) else {
      pulsesWithoutMotion += 1
      return
    }
    let direction = pulse.backwards ? -1 : 1
    motorSteps += direction
    let step = geometry.microlitresPerRevolution / Double(geometry.stepsPerRevolution)
    if pulse.backwards || reservoirMicrolitres >= step { wetSteps += direction }
    onStep(pulse.time_ns)
  }

  /// Whether the buzzer sounds: driven by the engine, or released by the gate of a dead one.
  public func buzzerSounds(at timeNanoseconds: Int64) -> Bool {
    let edge = unsafe chw_world_heartbeat_edge_ns(world)
    let driven = unsafe chw_world_line(world, .CHW_LINE_BUZZER)
    return driven || !gate.isOpen(at: timeNanoseconds, lastEdge: edge)
  }
}
