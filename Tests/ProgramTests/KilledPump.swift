import ChildProcess
import Foundation
import Testing

/// What a test with kills could not go on from.
struct KillTestFailure: Error { let what: String }

/// One pump through all its lives: a state directory, a motor whose trace outlives every process,
/// and what was asked of it and when. Driven from outside, as a user does, and never through
/// `#expect`, so that several may run on threads of their own.
final class KilledPump {
  let folder: TemporaryFolder
  private(set) var history = TherapyHistory()
  /// What was wrong along the way, in sentences.
  private(set) var violations: [String] = []
  private(set) var process: Child?
  /// Asked and not answered: the next start will show what became of it.
  private var unanswered: [(kind: TherapyHistory.Kind, from: Int64, run: Int)] = []
  /// Nil where it has to be seen.
  private var isStopped: Bool? = false
  private var hasTherapy: Bool? = false

  let state: String
  private let rig: String
  private let clinician: Enrolment
  private var isEnrolled = false
  var trace: MotorTrace { MotorTrace(path: folder.path("motor")) }
  private var run: Int { history.runs.count - 1 }

  init() throws {
    folder = try TemporaryFolder()
    state = folder.path("state")
    rig = try folder.write("rig.yaml", KillTexts.rig)
    clinician = Enrolment(
      folder: folder.url.path, pumpd: Programs.path("pumpd"), pumpctl: Programs.path("pumpctl"))
  }

  /// Those of `pumpd`.
  var arguments: [String] {
    ["--rig", rig, "--state", state, "--motor-trace", folder.path("motor")]
  }

  // MARK: Lives

  /// Starts it and waits until it works. False where it ended before.
  ///
  /// - Parameter point: where `kill-at-call` is to kill it: its arguments; nil for a plain start.
  func start(isNew: Bool = false, killedAt point: [String]? = nil) throws -> Bool {
    let arguments = arguments + (isNew ? ["--new"] : [])
    let pumpd = Programs.path("pumpd")
    history.runs.append(TherapyHistory.Run(start: TherapyHistory.now, end: .max))
    process = try Child(
      Programs.path(point == nil ? "pumpd" : "kill-at-call"),
      point.map { $0 + ["--", pumpd] + arguments } ?? arguments,
      output: "/dev/null", errors: folder.path("log-\(history.runs.count)"),
      // The page that each tick leaves goes with the folder.
      environment: ["RUNTIME_DIRECTORY=\(folder.url.path)"])
    return try awaitReady()
  }

  private func awaitReady() throws -> Bool {
    for _ in 0..<3000 {
      if noteDeath() { return false }
      if let status = try status(), status.durableCommit > 0 {
        history.runs[run].ready = TherapyHistory.now
        judgeStart(status)
        // Where a kill takes the answer, the next start asks again.
        if !isEnrolled { isEnrolled = try clinician.enroll(state: state) }
        return true
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
    throw KillTestFailure(what: "pumpd does not get ready: \(log)")
  }

  /// Delivery is after a start what it was before, but for the extra dose.
  private func judgeStart(_ status: KilledStatus) {
    let isShownStopped = status.mode == "stopped-by-command"
    if isStopped == true, !isShownStopped {
      violations.append("a stop was forgotten by start \(history.runs.count): \(status.mode)")
    }
    if isStopped == false, hasTherapy == true, status.mode != "continuous" {
      violations.append("basal ran and is \(status.mode) after start \(history.runs.count)")
    }
    if history.runs.count > 1, status.extraDose != nil {
      violations.append("an extra dose goes on after start \(history.runs.count)")
    }
    for asked in unanswered { resolve(asked, by: status) }
    unanswered = []
    isStopped = isShownStopped
    hasTherapy = status.mode != "no-therapy" && status.mode != "no-history"
  }

  private func resolve(
    _ asked: (kind: TherapyHistory.Kind, from: Int64, run: Int), by status: KilledStatus
  ) {
    let tookEffect: Bool? =
      switch asked.kind {
      case .program(let order): status.limitHour == order.maxNanograms1h
      case .stop: status.mode == "stopped-by-command"
      case .resume: status.mode != "stopped-by-command"
      case .bolus: nil
      }
    guard tookEffect != false else { return }
    history.commands.append(
      TherapyHistory.Command(
        kind: asked.kind, from: asked.from, until: TherapyHistory.now,
        isCertain: tookEffect == true, run: asked.run))
  }

  /// Kills it as nothing can be prevented.
  func kill() {
    history.runs[run].livedUntil = TherapyHistory.now
    process?.kill(SIGKILL)
    end()
  }

  /// Ends it in order, if it still runs.
  func terminate() {
    guard !noteDeath() else { return }
    process?.kill(SIGTERM)
    end()
  }

  /// Whether it is dead.
  func noteDeath() -> Bool {
    guard let process else { return true }
    guard process.hasEnded else { return false }
    end()
    return true
  }

  private func end() {
    guard let code = process?.wait() else { return }
    history.runs[run].end = TherapyHistory.now
    history.runs[run].wasKilled = code == 128 + SIGKILL
    process = nil
    if code != 0, code != 128 + SIGKILL {
      violations.append("start \(history.runs.count) ended with \(code): \(log.suffix(500))")
    }
  }

  /// The log of the newest start.
  var log: String { log(history.runs.count) }

  private func log(_ number: Int) -> String {
    (try? String(contentsOfFile: folder.path("log-\(number)"), encoding: .utf8)) ?? ""
  }

  // MARK: What is asked

  enum Answer: Equatable {
    case accepted
    case refused(String)
    case none
  }

  func program(_ order: TherapyHistory.Order) throws -> Answer {
    let file = try folder.write("prescription.yaml", KillTexts.prescription(order))
    return try ask(.program(order), ["program", file])
  }

  func bolus(nanograms: Int64, seconds: Int64) throws -> Answer {
    try ask(
      .bolus(nanograms: nanograms, nanoseconds: seconds * 1_000_000_000),
      ["bolus", "--dose", KillTexts.micrograms(nanograms), "--duration", "\(seconds) s"])
  }

  func patientBolus() throws -> Answer {
    let kind = TherapyHistory.Kind.bolus(
      nanograms: KillTexts.patientBolusNanograms,
      nanoseconds: KillTexts.patientBolusSeconds * 1_000_000_000)
    return try ask(kind, ["patient-bolus"])
  }

  func stop() throws -> Answer { try ask(.stop, ["stop"]) }
  func resume() throws -> Answer { try ask(.resume, ["resume"]) }
  func acknowledge() throws -> Answer { try ask(nil, ["acknowledge"]) }

  /// Of a pump that died before its first commit nothing is known.
  func beginHistory(delivered: String = "0 mL") throws -> Answer {
    try ask(nil, ["new", "--delivered-24h", delivered])
  }

  private func ask(_ kind: TherapyHistory.Kind?, _ words: [String]) throws -> Answer {
    let from = TherapyHistory.now
    var outcome = try control(words)
    // A pump that lost its journal lost its keys; root enrolls them again.
    if outcome.code == 77, try clinician.enroll(state: state) { outcome = try control(words) }
    switch outcome.code {
    case 0:
      history.runs[run].livedUntil = from
      if let kind { accept(kind, from) }
      return .accepted
    case 65:
      history.runs[run].livedUntil = from
      return .refused(outcome.errors)
    case 69:
      if let kind { leaveOpen(kind, from) }
      return .none
    default: throw KillTestFailure(what: "pumpctl \(words): \(outcome.code) \(outcome.errors)")
    }
  }

  private func control(_ words: [String]) throws -> Outcome {
    try Programs.run(
      "pumpctl", words + ["--state", state], input: clinician.yes,
      environment: clinician.environment)
  }

  private func accept(_ kind: TherapyHistory.Kind, _ from: Int64) {
    history.commands.append(
      TherapyHistory.Command(
        kind: kind, from: from, until: TherapyHistory.now, isCertain: true, run: run))
    switch kind {
    case .program: hasTherapy = true
    case .stop: isStopped = true
    case .resume: isStopped = false
    case .bolus: break
    }
  }

  private func leaveOpen(_ kind: TherapyHistory.Kind, _ from: Int64) {
    unanswered.append((kind, from, run))
    switch kind {
    case .program: hasTherapy = nil
    case .stop, .resume: isStopped = nil
    case .bolus: break
    }
  }

  /// Nil where no pump answers.
  /// Waits for the next steps of the motor.
  func waitForSteps(_ count: Int) throws {
    let before = trace.pulses.count
    for _ in 0..<600 {
      if trace.pulses.count >= before + count { return }
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw KillTestFailure(what: "the motor makes no steps: \(log)")
  }

  func status() throws -> KilledStatus? {
    let from = TherapyHistory.now
    let outcome = try Programs.run("pumpctl", "status", "--json", "--state", state)
    guard outcome.code == 0 else { return nil }
    history.runs[run].livedUntil = from
    return try KilledStatus(outcome.output)
  }

  // MARK: The account

  /// Stops the pump for good and gives the account of everything. All violations, in sentences.
  func account() throws -> [String] {
    guard try stop() == .accepted else { throw KillTestFailure(what: "no last stop: \(log)") }
    // The status is newer than the stop: its tick publishes one.
    guard let status = try status(), status.mode == "stopped-by-command" else {
      throw KillTestFailure(what: "the last stop is not shown: \(log)")
    }
    let trace = trace
    terminate()
    if MotorTrace(path: folder.path("motor")).pulses.count != trace.pulses.count {
      violations.append("the motor moved after the last stop")
    }
    let reported = (1...history.runs.count).map { Self.doubts(in: log($0)) }.reduce(0, +)
    let told = MotorAccount.Told(
      steps: status.steps, stepsInDoubt: status.stepsInDoubt, doubtsReported: reported,
      usedHourNanograms: status.usedHour, lateNanograms: status.lateNanograms,
      limitDeficitNanograms: status.limitDeficit, alarms: status.alarms)
    let account = MotorAccount(
      history: withLastPulses(trace), step: KillTexts.step, trace: trace, told: told)
    return violations + account.violations
  }

  /// A pulse shows that its pump lived.
  private func withLastPulses(_ trace: MotorTrace) -> TherapyHistory {
    var history = history
    for pulse in trace.pulses {
      let owner = history.runs.lastIndex { $0.start <= pulse.time && pulse.time < $0.end }
      guard let owner, history.runs[owner].ready != nil else { continue }
      history.runs[owner].livedUntil = max(history.runs[owner].livedUntil ?? 0, pulse.time)
    }
    return history
  }

  /// The sum of what a log says in `N steps are in doubt`.
  private static func doubts(in log: String) -> Int {
    log.split(separator: "\n").filter { $0.contains(" steps are in doubt") }.compactMap { line in
      let words = line.split(separator: " ")
      return words.firstIndex(of: "steps").flatMap { $0 > 0 ? Int(words[$0 - 1]) : nil }
    }.reduce(0, +)
  }
}

/// The parts of a status that the account needs.
struct KilledStatus {
  let mode: String
  let extraDose: String?
  let durableCommit: Int
  let steps: Int
  let stepsInDoubt: Int
  let limitHour: Int64
  let usedHour: Int64
  let lateNanograms: Int64
  let limitDeficit: Int64
  let alarms: [String]

  init(_ json: String) throws {
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
    guard let status = object as? [String: Any],
      let deficits = status["deficit_nanograms"] as? [String: NSNumber],
      let mode = status["mode"] as? String
    else { throw KillTestFailure(what: "no status: \(json)") }
    func number(_ key: String) throws -> Int64 {
      guard let number = status[key] as? NSNumber else { throw KillTestFailure(what: "no \(key)") }
      return number.int64Value
    }
    func deficit(_ key: String) -> Int64 { deficits[key]?.int64Value ?? 0 }
    self.mode = mode
    extraDose = status["extra_dose"] as? String
    durableCommit = Int(try number("durable_commit"))
    steps = Int(try number("steps"))
    stepsInDoubt = Int(try number("steps_in_doubt"))
    limitHour = try number("limit_hour_nanograms")
    usedHour = try number("used_hour_nanograms")
    lateNanograms = deficit("late_tick") + deficit("step_waited") + deficit("no_lease")
    limitDeficit = deficit("limit")
    alarms = (status["alarms"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
  }
}

extension KilledPump {
  /// One that delivers.
  static func delivering() throws -> KilledPump {
    let pump = try KilledPump()
    #expect(try pump.start(isNew: true))
    #expect(try pump.program(KillTexts.first) == .accepted)
    try pump.waitForSteps(3)
    return pump
  }

  /// One that has delivered, and was ended in order, so that its journal is one file.
  static func ended() throws -> KilledPump {
    let pump = try delivering()
    pump.terminate()
    return pump
  }
}
