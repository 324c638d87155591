public import DosingCore
public import Hardware
public import Quantities

/// One tick: read, decide, act, record. The same code in real time and in virtual time.
///
/// Nothing here allocates, locks, logs or blocks.
public struct TickLoop: ~Copyable {
  public private(set) var core: DosingState
  private let drive: MotorDrive
  private var outputs: DrivenOutputs
  private let page: RunPage?
  private var news: OutputNews

  /// How often a complete tick toggles the heartbeat: so rarely that a late tick does not close the
  /// gate, so often that a dead engine is cut off after 0.3 s. The slowest tick is as long.
  public static let heartbeat = Limits.tickMax

  /// - Parameters:
  ///   - alarms: to whoever plays them; nil where nobody does, and buzzer and lamp are driven by the tick.
  ///   - page: where each tick is kept for a successor; nil for nowhere.
  public init(
    core: consuming DosingState, drive: MotorDrive, annunciator: Annunciator,
    alarms: AlarmPost? = nil, page: RunPage? = nil
  ) {
    outputs = DrivenOutputs(drive, annunciator, alarms, stepsBefore: core.account.steps)
    news = OutputNews(core.rig)
    self.core = core
    self.drive = drive
    self.page = page
    outputs.drive(self.core.outputs)
  }

  // MARK: What is durable

  /// No step is made from here on that is not leased.
  mutating func beginLeases(afterCommit commits: Int64) {
    core.beginLeases(afterCommit: commits)
    outputs.drive(core.outputs)
  }

  mutating func propose(after: borrowing DosingState) -> (commit: Int64, leaseEnd: Int64) {
    core.propose(after: after)
  }

  mutating func settle() { core.settle() }

  /// What is left behind by the tick that ran last.
  mutating func trace() -> TickTrace { core.trace(stepIsUnderWay: false) }

  // MARK: What is shown

  mutating func report(to status: inout Status) { core.report(to: &status) }

  // MARK: The tick

  /// What could not be driven in the tick before tick `number`, where the core does not know it yet: it has to be
  /// told.
  @inline(__always)
  mutating func takeFailed(at number: Int64) -> OutputSet? { news.take(outputs.failed, at: number) }

  /// Hears whether people can be told. Now and then; see `AlarmPost.lookMax`.
  mutating func listen(at now: Nanoseconds) { outputs.listen(at: now) }

  /// Takes the facts of a tick, before anything else in it.
  mutating func learn(_ facts: TickFacts) {
    core.learn(facts)
    outputs.areDue = true
  }

  /// Decides a request in tick `number`, before `tick(_:)` runs it.
  public mutating func decide(_ request: Request, at number: Int64) -> Answer {
    let answer = core.decide(request, at: Tick(number))
    // Whatever stops the link has asked for by now: the core stands.
    if case .stop = request { outputs.stopsDecided = drive.stopsAsked }
    outputs.areDue = true
    return answer
  }

  /// How many of the next ticks do nothing but accrue, and complete.
  mutating func quietTicks() -> Int64 {
    outputs.areDue || outputs.failed != news.told ? 0 : core.quietTicks()
  }

  /// Whether a tick that succeeds is completed.
  var completes: Bool { outputs.beats }

  /// Lets so many such ticks pass; their completion is not among it.
  mutating func passQuietly(_ ticks: Int64) {
    core.passQuietly(ticks)
    page?.write(core.trace(stepIsUnderWay: false))
  }

  /// Runs tick `number`. Returns what was decided, and why a step that was decided was not made.
  @inline(__always)
  public mutating func tick(_ number: Int64) -> (decision: Decision, refusal: StepRefusal?) {
    let decision = core.step(Tick(number))
    // Before the step: it is made at the levels of its own tick.
    if decision.mayChangeOutputs || outputs.areDue { outputs.drive(core.outputs) }
    let refusal = decision.steps ? step() : nil
    page?.write(core.trace(stepIsUnderWay: false))
    if outputs.beats { drive.completeTick() }
    return (decision, refusal)
  }

  private mutating func step() -> StepRefusal? {
    // Before the pulse: a successor must not make this step again.
    page?.write(core.trace(stepIsUnderWay: true))
    let refusal = pulse()
    core.stepEnded(refusal)
    if refusal != nil { outputs.areDue = true }
    return refusal
  }

  private func pulse() -> StepRefusal? {
    // A pulse to a driver that is not enabled would be counted and turn nothing.
    if outputs.keepTheMotor { return .driveFailed }
    switch drive.step() {
    case .made: return nil
    case .tooSoon, .lapsed, .shut: return .notYet
    case .driveFailed: return .driveFailed
    case .window, .lease:
      let counts = drive.counts
      return .window(hourSteps: counts.hourSteps, daySteps: counts.daySteps)
    }
  }
}
