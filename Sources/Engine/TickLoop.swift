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
  private let page: RunPage?
  /// The steps of the account before the first pulse of this rig.
  private let stepsBefore: Int64
  private var enabled = false

  /// How often a complete tick toggles the heartbeat: so rarely that a late tick does not close the
  /// gate, so often that a dead engine is cut off after 0.3 s. The slowest tick is as long.
  public static let heartbeat = Limits.tickMax

  /// - Parameter page: where each tick is kept for a successor; nil for nowhere.
  public init(
    core: consuming DosingState, drive: MotorDrive, annunciator: Annunciator, page: RunPage? = nil
  ) {
    stepsBefore = core.account.steps
    self.core = core
    self.drive = drive
    self.annunciator = annunciator
    self.page = page
    if let therapy = self.core.therapy { setCeilings(therapy) }
    show()
  }

  private func setCeilings(_ therapy: Therapy) {
    drive.setTherapyCeilings(stepsPerHour: therapy.hour.steps, stepsPerDay: therapy.day.steps)
  }

  // MARK: What is durable

  /// No step is made from here on that is not leased.
  mutating func beginLeases(afterCommit commits: Int64) {
    core.beginLeases(afterCommit: commits)
    drive.setLease(steps: 0)
  }

  /// A commit is durable. The interlock hears of its lease by itself.
  mutating func grant(_ commit: Int64, leaseEnd: Int64) {
    core.grant(commit, end: leaseEnd)
    if core.leaseEnd != .max { drive.setLease(steps: max(0, leaseEnd - stepsBefore)) }
    show()
  }

  mutating func propose() -> (commit: Int64, leaseEnd: Int64) { core.propose() }

  mutating func settle() { core.settle() }

  /// Writes what a restart needs.
  mutating func write(state: inout FrameWriter, prescription: inout FrameWriter) {
    core.layout(&state)
    if var ordered = core.therapy?.prescription { ordered.layout(&prescription) }
    precondition(!state.failed && !prescription.failed, "the records fit")
  }

  mutating func trustClock(late: Nanoseconds) { core.trustClock(late: late) }

  // MARK: The tick

  /// Decides a request in tick `number`, before `tick(_:)` runs it.
  public mutating func decide(_ request: Request, at number: Int64) -> Answer {
    let answer = core.decide(request, at: Tick(number))
    if case .accepted = answer { carryOut(request) }
    return answer
  }

  /// What a granted request changes beyond the core.
  private mutating func carryOut(_ request: Request) {
    switch request {
    case .program(let therapy): setCeilings(therapy)
    case .stop: drive.shutInterlock()
    case .resume: drive.reopenInterlock()
    case .propose, .bolus, .patientBolus, .acknowledge, .new: break
    }
    show()
  }

  /// Runs tick `number`. Returns what was decided, and why a step that was decided was not made.
  @inline(__always)
  public mutating func tick(_ number: Int64) -> (decision: Decision, refusal: StepRefusal?) {
    let decision = core.step(TickInputs(tick: Tick(number)))
    if decision.changesOutputs { show() }
    // A resume that was taken back had opened the interlock.
    if decision.tookBack, core.mode == .stoppedByCommand { drive.shutInterlock() }
    let refusal = decision.steps ? step() : nil
    page?.write(core.trace(stepIsUnderWay: false))
    drive.completeTick()
    return (decision, refusal)
  }

  private mutating func step() -> StepRefusal? {
    // Before the pulse: a successor must not make this step again.
    page?.write(core.trace(stepIsUnderWay: true))
    switch drive.step() {
    case .made: return nil
    case .notYet:
      core.stepRefused(.notYet)
      return .notYet
    case .windowFull:
      core.stepRefused(.window)
      return .window
    }
  }

  /// Brings the lines in step with the state.
  private mutating func show() {
    let delivers = core.mode.delivers
    if delivers != enabled {
      drive.setEnabled(delivers)
      enabled = delivers
    }
    if core.isLeased && core.leaseEnd == .max { drive.setLease(steps: .max) }
    let highest = core.alarms.highest
    annunciator.set(buzzer: highest == .high, lamp: highest != nil)
  }
}

extension Decision {
  fileprivate var changesOutputs: Bool { basalChanged || alarmsChanged || tookBack }
}
