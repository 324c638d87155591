import CHardware
import DosingCore
import Durability
import Engine
import Hardware
import Journal
import Quantities
import Simulation

/// One start of the engine and its end.
final class Life {
  private let history: CrashHistory
  private let pump: SimulatedPump
  private let firstSteps: Int64
  private let firstDue: Int64

  private var isStopped: Bool
  /// What follows when the request that waits acts; nil where none waits.
  private var acts: (commit: Int64, follows: () -> Void)?
  /// The commit that holds a resume that is not known to be durable.
  private var pendingResume: Int64?
  /// The commit that holds a stop that is not known to be durable.
  private var pendingStop: Int64?
  /// When the journal thread gets to the newest proposal.
  private var turnAt: Int64 = 0
  private var seenCommit: Int64

  /// Nil where the power went while it started.
  init?(_ history: CrashHistory) throws {
    self.history = history
    history.machine.disk.setFaults(ignoresSync: history.plan.ignoresSync)
    guard let memory = Self.memory(history) else {
      history.machine.cutPower(for: .seconds(1))
      return nil
    }
    pump = try SimulatedPump(
      memory, on: history.machine, head: history.head, delay: history.startDelay())
    pump.storageDelay = nil
    history.check(pump, memory)
    firstSteps = history.oracle.motorSteps
    firstDue = history.oracle.stepsDue
    isStopped = memory.start.isStopped
    seenCommit = memory.start.commits
  }

  /// Nil where the power went while it was opened; nothing else may stand in the way.
  private static func memory(_ history: CrashHistory) -> PumpMemory? {
    do {
      let memory = try history.memory()
      guard history.machine.hasPower else { return nil }
      history.oracle.expect(memory.warnings.isEmpty, "\(memory.warnings)")
      return memory
    } catch {
      history.oracle.expect(!history.machine.hasPower, "the journal cannot be opened: \(error)")
      return nil
    }
  }

  // MARK: Living

  func live() {
    let length = history.chance.magnitude(2...3_000)
    let end = history.chance.number(0...99)
    // In the middle of what is written, or between two ticks.
    if end < history.plan.powerCuts, history.chance.oneIn(2) {
      history.machine.disk.cutPower(afterWrites: UInt64(history.chance.number(1...60)))
    }
    for _ in 0..<length {
      tick()
      if !history.machine.hasPower { return die(.power) }
      if !history.oracle.faults.isEmpty { return }
    }
    if end < history.plan.powerCuts {
      die(.power)
    } else if history.chance.oneIn(5) {
      die(.ended)
    } else {
      die(.killed)
    }
  }

  private func tick() {
    if history.chance.oneIn(400) { pump.skip(history.chance.magnitude(1...40)) }
    let next = pump.next
    let before = flow
    ask()
    let ran = pump.run(until: next + 1)
    followWaiting()
    let after = flow
    history.oracle.ran(
      least: CrashOracle.Flow(
        nanogramsPerDay: min(before.nanogramsPerDay, after.nanogramsPerDay),
        bolus: before.bolus && after.bolus),
      most: CrashOracle.Flow(
        nanogramsPerDay: max(before.nanogramsPerDay, after.nanogramsPerDay),
        bolus: before.bolus || after.bolus))
    pump.observe { [isStopped] time in
      history.oracle.stepped(at: time / CrashHistory.tick, isStopped: isStopped)
    }
    if let ran, ran.decision.wantsCommit { turnAt = next + history.latency() }
    if next >= turnAt { turn() }
    if let commit = pendingStop, seenCommit >= commit { pendingStop = nil }
    if let commit = pendingResume, seenCommit >= commit { pendingResume = nil }
    expectNoDefect()
  }

  /// What waited has acted, or never happened.
  private func followWaiting() {
    guard let waiting = acts else { return }
    if waiting.commit == pump.takenBackCommit { acts = nil }
    if waiting.commit == pump.actedCommit {
      acts = nil
      waiting.follows()
    }
  }

  /// What is prescribed now, by the mode that the engine says it is in.
  private var flow: CrashOracle.Flow {
    let prescription = pump.therapy?.prescription
    let rate: Int64? =
      switch pump.mode {
      case .continuous: prescription?.patterns[0].steps[0].rate.nanogramsPerDay
      case .safeBasal: prescription?.safeBasal?.nanogramsPerDay
      default: 0
      }
    return CrashOracle.Flow(nanogramsPerDay: rate ?? 0, bolus: pump.extraDose != nil)
  }

  private func turn() {
    history.setFaults()
    pump.turn()
    if pump.durableCommit > seenCommit {
      seenCommit = pump.durableCommit
      history.truth.hasHistory = true
      history.truth.commit = seenCommit
    }
  }

  private func expectNoDefect() {
    // What the interlock was told at the start was all, and in the right buckets.
    let counts = pump.drive.counts
    let faults = pump.board
    history.oracle.expect(
      faults[.basalRefusedByLimit] == nil && faults[.interlockDisagrees] == nil
        && pump.account.deficit(.limit) == 0,
      "a limit or the interlock refused basal in tick \(pump.now): faults \(faults.on.bits), \(counts)"
    )
    let (hour, day) = (pump.hourSteps, pump.daySteps)
    history.oracle.expect(
      counts.hourSteps == hour && counts.daySteps == day,
      "the interlock counts \(counts.hourSteps) in the hour and \(counts.daySteps) in the day in tick \(pump.now), the core \(hour) and \(day)"
    )
  }

  // MARK: Asking

  private func ask() {
    let hasTherapy = pump.therapy != nil
    if !hasTherapy, !pump.hasWaiting { program(0) }
    guard hasTherapy, history.chance.oneIn(250) else { return }
    switch history.chance.number(0...9) {
    case 0...4:
      ask(.patientBolus) { [self] commit in
        acts = (commit, { [self] in history.oracle.gavePatientBolus(at: pump.next - 1) })
      }
    case 5, 6:
      ask(.stop) { [self] commit in
        isStopped = true
        // Whatever waited never happened.
        (acts, pendingResume, pendingStop) = (nil, nil, commit)
      }
    case 7: program(Int(history.chance.number(0...1)))
    case 8: if history.plan.acknowledges { ask(.acknowledge) { _ in } }
    default: break
    }
    if isStopped, history.chance.oneIn(2) {
      ask(.resume) { [self] commit in
        pendingResume = commit
        acts = (commit, { [self] in isStopped = false })
      }
    }
  }

  private func program(_ place: Int) {
    ask(.program(history.orders[place])) { [self] commit in acts = (commit, {}) }
  }

  private func ask(_ request: Request, _ accepted: (Int64) -> Void) {
    let (answer, commit) = pump.ask(request)
    if case .accepted = answer { accepted(commit) }
  }

  // MARK: Dying

  private enum End { case power, killed, ended }

  private func die(_ end: End) {
    let machine = history.machine
    let isHealthy = !history.plan.hasFaults && seenCommit >= 0
    switch end {
    case .power:
      history.truth.isStopped =
        pendingStop == nil && pendingResume == nil && acts == nil ? isStopped : nil
      machine.cutPower(
        for: Nanoseconds(history.chance.magnitude(1_000_000_000...60_000_000_000_000)))
    case .killed:
      // The memory tells of a stop that was not durable, not of a resume.
      history.truth.isStopped = acts == nil && pendingResume == nil ? isStopped : nil
      if history.chance.oneIn(3), history.oracle.stepTicks.last == pump.next - 1 {
        pump.beUnderWay()
      }
      machine.disk.kill()
      machine.pass(Nanoseconds(history.chance.magnitude(100_000_000...20_000_000_000)))
    case .ended:
      pump.end()
      seenCommit = pump.durableCommit
      history.truth.commit = seenCommit
      // What waited never happened.
      (acts, pendingResume) = (nil, nil)
      history.truth.isStopped = isStopped
      machine.disk.kill()
      machine.pass(.seconds(3))
    }
    history.truth.order = acts == nil ? history.place(of: pump.therapy) : nil
    history.head = pump.head
    if isHealthy { expectDelivered() }
  }

  /// What was due was delivered, but for what waited for the storage and two steps.
  private func expectDelivered() {
    let account = pump.account
    let waited = account.deficit(.noLease) + account.deficit(.stepWaited)
    let perStep = max(1, account.perStep)
    let stepsWaited = (waited + perStep - 1) / perStep
    let due = history.oracle.stepsDue - firstDue
    let made = history.oracle.motorSteps - firstSteps
    history.oracle.expect(
      Int128(made) >= Int128(due) - 2 - stepsWaited,
      "\(made) steps were made, \(due) were due")
  }
}
