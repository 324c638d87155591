internal import Documents
internal import DosingCore
internal import Engine
internal import Hardware
internal import Plant
internal import Quantities

/// One scenario in virtual time: the engine's own code, a simulated bench, and an oracle that watches
/// the motor.
struct Simulation: ~Copyable {
  private let scenario: ScenarioDocument
  private let hardware: HardwareRig
  private var engine: VirtualEngine
  private var plant: Plant
  private var oracle: Oracle
  private var alarms = AlarmHistory()
  private var refusals: [Summary.Refusal] = []
  private var accepted: [Summary.Accepted] = []
  private var commandedSteps: Int64 = 0
  private var progress: Progress
  private var trace: TraceFile?

  private let period: Int64
  /// The last tick that is run.
  private let lastTick: Int64

  /// Progress is looked at so often, in ticks.
  private static let stretch: Int64 = 2_000_000
  private var nextLook = Simulation.stretch

  init(_ scenario: ScenarioDocument, trace: consuming TraceFile?) throws {
    let rig = scenario.rig.rig
    let hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    try hardware.seal(for: rig, epoch: .zero)
    self.hardware = hardware
    self.scenario = scenario
    period = rig.tick.count
    lastTick = scenario.duration.count / period
    progress = Progress(total: lastTick)
    self.trace = trace
    engine = VirtualEngine(
      loop: TickLoop(
        core: DosingState(rig: rig, clock: scenario.start), drive: hardware.drive,
        annunciator: hardware.annunciator),
      clock: hardware.virtualClock)
    plant = unsafe Plant(
      world: hardware.world,
      geometry: HeadGeometry(
        microlitresPerRevolution: Double(rig.pump.volumePerRevolution.picolitres) / 1e6,
        stepsPerRevolution: Int(rig.pump.stepsPerRevolution)),
      reservoirMicrolitres: Double(rig.reservoir.volume.picolitres) / 1e6,
      gate: HeartbeatGate(heartbeatNanoseconds: TickLoop.heartbeat.count))
    oracle = Oracle(
      rig: rig, prescription: scenario.program.document.prescription, clock: scenario.start)
  }

  /// Runs the scenario from its first tick to its last.
  mutating func run() throws {
    // Time zero: a new pump whose basal is running.
    ask(.program(scenario.program.therapy), named: "program")
    for event in scenario.events {
      // An event acts in the first tick at or after its time.
      try advance(to: (event.at.count + period - 1) / period)
      act(event)
    }
    try advance(to: lastTick + 1)
    progress.clear()
    let deficit = engine.loop.core.account.deficit
    // A late tick may outlast the scenario: then nothing was run up to its end.
    oracle.finish(
      at: time(of: engine.loop.core.now.number),
      deficit: scenario.program.therapy.scale.mass(deficit, rounded: .up))
    try trace?.finish()
  }

  /// Runs every tick before `end`.
  private mutating func advance(to end: Int64) throws {
    while engine.next < end {
      if let (tick, decision) = engine.run(until: min(end, nextLook)) {
        if decision.steps { try observe() }
        if decision.faultsChanged { alarms.note(engine.loop.core.board, at: seconds(of: tick)) }
      }
      if engine.next >= nextLook {
        progress.show(engine.next)
        nextLook = engine.next + Self.stretch
      }
    }
  }

  private mutating func observe() throws {
    commandedSteps += 1
    var times: [Int64] = []
    plant.observe { times.append($0) }
    for time in times {
      oracle.step(at: time)
      try trace?.append(
        time, mode: engine.loop.core.mode, extraDose: engine.loop.core.extraDose?.kind)
    }
  }

  // MARK: Events

  private mutating func act(_ event: ScenarioDocument.Event) {
    switch event.action {
    case .patientBolus:
      if ask(.patientBolus, named: "patient-bolus") {
        oracle.startPatientBolus(at: time(of: engine.next))
      }
    case .bolus(let dose, let duration):
      if ask(.bolus(dose: dose, duration: duration), named: "bolus") {
        oracle.startExtra(dose: dose, duration: duration, at: time(of: engine.next))
      }
    case .stop:
      if ask(.stop, named: "stop") { oracle.stop(at: time(of: engine.next)) }
    case .resume:
      if ask(.resume, named: "resume") { oracle.resume(at: time(of: engine.next)) }
    case .program(let program):
      if ask(.program(program.therapy), named: "program") {
        oracle.program(program.therapy.prescription, at: time(of: engine.next))
      }
    case .lateTick(let length):
      engine.skip(length.count / period)
    case .drive(let fails):
      plant.failDrive(fails)
    case .output(let output, let fails):
      switch output {
      case .enable: plant.failLine(.enable, fails)
      case .buzzer: plant.failLine(.buzzer, fails)
      case .lamp: plant.failLine(.lamp, fails)
      }
    }
  }

  /// Whether the engine accepted the request. A refusal is kept for the summary.
  @discardableResult
  private mutating func ask(_ request: Request, named name: String) -> Bool {
    let tick = engine.next
    let answer = engine.decide(request)
    alarms.note(engine.loop.core.board, at: seconds(of: tick))
    guard case .refused(let refusal) = answer else {
      accepted.append(Summary.Accepted(atS: seconds(of: tick), command: name))
      return true
    }
    refusals.append(
      Summary.Refusal(
        atS: seconds(of: tick), command: name, reason: refusal.reason.code,
        text: refusal.sentence(decidedAt: Tick(tick), tickPeriod: Nanoseconds(period)),
        allowedAtS: refusal.allowedAt.map { seconds(of: $0.number) }))
    return false
  }

  private func time(of tick: Int64) -> Int64 { tick * period }

  private func seconds(of tick: Int64) -> Double { Double(tick * period) / 1e9 }

  // MARK: The outcome

  func summary(seed: UInt64) -> Summary {
    let account = engine.loop.core.account
    let scale = scenario.program.therapy.scale
    func micrograms(_ units: Int128) -> Double {
      Double(units) / Double(scale.perNanogram) / 1000
    }
    let volume = plant.deliveredMicrolitres
    let strength = Double(scenario.program.document.prescription.concentration.baseUnits)
    return Summary(
      scenario: scenario.path, seed: seed, durationS: Double(scenario.duration.count) / 1e9,
      ticks: lastTick + 1, ticksMissed: engine.loop.core.ticksMissed,
      wallS: Double(progress.elapsed.count) / 1e9, commandedSteps: commandedSteps,
      motorSteps: Int64(plant.motorSteps), deliveredVolumeUl: volume,
      // uL x ng/mL is pg.
      deliveredMassUg: volume * strength / 1e6, prescribedMassUg: micrograms(account.prescribed),
      deficit: Summary.Deficit(
        lateTickUg: micrograms(account.deficit(.lateTick)),
        stepWaitedUg: micrograms(account.deficit(.stepWaited)),
        limitUg: micrograms(account.deficit(.limit)),
        reservoirEmptyUg: micrograms(account.deficit(.reservoirEmpty)),
        hardStopUg: micrograms(account.deficit(.hardStop)),
        driveFailedUg: micrograms(account.deficit(.driveFailed))),
      prescribedBasalUg: micrograms(account.prescribed - account.extra),
      prescribedExtraUg: micrograms(account.extra),
      reservoirUl: plant.reservoirMicrolitres, alarms: alarms.list, accepted: accepted,
      refusals: refusals, inputs: scenario.inputs.map(Summary.Input.init),
      violations: oracle.violations)
  }
}

/// Every alarm of a run, from its raising to its clearing.
private struct AlarmHistory {
  private(set) var list: [Summary.Alarm] = []
  /// Where in the list an alarm that is on stands, by its raw value.
  private var open: [UInt8: Int] = [:]

  mutating func note(_ board: FaultBoard, at seconds: Double) {
    for code in FaultCode.allCases {
      let alarm = board[code]
      let entry = open[code.rawValue]
      let priority = alarm.map { "\($0.priority)" }
      if let entry, priority != list[entry].priority {
        list[entry].clearedS = seconds
        open[code.rawValue] = nil
      }
      if let priority, open[code.rawValue] == nil {
        open[code.rawValue] = list.count
        list.append(
          Summary.Alarm(code: code.code, priority: priority, raisedS: seconds, clearedS: nil))
      }
    }
  }
}
