internal import Documents
internal import DosingCore
internal import Plant
internal import Quantities
internal import Simulation

/// What a run comes to, for its summary.
struct RunBook {
  var commandedSteps: Int64 = 0

  private let scenario: Scenario
  private let scale: AccountScale
  private var alarms = AlarmHistory()
  private var accepted: [Summary.Accepted] = []
  private var refusals: [Summary.Refusal] = []
  private var starts = 1
  private var account: Account
  private var ticksMissed: Int64 = 0
  private var doubt: Int64 = 0

  // By cause: prescribed in units of account, delivered in ug.
  private var prescribed = Causes()
  private var delivered = Causes()
  private var seen = (prescribed: Int128(0), extra: Int128(0))
  private var runningKind: ExtraDose.Kind?
  /// What had accrued when the motor made its newest step, and what of it since then for extra doses.
  private var atStep: Int128 = 0
  private var extraSinceStep = Causes()
  /// Of the newest life, at its end.
  private var line: [Summary.LinePart] = []
  private var counted = Summary.Contents(ul: 0, ngPerMl: 0)
  private var forecast = Forecast()

  private struct Causes {
    var basal = 0.0
    var patientBolus = 0.0
    var bolus = 0.0

    mutating func add(_ amount: Double, of kind: ExtraDose.Kind) {
      switch kind {
      case .patientBolus: patientBolus += amount
      case .bolus: bolus += amount
      }
    }

    var isNone: Bool { patientBolus == 0 && bolus == 0 }
  }

  init(_ scenario: Scenario) {
    self.scenario = scenario
    scale = scenario.therapy.scale
    account = Account(perStep: scale.perStep)
  }

  // MARK: What was asked

  mutating func accept(_ request: Request, at time: Int64) {
    accepted.append(Summary.Accepted(atS: Self.seconds(time), command: request.code))
  }

  mutating func refuse(
    _ request: Request, at time: Int64, reason: String, text: String, allowedAt: Int64?
  ) {
    refusals.append(
      Summary.Refusal(
        atS: Self.seconds(time), command: request.code, reason: reason, text: text,
        allowedAtS: allowedAt.map(Self.seconds)))
  }

  /// It was accepted, could not be made durable, and never happened.
  mutating func takeBack(_ request: Request, at time: Int64) {
    if let index = accepted.lastIndex(where: { $0.command == request.code }) {
      accepted.remove(at: index)
    }
    refuse(
      request, at: time, reason: "taken-back", text: "it could not be written down",
      allowedAt: nil)
  }

  /// The alarms that are new.
  mutating func note(_ board: FaultBoard, at time: Int64) -> [FaultCode] {
    alarms.note(board, at: Self.seconds(time))
  }

  // MARK: Where it went

  /// A life begins: what it goes on from was told by the one before.
  mutating func begin(_ pump: SimulatedPump) {
    starts += 1
    let account = pump.account
    seen = (account.prescribed, account.extra)
    atStep = account.prescribed
    extraSinceStep = Causes()
    runningKind = nil
  }

  /// What has accrued since this was last told, by what it is for.
  mutating func accrue(_ pump: SimulatedPump) {
    let account = pump.account
    let ofExtra = account.extra - seen.extra
    seen = (account.prescribed, account.extra)
    guard ofExtra > 0 else { return }
    if let kind = pump.extraDose?.kind { runningKind = kind }
    guard let runningKind else { return }
    prescribed.add(Double(ofExtra), of: runningKind)
    extraSinceStep.add(Double(ofExtra), of: runningKind)
  }

  /// The motor made a step. What the tip gave with it belongs to what had accrued since the step before, in proportion.
  mutating func deliver(_ nanograms: Double) {
    let given = nanograms / 1000
    let accrued = seen.prescribed - atStep
    atStep = seen.prescribed
    guard !extraSinceStep.isNone, accrued > 0 else {
      delivered.basal += given
      return
    }
    let perUnit = given / Double(accrued)
    delivered.patientBolus += extraSinceStep.patientBolus * perUnit
    delivered.bolus += extraSinceStep.bolus * perUnit
    delivered.basal += given - (extraSinceStep.patientBolus + extraSinceStep.bolus) * perUnit
    extraSinceStep = Causes()
  }

  /// - Parameter zero: when tick 0 of this life was, in ns.
  mutating func end(_ pump: SimulatedPump, tickZero zero: Int64) {
    (account, ticksMissed, doubt) = (pump.account, pump.ticksMissed, pump.stepsInDoubt)
    let status = pump.status
    line = (0..<status.line.count).map { index in
      Summary.LinePart(status.line[index]) {
        Self.seconds(zero + $0.number * scenario.rig.tick.count)
      }
    }
    forecast = pump.forecast
    counted = Summary.Contents(
      ul: Double(status.reservoir.picolitres) / 1e6,
      ngPerMl: line.last?.ngPerMl ?? 0)
  }

  func mass(_ units: Int128, rounded: Rounding) -> Mass { scale.mass(units, rounded: rounded) }

  private func micrograms(units: Double) -> Double { units / Double(scale.perNanogram) / 1000 }

  private static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }

  // MARK: The outcome

  /// What the bench and the oracle say at the end.
  struct Outcome {
    var path: String
    var inputs: [ScenarioDocument.Input]
    var seed: UInt64
    var ticks: Int64
    var wall: Nanoseconds
    var hasJournal: Bool
    var head: PumpHeadTruth
    var violations: [String]
  }

  func summary(_ outcome: Outcome) -> Summary {
    func deficit(_ reason: Account.Deficit) -> Double {
      micrograms(units: Double(account.deficit(reason)))
    }
    return Summary(
      scenario: outcome.path, seed: outcome.seed,
      durationS: Double(scenario.duration.count) / 1e9, ticks: outcome.ticks,
      ticksMissed: ticksMissed, wallS: Double(outcome.wall.count) / 1e9,
      hasJournal: outcome.hasJournal, starts: starts, commandedSteps: commandedSteps,
      motorSteps: Int64(outcome.head.motorSteps), stepsInDoubt: doubt,
      deliveredVolumeUl: outcome.head.deliveredMicrolitres,
      deliveredMassUg: outcome.head.nanogramsAtTip / 1000,
      tipMassUg: outcome.head.nanogramsAtTip / 1000,
      prescribedMassUg: micrograms(units: Double(account.prescribed)),
      deficit: Summary.Deficit(
        lateTickUg: deficit(.lateTick), stepWaitedUg: deficit(.stepWaited),
        limitUg: deficit(.limit), reservoirEmptyUg: deficit(.reservoirEmpty),
        hardStopUg: deficit(.hardStop), driveFailedUg: deficit(.driveFailed),
        notRunningUg: deficit(.notRunning), noLeaseUg: deficit(.noLease),
        suspendedUg: deficit(.suspended), noDrugUg: deficit(.noDrug)),
      prescribed: Summary.Causes(
        basalUg: micrograms(units: Double(account.prescribed - account.extra)),
        patientBolusUg: micrograms(units: prescribed.patientBolus),
        bolusUg: micrograms(units: prescribed.bolus)),
      delivered: Summary.Causes(
        basalUg: delivered.basal, patientBolusUg: delivered.patientBolus,
        bolusUg: delivered.bolus),
      reservoirUl: outcome.head.reservoirMicrolitres,
      reservoir: Summary.Reservoir(
        counted: counted, forecast.reservoir,
        truth: Summary.Contents(outcome.head.reservoir.contents)),
      forecast: Summary.Marks(low: Summary.Span(forecast.low), empty: Summary.Span(forecast.empty)),
      line: line, alarms: alarms.list, accepted: accepted,
      refusals: refusals, inputs: outcome.inputs.map(Summary.Input.init),
      violations: outcome.violations)
  }
}

/// Every alarm of a run, from its raising to its clearing.
private struct AlarmHistory {
  private(set) var list: [Summary.Alarm] = []
  /// Where in the list an alarm that is on stands, by its raw value.
  private var open: [UInt8: Int] = [:]

  /// Returns those that are new.
  mutating func note(_ board: FaultBoard, at seconds: Double) -> [FaultCode] {
    var new: [FaultCode] = []
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
        new.append(code)
      }
    }
    return new
  }
}

extension Request {
  /// As a scenario names it.
  var code: String {
    switch self {
    case .propose(let change): "propose-\(change.kind)"
    case .commit(.supply(let change)): change.scenarioCode
    case .commit(let change): "\(change.kind)"
    case .bolus: "bolus"
    case .patientBolus: "patient-bolus"
    case .cancelBolus: "cancel-bolus"
    case .stop: "stop"
    case .resume: "resume"
    case .acknowledge: "acknowledge"
    case .silence: "silence"
    }
  }
}

extension SupplyChange {
  /// The step of a refill, or the work on the line.
  fileprivate var scenarioCode: String {
    switch step {
    case .begin, .aspirated, .filled, .finish, .leave: "refill-\(step.code)"
    case .catheterEmptied, .lineReplaced, .prime, .purge, .connected: step.code
    }
  }
}
