import Quantities
import Testing

@testable import DosingCore

/// When a commit is durable.
enum SlowStorage: CaseIterable {
  case atOnce, after5, after15, after30, never, everySecond

  /// The tick that learns of a commit that is proposed in `tick`; nil where none does.
  func learns(of commit: Int64, proposedIn tick: Int64) -> Int64? {
    switch self {
    case .atOnce: tick + 1
    case .after5: tick + 5
    case .after15: tick + 15
    case .after30: tick + 30
    case .never: nil
    case .everySecond: commit % 2 == 0 ? tick + 5 : nil
    }
  }
}

/// A pump with leases, and beside it one without that is asked in each tick only for what takes effect
/// in it: what was accepted and is durable, by rules that are written down here once more.
struct TwoPumps {
  private(set) var leased: DosingState
  private(set) var model: DosingState
  private let storage: SlowStorage
  private var commits: [(learnt: Int64, lease: TickFacts.Grant)] = []
  private var waiting: (request: Request, since: Int64, commit: Int64)?
  private var expected = (carriedOut: false, tookBack: false)
  private var holds = false
  /// How often each of the two was seen.
  private(set) var carriedOut = 0
  private(set) var takenBack = 0

  /// - Parameter start: not yet with leases.
  init(_ start: DosingState, _ storage: SlowStorage) {
    leased = start
    model = start
    self.storage = storage
    leased.beginLeases(afterCommit: 0)
    _ = Self.step(&leased, leased.now + TickCount(1))
    let first = leased.propose()
    var facts = TickFacts(tick: leased.now + TickCount(1))
    facts.grant = TickFacts.Grant(commit: first.commit, leaseEnd: first.leaseEnd)
    leased.learn(facts)
    _ = Self.step(&leased, facts.tick)
    while model.now < leased.now { _ = Self.step(&model, model.now + TickCount(1)) }
    holds = model.board.on[.stopped]
  }

  var isSettled: Bool { waiting == nil }

  private static func step(_ state: inout DosingState, _ tick: Tick) -> Decision {
    let decision = state.step(tick)
    if decision.steps { state.stepEnded(nil) }
    return decision
  }

  /// One tick, in which some requests are decided, and before them a fault is raised if one is given.
  ///
  /// - Returns: what is wrong; nil where nothing is.
  mutating func tick(
    _ requests: [Request] = [], raising fault: FaultCode? = nil, late: Int64 = 0
  ) -> String? {
    let now = leased.now + TickCount(1 + late)
    var facts = TickFacts(tick: now)
    if let due = commits.firstIndex(where: { $0.learnt <= now.number }) {
      facts.grant = commits.remove(at: due).lease
    }
    expected = (false, false)
    model.learn(TickFacts(tick: now))
    settle(facts.grant, now)
    leased.learn(facts)
    if let fault {
      leased.raise(fault)
      leased.latch()
      model.raise(fault)
      model.latch()
    }
    for request in requests {
      let wanted = expect(request, now)
      let answer = leased.decide(request, at: now)
      if answer.reason != wanted.reason { return "answered \(answer), not \(wanted)" }
    }
    let decision = Self.step(&leased, now)
    _ = Self.step(&model, now)
    if decision.carriedOut { carriedOut += 1 }
    if decision.tookBack { takenBack += 1 }
    if decision.carriedOut != expected.carriedOut { return "carried out: \(decision.carriedOut)" }
    if decision.tookBack != expected.tookBack { return "taken back: \(decision.tookBack)" }
    if holds, decision.steps || !(leased.mode == .stoppedByCommand || leased.mode == .hardStop) {
      return "the stop does not hold: \(leased.mode)"
    }
    if decision.wantsCommit { propose(at: now.number) }
    let isQuiet = !decision.mayChangeOutputs && !expected.carriedOut && now.number % 8 != 0
    return isQuiet ? nil : difference
  }

  private mutating func propose(at tick: Int64) {
    let lease = leased.propose()
    guard let learnt = storage.learns(of: lease.commit, proposedIn: tick) else { return }
    commits.append((learnt, TickFacts.Grant(commit: lease.commit, leaseEnd: lease.leaseEnd)))
  }

  /// What the facts of a tick do to what waits.
  private mutating func settle(_ grant: TickFacts.Grant?, _ now: Tick) {
    guard let held = waiting else { return }
    if let grant, grant.commit >= held.commit {
      waiting = nil
      if model.decide(held.request, at: now).isAccepted {
        expected.carriedOut = true
        if case .resume = held.request { holds = false }
        if case .commit(.clear) = held.request { holds = true }
      } else {
        expected.tookBack = true
      }
    } else if now.number - held.since >= 20 {
      waiting = nil
      expected.tookBack = true
    }
  }

  private mutating func expect(_ request: Request, _ now: Tick) -> Answer {
    switch request {
    case .stop:
      if waiting != nil { expected.tookBack = true }
      waiting = nil
      holds = true
      return model.decide(request, at: now)
    case .cancelBolus:
      // What waits may be an extra dose, which cannot be cancelled before it is durable.
      if waiting != nil, model.extraDose == nil { return .refused(Refusal(.requestWaits)) }
      return model.decide(request, at: now)
    case .acknowledge, .silence: return model.decide(request, at: now)
    case .propose, .commit, .bolus, .patientBolus, .resume:
      if waiting != nil { return .refused(Refusal(.requestWaits)) }
      var asked = model
      let answer = asked.decide(request, at: now)
      if answer.isAccepted { waiting = (request, now.number, leased.lease.proposed + 1) }
      return answer
    }
  }

  /// What differs between the two; nil where nothing does.
  private var difference: String? {
    let (here, there) = (Facts(leased), Facts(model))
    return here == there ? nil : "\(here) is not \(there)"
  }

  /// What a request may change.
  private struct Facts: Equatable {
    let mode: DeliveryMode
    let faults: [Bool]
    let priorities: [AlarmPriority?]
    let rates: [Int128]
    let order: [Int64]
    let dose: [Int128]
    let last: [Int128]
    let boluses: Int
    let outputs: Outputs
    let account: [Int128]
    let windows: [Int128]

    init(_ state: DosingState) {
      mode = state.mode
      let codes = (0..<FaultCode.count).map { state.board[$0] }
      faults = codes.map { $0 != nil }
      priorities = codes.map { $0?.priority }
      rates = [state.unitsPerTick.basal, state.unitsPerTick.extra]
      let order = state.therapy?.prescription
      self.order = [
        order?.maxDose1h.nanograms ?? 0, order?.maxDose24h.nanograms ?? 0,
        order?.patterns[0].steps[0].rate.nanogramsPerDay ?? 0,
      ]
      dose = state.extraDose.map { [Int128($0.start.number), $0.units, $0.unitsLeft] } ?? []
      last = state.lastExtraDose.map { [Int128($0.end.number), $0.discarded] } ?? []
      boluses = state.patientBolusesIn24h
      var driven = state.outputs
      driven.leaseEnd = 0
      outputs = driven
      let account = state.account
      self.account = [
        account.prescribed, account.extra, account.deficit - account.deficit(.noLease),
        account.pending + account.deficit(.noLease),
      ]
      windows = [
        state.ledger.hour.extraTotal, state.ledger.day.extraTotal,
        Int128(state.ledger.hour.doubtTotal), Int128(state.ledger.day.doubtTotal),
      ]
    }
  }
}
