/// The geometry of a simulated head, in plain numbers: the world shares no unit type with the engine.
public struct HeadGeometry: Sendable {
  public var microlitresPerRevolution: Double
  public var stepsPerRevolution: Int

  public init(microlitresPerRevolution: Double, stepsPerRevolution: Int) {
    self.microlitresPerRevolution = microlitresPerRevolution
    self.stepsPerRevolution = stepsPerRevolution
  }
}

/// One pulse on the STEP wire and what the other wires were at that moment.
public struct Pulse: Equatable, Sendable {
  public var timeNanoseconds: Int64
  /// The last edge of the heartbeat before it; `Int64.min` before the first.
  public var heartbeatEdgeNanoseconds: Int64
  /// The level of the enable wire, before any gate.
  public var isEnabled: Bool
  public var isBackwards: Bool

  public init(
    timeNanoseconds: Int64, heartbeatEdgeNanoseconds: Int64, isEnabled: Bool, isBackwards: Bool
  ) {
    self.timeNanoseconds = timeNanoseconds
    self.heartbeatEdgeNanoseconds = heartbeatEdgeNanoseconds
    self.isEnabled = isEnabled
    self.isBackwards = isBackwards
  }
}

/// What driver, motor, head and reservoir make of pulses, whatever wires they come from.
///
/// The motor turns where a pulse arrives while the driver is enabled and the heartbeat's gate is
/// open, whatever the engine believes.
public struct PumpHeadTruth: Sendable {
  public let geometry: HeadGeometry
  public let gate: HeartbeatGate
  private let filledMicrolitres: Double

  /// Steps that the motor really made, forwards less backwards.
  public private(set) var motorSteps = 0
  /// Pulses that turned nothing: driver not enabled, or gate closed.
  public private(set) var pulsesWithoutMotion = 0
  /// Of the motor's steps, the ones that found liquid to move.
  private var wetSteps = 0

  public init(geometry: HeadGeometry, reservoirMicrolitres: Double, gate: HeartbeatGate) {
    self.geometry = geometry
    self.gate = gate
    filledMicrolitres = reservoirMicrolitres
  }

  /// What left the head: an empty reservoir gives nothing, however the motor turns.
  public var deliveredMicrolitres: Double {
    Double(wetSteps) * geometry.microlitresPerRevolution / Double(geometry.stepsPerRevolution)
  }

  public var reservoirMicrolitres: Double { filledMicrolitres - deliveredMicrolitres }

  /// Whether the motor made a step.
  @discardableResult
  public mutating func turn(by pulse: Pulse) -> Bool {
    guard pulse.isEnabled,
      gate.isOpen(at: pulse.timeNanoseconds, lastEdge: pulse.heartbeatEdgeNanoseconds)
    else {
      pulsesWithoutMotion += 1
      return false
    }
    let direction = pulse.isBackwards ? -1 : 1
    motorSteps += direction
    let step = geometry.microlitresPerRevolution / Double(geometry.stepsPerRevolution)
    if pulse.isBackwards || reservoirMicrolitres >= step { wetSteps += direction }
    return true
  }
}
