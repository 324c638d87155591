internal import Hardware
internal import KernelWorld
internal import Plant
internal import Synchronization

/// The pump head behind the lines. On the thread of the trace.
final class WorldBehindLines: Sendable {
  struct State {
    var head: PumpHeadTruth
    var sensors: BenchSensors
    var isEnabled = false
    var isBackwards = false
    var lastHeartbeat = Int64.min
    var isJammed = false
    /// By so many steps the shaft has turned by itself.
    var straySteps = 0
  }

  private let state: Mutex<State>
  private let wires: [Int: Wire]

  init(base: Int, gate: HeartbeatGate, sensors: BenchSensors) {
    let head = PumpHeadTruth(
      geometry: HeadGeometry(
        microlitresPerRevolution: Double(BenchTexts.microlitresPerRevolution),
        stepsPerRevolution: BenchTexts.stepsPerRevolution),
      reservoirMicrolitres: 20_000, gate: gate)
    wires = Dictionary(
      uniqueKeysWithValues: Wire.allCases.map { (base + Int(BenchTexts.offset(of: $0)), $0) })
    state = Mutex(State(head: head, sensors: sensors))
    state.withLock { $0.showSensors() }
  }

  var motorSteps: Int { state.withLock { $0.head.motorSteps } }

  func renew(_ sensors: BenchSensors) {
    state.withLock { state in
      state.sensors = sensors
      state.showSensors()
    }
  }

  func jam(_ isJammed: Bool) { state.withLock { $0.isJammed = isJammed } }

  /// Lets nothing through the line, or all.
  func block(_ isBlocked: Bool) {
    state.withLock { state in
      state.sensors.line.blockedShare = isBlocked ? 1 : 0
      state.showSensors()
    }
  }

  func turnByItself(steps: Int) {
    state.withLock { state in
      state.straySteps += steps
      state.showSensors()
    }
  }

  /// Time has passed for what the sensors see.
  func showSensors() { state.withLock { $0.showSensors() } }

  func take(_ edge: Edge) {
    guard let wire = wires[edge.line] else { return }
    state.withLock { $0.take(edge, of: wire) }
  }

  func forget(_ wire: Wire) {
    state.withLock { state in
      if wire == .enable { state.isEnabled = false }
      if wire == .direction { state.isBackwards = false }
    }
  }
}

extension WorldBehindLines.State {
  mutating func take(_ edge: Edge, of wire: Wire) {
    switch wire {
    case .enable: isEnabled = edge.isRising
    case .direction: isBackwards = edge.isRising
    case .heartbeat: lastHeartbeat = edge.timeNanoseconds
    case .step where edge.isRising && !isJammed:
      head.turn(
        by: Pulse(
          timeNanoseconds: edge.timeNanoseconds, heartbeatEdgeNanoseconds: lastHeartbeat,
          isEnabled: isEnabled, isBackwards: isBackwards))
      showSensors()
    case .step, .buzzer, .lamp: break
    }
  }

  mutating func showSensors() {
    sensors.update(
      motorSteps: head.motorSteps + straySteps, reservoirMicrolitres: head.reservoirMicrolitres,
      deliveredMicrolitres: head.deliveredMicrolitres)
  }
}
