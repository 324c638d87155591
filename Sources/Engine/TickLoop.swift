public import DosingCore
public import Hardware
public import Quantities

/// One tick: read, decide, act, record. The same code in real time and in virtual time.
///
/// Nothing here allocates, locks, logs or blocks.
public struct TickLoop: ~Copyable {
  public private(set) var core: DosingState
  private let drive: MotorDrive
  private let annunciator: Annunciator
  private var enabled = false

  /// How often a complete tick toggles the heartbeat: so rarely that a late tick does not close the
  /// gate, so often that a dead engine is cut off after 0.3 s. The slowest tick is as long.
  public static let heartbeat = Limits.tickMax

  public init(core: consuming DosingState, drive: MotorDrive, annunciator: Annunciator) {
    self.core = core
    self.drive = drive
    self.annunciator = annunciator
  }

  /// Decides a request in tick `number`, before `tick(_:)` runs it.
  public mutating func decide(_ request: Request, at number: Int64) -> Answer {
    let answer = core.decide(request, at: Tick(number))
    if case .accepted = answer { carryOut(request) }
    return answer
  }

  /// What a granted request changes beyond the core.
  private mutating func carryOut(_ request: Request) {
    switch request {
    case .program(let therapy):
      drive.setTherapyCeilings(
        stepsPerHour: therapy.hour.steps, stepsPerDay: therapy.day.steps)
    case .stop: drive.shutInterlock()
    case .resume: drive.reopenInterlock()
    case .bolus, .patientBolus: break
    }
    show()
  }

  /// Runs tick `number`. Returns what was decided; the step, if any, has been tried.
  @inline(__always)
  public mutating func tick(_ number: Int64) -> Decision {
    let decision = core.step(TickInputs(tick: Tick(number)))
    if decision.steps { step() }
    if decision.changesOutputs { show() }
    drive.completeTick()
    return decision
  }

  private mutating func step() {
    switch drive.step() {
    case .made: break
    case .notYet: core.stepRefused(.notYet)
    case .windowFull: core.stepRefused(.window)
    }
  }

  /// Brings the lines in step with the state.
  private mutating func show() {
    let delivers = core.mode.delivers
    if delivers != enabled {
      drive.setEnabled(delivers)
      enabled = delivers
    }
    let highest = core.alarms.highest
    annunciator.set(buzzer: highest == .high, lamp: highest != nil)
  }
}

extension Decision {
  fileprivate var changesOutputs: Bool { basalChanged || alarmsChanged }
}
