internal import CHardware

/// What stands on the other end of the simulated wires: the truth about what was delivered.
@safe public struct Plant: ~Copyable {
  private let world: OpaquePointer
  private var pulses: [chw_pulse]
  /// What motor, head, reservoir and line have come to. People change what is in them.
  public var head: PumpHeadTruth
  /// Up to when the shaft has gone by itself.
  private var passedTo: Int64?
  private var knowsClock = false

  /// - Parameter world: the open simulated rig; it must outlive the plant.
  public init(
    world: OpaquePointer, geometry: HeadGeometry, reservoirMicrolitres: Double, gate: HeartbeatGate
  ) {
    unsafe self.init(
      world: world,
      head: PumpHeadTruth(
        geometry: geometry, reservoirMicrolitres: reservoirMicrolitres, gate: gate))
  }

  /// The same head and reservoir on the wires of another process.
  public init(world: OpaquePointer, head: PumpHeadTruth) {
    unsafe self.world = world
    self.head = head
    pulses = Array(repeating: chw_pulse(), count: 256)
  }

  /// Keeps every pulse from now on in a file that outlives the process, behind those that are in it.
  /// False where it cannot be opened, or is something else.
  ///
  /// Before the first step.
  public func keepPulses(path: String) -> Bool {
    unsafe chw_world_keep_pulses(world, path) == .CHW_OK
  }

  /// Steps that the motor really made, forwards less backwards.
  public var motorSteps: Int { head.motorSteps }

  /// Pulses that turned nothing: driver not enabled, or gate closed.
  public var pulsesWithoutMotion: Int { head.pulsesWithoutMotion }

  /// Lets reservoir and shaft come to a time, on the clock of the pulses.
  public mutating func pass(to nanoseconds: Int64) {
    let before = passedTo ?? nanoseconds
    passedTo = max(before, nanoseconds)
    learnClock(nanoseconds)
    head.pass(to: nanoseconds)
    let edge = unsafe chw_world_heartbeat_edge_ns(world)
    // What closed the gate in between had closed it since the last edge.
    let powered = edge == Int64.min ? before : edge + head.gate.timeoutNanoseconds
    head.stray(nanoseconds: min(nanoseconds, powered) - before)
  }

  private mutating func learnClock(_ nanoseconds: Int64) {
    if !knowsClock { head.changeClock(to: nanoseconds) }
    knowsClock = true
  }

  /// What left the head: an empty reservoir gives nothing, however the motor turns.
  public var deliveredMicrolitres: Double { head.deliveredMicrolitres }

  public var reservoirMicrolitres: Double { head.reservoirMicrolitres }

  /// Lets the world catch up with the wires. `onStep` hears the time of every step that was made.
  public mutating func observe(_ onStep: (_ timeNanoseconds: Int64) -> Void = { _ in }) {
    observeTip { time, _ in onStep(time) }
  }

  /// The same; `onStep` hears also what left the tip with the step, by plug flow.
  public mutating func observeTip(
    _ onStep: (_ timeNanoseconds: Int64, _ nanograms: Double) -> Void
  ) {
    while true {
      let taken = unsafe pulses.withUnsafeMutableBufferPointer { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe Int(chw_world_take_pulses(world, base, Int32(buffer.count)))
      }
      for pulse in pulses[..<taken] {
        learnClock(pulse.time_ns)
        if head.turn(by: Pulse(pulse)) { onStep(pulse.time_ns, head.nanogramsOfStep) }
      }
      if taken < pulses.count { return }
    }
  }

  /// From now on the drive makes no pulse, or makes them again.
  public func failDrive(_ fails: Bool) { unsafe chw_world_fail_drive(world, fails ? -1 : 0) }

  public enum Line {
    case enable
    case buzzer
    case lamp
  }

  /// From now on a line cannot be written, or can be again.
  public func failLine(_ line: Line, _ fails: Bool) {
    let wire: chw_line =
      switch line {
      case .enable: .CHW_LINE_ENABLE
      case .buzzer: .CHW_LINE_BUZZER
      case .lamp: .CHW_LINE_LAMP
      }
    unsafe chw_world_fail_line(world, wire, fails ? -1 : 0)
  }

  /// Whether the buzzer sounds: driven by the engine, or released by the gate of a dead one.
  public func buzzerSounds(at timeNanoseconds: Int64) -> Bool {
    let edge = unsafe chw_world_heartbeat_edge_ns(world)
    let driven = unsafe chw_world_line(world, .CHW_LINE_BUZZER)
    return driven || !head.gate.isOpen(at: timeNanoseconds, lastEdge: edge)
  }
}

extension Pulse {
  fileprivate init(_ pulse: chw_pulse) {
    self.init(
      timeNanoseconds: pulse.time_ns, heartbeatEdgeNanoseconds: pulse.heartbeat_edge_ns,
      isEnabled: pulse.enabled, isBackwards: pulse.backwards)
  }
}
