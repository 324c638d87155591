internal import DosingCore
internal import Engine
internal import Journal
internal import Quantities

/// What the tick tells, as entries that wait to be written.
struct TickEntries {
  private let events: EventRing
  private let requests: RequestMemory
  private let stamp: EntryStamp
  private let report: (KeeperNews) -> Void
  private var budget: SenderBudget
  private var stepTicks: [Int64] = []
  private var waiting: WaitingEntries
  /// What its newest proposal holds.
  private var proposed = Committed()

  init(
    of record: TickRecord, _ requests: RequestMemory, _ start: PumpStart, _ stamp: EntryStamp,
    most: Int, report: @escaping (KeeperNews) -> Void
  ) {
    events = record.events
    self.requests = requests
    self.stamp = stamp
    self.report = report
    budget = SenderBudget(
      ticksAnHour: start.rig.ticks(.hours(1)), isStopped: start.isStopped)
    waiting = WaitingEntries(most: most)
    for entry in start.entries { waiting.append(entry) }
  }

  var list: [Entry] { waiting.list }

  mutating func areDurable() { waiting.removeAll() }

  private mutating func append(_ content: Entry.Content, at tick: Int64) {
    waiting.append(stamp.entry(content, at: tick))
  }

  // MARK: Taking

  /// Takes all up to a commit that is proposed.
  ///
  /// - Parameter newest: the newest tick that is written.
  mutating func take(upTo proposal: borrowing CommitProposal, after newest: Int64) {
    proposed.commit = proposal.commit
    (proposed.account, proposed.stepsInDoubt) = (proposal.account, proposal.stepsInDoubt)
    take(upTo: proposal.events, after: newest)
    for counted in budget.counted(at: proposal.tick, isEnd: proposal.isSettled) {
      append(.requestsCounted(counted), at: proposal.tick)
    }
  }

  /// Takes all, where so much has come that the ring might overflow before a commit is proposed.
  mutating func takeIfMany(after newest: Int64) {
    if events.count - events.takenCount > EventRing.capacity / 2 {
      take(upTo: events.count, after: newest)
    }
  }

  private mutating func take(upTo count: Int, after newest: Int64) {
    while events.takenCount < count, let event = events.take() { take(event) }
    flushSteps()
    let lost = events.takeLost()
    if lost > 0 {
      append(.eventsLost(Int64(lost)), at: list.last?.tick ?? newest)
      report(.eventsLost(lost))
    }
  }

  /// Takes what happened since the proposal, so that what others tell stands in its place among it; but no
  /// commit, nor what a commit has to hold: these come with their own proposal.
  ///
  /// Returns the tick behind which there is more.
  mutating func takeRest() -> Int64 {
    defer { flushSteps() }
    while let event = events.peek() {
      if event.kind == .commitProposed || changesState(event) { return event.tick }
      if events.take() != nil { take(event) }
    }
    return .max
  }

  private mutating func take(_ event: EngineEvent) {
    report(.event(event))
    if event.kind == .stepMade { return stepTicks.append(event.tick) }
    flushSteps()
    if let content = content(of: event) { append(content, at: event.tick) }
  }

  private func changesState(_ event: EngineEvent) -> Bool {
    event.kind == .requestDecided && event.detail == 0 && !requests.isProposal(event.value)
      && !budget.isNothingNew(requests.kind(event.value))
  }

  private mutating func flushSteps() {
    guard let first = stepTicks.first else { return }
    append(.steps(stepTicks), at: first)
    stepTicks.removeAll(keepingCapacity: true)
  }

  // MARK: What each event says

  private mutating func content(of event: EngineEvent) -> Entry.Content? {
    switch event.kind {
    case .stepMade: nil
    case .requestDecided: requested(event)
    case .ticksMissed: .ticksMissed(event.value)
    case .basalChanged: .basalChanged(UInt8(clamping: event.value))
    case .extraDoseEnded:
      .extraDoseEnded(
        DoseEnd(
          kind: UInt8(clamping: event.value), dose: Mass(nanograms: event.detail),
          cancelled: Mass(nanograms: event.more)))
    case .faultChanged:
      .fault(
        FaultChange(
          code: UInt8(clamping: event.value), priority: UInt8(clamping: event.more),
          raised: event.detail))
    case .stepRefused: .stepRefused(event.stepRefusal ?? .notYet)
    case .leaseGranted: .leaseGranted(commit: event.value, end: event.detail)
    case .commitProposed: committed(event)
    case .requestTakenBack: .requestTakenBack
    case .requestActed: .requestActed
    case .suspended: .suspended(event.value)
    case .outputsFailed: .outputsFailed(UInt8(clamping: event.value))
    case .clockVouched: .clockVouched(event.vouchedUTC)
    case .storageTold: .storageTold(UInt8(clamping: event.value))
    case .sampled: .sampled(event.samples)
    case .engineEnded: .ended
    }
  }

  private mutating func requested(_ event: EngineEvent) -> Entry.Content? {
    let requested = requests.take(event)
    return budget.hasEntry(requested) ? .requested(requested) : nil
  }

  private func committed(_ event: EngineEvent) -> Entry.Content {
    var committed = proposed.commit == event.value ? proposed : Committed()
    (committed.commit, committed.leaseEnd) = (event.value, event.detail)
    return .committed(committed)
  }
}
