/// The geometry of a simulated head, in plain numbers: the world shares no unit type with the engine.
public struct HeadGeometry: Equatable, Sendable {
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

/// What driver, motor, head, reservoir and line make of pulses, whatever wires they come from.
///
/// The motor turns where a pulse arrives while the driver is enabled and the heartbeat's gate is
/// open, whatever the engine believes.
public struct PumpHeadTruth: Sendable {
  public let geometry: HeadGeometry
  public let gate: HeartbeatGate
  /// What the head draws from. People fill and empty it.
  public var reservoir: ReservoirTruth
  /// What is wrong with motor and driver.
  public var shaft = ShaftFaults()
  /// What the head pushes into; nil where the tip is at the head. People replace and empty it.
  public var line: LineTruth?
  /// The pressure in it.
  public var pressure = LinePressureTruth()
  /// What runs through head and line by itself, whatever the motor does.
  public var freeFlowMicrolitresPerDay = 0.0
  /// Of the steps forwards such a share finds no liquid, evenly: air, a way in that is blocked, a tube that is worn.
  public var dryShare = 0.0
  private var dry = 0.0
  /// How often the volume of a step has run, and a part of one.
  public private(set) var ranSteps = 0
  private var ran = 0.0

  /// Steps that the motor really made, forwards less backwards.
  public private(set) var motorSteps = 0
  /// Pulses that turned nothing: driver not enabled, or gate closed.
  public private(set) var pulsesWithoutMotion = 0
  /// Pulses that the driver took, and that turned nothing all the same.
  public private(set) var stepsLost = 0
  /// Of the motor's steps, those that no pulse asked for, either way.
  public private(set) var straySteps = 0
  /// Of the motor's steps, the ones that found liquid to move.
  private(set) var wetSteps = 0
  /// What left the tip with the newest step, by plug flow; below 0 where it drew something in.
  public private(set) var nanogramsOfStep = 0.0
  /// What was pressed into a line that is blocked at its tip: it comes with the first step after it has opened.
  public private(set) var nanogramsHeld = 0.0
  /// What left the head.
  private var pushed: RunningSum
  /// Up to when the reservoir has leaked and evaporated; nil before it is known what time it is.
  private var passedTo: Int64?

  /// A full reservoir at the tip, of which only the volume matters.
  public init(geometry: HeadGeometry, reservoirMicrolitres: Double, gate: HeartbeatGate) {
    self.init(
      geometry: geometry,
      reservoir: ReservoirTruth(capacityMicrolitres: reservoirMicrolitres, concentration: 0),
      line: nil, gate: gate)
  }

  public init(
    geometry: HeadGeometry, reservoir: ReservoirTruth, line: LineTruth?, gate: HeartbeatGate
  ) {
    self.geometry = geometry
    self.gate = gate
    self.reservoir = reservoir
    self.line = line
    pushed = RunningSum()
  }

  /// As it was kept.
  init(
    geometry: HeadGeometry, reservoir: ReservoirTruth, line: LineTruth?, gate: HeartbeatGate,
    turned: (motorSteps: Int, wetSteps: Int, pulsesWithoutMotion: Int), nanogramsPushed: Double
  ) {
    self.init(geometry: geometry, reservoir: reservoir, line: line, gate: gate)
    (motorSteps, wetSteps, pulsesWithoutMotion) = turned
    pushed = RunningSum(nanogramsPushed)
  }

  /// What left the head: an empty reservoir gives nothing, however the motor turns.
  public var deliveredMicrolitres: Double { Double(wetSteps) * stepMicrolitres }

  /// The drug in it.
  public var nanogramsPushed: Double { pushed.value }

  /// The drug that left the tip, by plug flow.
  public var nanogramsAtTip: Double { (line?.nanogramsOut ?? nanogramsPushed) - nanogramsHeld }

  public var reservoirMicrolitres: Double { reservoir.microlitres }

  private var stepMicrolitres: Double {
    geometry.microlitresPerRevolution / Double(geometry.stepsPerRevolution)
  }

  /// Whether the motor made a step.
  @discardableResult
  public mutating func turn(by pulse: Pulse) -> Bool {
    pass(to: pulse.timeNanoseconds)
    guard pulse.isEnabled,
      gate.isOpen(at: pulse.timeNanoseconds, lastEdge: pulse.heartbeatEdgeNanoseconds)
    else {
      pulsesWithoutMotion += 1
      return false
    }
    let step = shaft.turn(pulse.isBackwards ? -1 : 1)
    if step == 0 { stepsLost += 1 } else { move(step) }
    return step != 0
  }

  /// Lets a driver that makes steps of its own make those of a time in which it had power.
  mutating func stray(nanoseconds: Int64) {
    let steps = shaft.stray(nanoseconds: max(0, nanoseconds))
    straySteps += abs(steps)
    for _ in 0..<abs(steps) { move(steps.signum()) }
  }

  private mutating func move(_ step: Int) {
    motorSteps += step
    if step < 0 { drawBack() } else { push() }
  }

  /// Lets the reservoir leak and evaporate up to a time, on the clock of the pulses. An earlier one than the
  /// last is none.
  public mutating func pass(to nanoseconds: Int64) {
    let before = passedTo ?? nanoseconds
    passedTo = max(before, nanoseconds)
    reservoir.pass(nanoseconds: nanoseconds - before)
    pressure.pass(to: nanoseconds)
    run(nanoseconds: nanoseconds - before)
  }

  /// By the volume of a step. Nothing presses it: it stands where the line is blocked, and widens none.
  private mutating func run(nanoseconds: Int64) {
    guard freeFlowMicrolitresPerDay > 0, nanoseconds > 0, !pressure.isBlocked else { return }
    ran += freeFlowMicrolitresPerDay * Double(nanoseconds) / 86_400e9 / stepMicrolitres
    while ran >= 1 {
      ran -= 1
      ranSteps += 1
      if let liquid = draw() { _ = leave(liquid) }
    }
  }

  /// The wires are those of another process, whose clock may have begun anew.
  mutating func changeClock(to nanoseconds: Int64) {
    guard let passedTo, nanoseconds < passedTo else { return }
    self.passedTo = nil
    pressure.changeClock()
  }

  /// Nothing in it has ever held any drug.
  public var holdsNoDrug: Bool {
    reservoir.nanograms == 0 && nanogramsPushed == 0 && (line?.nanogramsIn ?? 0) == 0
  }

  /// What fills reservoir and line, of which nobody had said what it is, holds so much.
  public mutating func dissolve(concentration: Double) {
    precondition(holdsNoDrug, "what is in it is known")
    reservoir = ReservoirTruth(
      capacityMicrolitres: reservoir.capacityMicrolitres, microlitres: reservoir.microlitres,
      concentration: concentration)
    line = line.map {
      LineTruth(microlitres: $0.microlitres, concentration: concentration, spread: $0.spread)
    }
  }

  private mutating func push() {
    nanogramsOfStep = 0
    dry += dryShare
    if dry >= 1 {
      dry -= 1
      return
    }
    guard let liquid = draw() else { return }
    pressure.push(microlitres: liquid.microlitres)
    nanogramsHeld += leave(liquid)
    if pressure.isBlocked { return }
    (nanogramsOfStep, nanogramsHeld) = (nanogramsHeld, 0)
  }

  /// A step's volume out of the reservoir; nil where there is none.
  private mutating func draw() -> Liquid? {
    let liquid = reservoir.take(microlitres: stepMicrolitres)
    guard liquid.microlitres > 0 else { return nil }
    wetSteps += 1
    pushed.add(liquid.nanograms)
    return liquid
  }

  /// It goes into the line. Returns the drug that leaves the tip for it.
  private mutating func leave(_ liquid: Liquid) -> Double {
    line?.push(microlitres: liquid.microlitres, concentration: liquid.concentration)
      ?? liquid.nanograms
  }

  private mutating func drawBack() {
    let step = stepMicrolitres
    let before = nanogramsAtTip
    let liquid =
      line?.pull(microlitres: step)
      ?? Liquid(microlitres: step, concentration: reservoir.concentration)
    wetSteps -= 1
    pressure.push(microlitres: -step)
    pushed.add(-liquid.nanograms)
    nanogramsOfStep = nanogramsAtTip - before
    reservoir.takeBack(liquid)
  }
}
