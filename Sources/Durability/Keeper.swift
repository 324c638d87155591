public import DosingCore
public import Engine
public import Journal
internal import Synchronization

/// The journal thread's work: takes what the tick did, makes it durable, and grants the leases.
///
/// Everything but `remember(_:)`, `durableCommit` and `isFailing` belongs to that thread.
public final class Keeper: @unchecked Sendable {
  private let record: TickRecord
  private let journal: Journal
  private var copies: SafeBasalCopies
  private let rig: [UInt8]
  private let start: PumpStart
  private let report: (KeeperNews) -> Void

  private var generation: Int64
  /// What has happened and is not durable yet.
  private var waiting: [Entry] = []
  private var stepTicks: [Int64] = []
  private var proposal: CommitProposal?
  private let requests = RequestMemory()
  private let durable: Atomic<Int64>
  private let failing = Atomic<Bool>(false)

  /// Entries that are kept in memory while nothing can be written; what comes then is counted.
  private static let waitingMax = 200_000

  /// - Parameter report: hears what is worth a line in the log.
  public init(
    _ record: TickRecord, journal: Journal, copies: SafeBasalCopies, start: PumpStart,
    report: @escaping (KeeperNews) -> Void
  ) {
    self.record = record
    self.journal = journal
    self.copies = copies
    self.start = start
    rig = start.rig.recordBytes
    generation = start.generation
    self.report = report
    waiting = [start.entry]
    durable = Atomic(start.commits)
  }

  // MARK: From any thread

  /// Before a request is offered to the tick thread: the journal has to know what was asked.
  public func remember(_ request: Requested) { requests.put(request) }

  /// The newest commit that is durable.
  public var durableCommit: Int64 { durable.load(ordering: .acquiring) }

  /// The newest commit could not be written.
  public var isFailing: Bool { failing.load(ordering: .relaxed) }

  // MARK: The journal thread

  /// Something else that is worth an entry, as a sensor's value. It becomes durable with the next commit.
  public func note(_ content: Entry.Content, at tick: Int64) {
    append(entry(content, at: tick))
  }

  /// Makes the newest proposal durable, if there is one. Returns true where everything is.
  @discardableResult
  public func turn() -> Bool {
    if let new = record.proposals.readIfNew() {
      proposal = new
      take(upTo: new.events)
    } else if record.events.count - record.events.takenCount > EventRing.capacity / 2 {
      take(upTo: record.events.count)
    }
    guard let proposal else { return true }
    do {
      try write(proposal)
      self.proposal = nil
      if failing.exchange(false, ordering: .relaxed) { report(.storageWorks) }
      return true
    } catch {
      if !failing.exchange(true, ordering: .relaxed) { report(.storageFails(error)) }
      keepStop(proposal)
      return false
    }
  }

  private func write(_ proposal: CommitProposal) throws(JournalError) {
    let safe = safeBasal(proposal)
    let changes = copies.record.map { !$0.saysTheSame(as: safe) } ?? true
    let isNew = changes || copies.hasDamage || generation != copies.record?.generation
    let next = isNew ? max(generation, copies.record?.generation ?? 0) + 1 : generation
    try journal.commit(
      JournalState(
        commit: proposal.commit, generation: next, tick: proposal.tick,
        time: start.time(ofTick: proposal.tick), leaseEnd: proposal.leaseEnd,
        isSettled: proposal.isSettled, rig: rig, prescription: proposal.prescriptionBytes,
        body: proposal.state.array), waiting)
    waiting = []
    generation = next
    if isNew {
      var safe = safe
      safe.generation = next
      try copies.write(safe)
    }
    durable.store(proposal.commit, ordering: .releasing)
    record.grants.publish {
      $0 = LeaseGrant(commit: proposal.commit, leaseEnd: proposal.leaseEnd)
    }
  }

  private func safeBasal(_ proposal: CommitProposal) -> SafeBasalRecord {
    SafeBasalRecord(
      generation: generation, lineage: journal.lineage, isStopped: proposal.isStopped,
      isHardStopped: proposal.isHardStopped, rig: rig, prescription: proposal.prescriptionBytes,
      tick: proposal.tick, leaseEnd: proposal.leaseEnd)
  }

  /// A stop is kept in the copies even where the journal cannot be written: they need no space.
  private func keepStop(_ proposal: CommitProposal) {
    guard let old = copies.record else { return }
    let stops =
      (proposal.isStopped && !old.isStopped) || (proposal.isHardStopped && !old.isHardStopped)
    guard stops else { return }
    var stopped = old
    stopped.generation = max(generation, old.generation) + 1
    stopped.isStopped = proposal.isStopped
    stopped.isHardStopped = proposal.isHardStopped
    try? copies.write(stopped)
  }

  // MARK: Events

  private func take(upTo count: Int) {
    while record.events.takenCount < count, let event = record.events.take() {
      report(.event(event))
      if event.kind == .stepMade {
        stepTicks.append(event.tick)
        continue
      }
      flushSteps()
      if let content = content(of: event) { append(entry(content, at: event.tick)) }
    }
    flushSteps()
    let lost = record.events.takeLost()
    if lost > 0 {
      append(entry(.eventsLost(Int64(lost)), at: proposal?.tick ?? 0))
      report(.eventsLost(lost))
    }
  }

  private func flushSteps() {
    guard let first = stepTicks.first else { return }
    append(entry(.steps(stepTicks), at: first))
    stepTicks.removeAll(keepingCapacity: true)
  }

  private func content(of event: EngineEvent) -> Entry.Content? {
    switch event.kind {
    case .stepMade: nil
    case .requestDecided: .requested(requests.take(event))
    case .ticksMissed: .ticksMissed(event.value)
    case .basalChanged: .basalChanged(UInt8(clamping: event.value))
    case .extraDoseEnded: .extraDoseEnded
    case .alarmsChanged: .alarms(event.alarms)
    case .stepRefused: .stepRefused(UInt8(clamping: event.value))
    case .leaseGranted: .leaseGranted(commit: event.value, end: event.detail)
    case .commitProposed: committed(event)
    case .requestTakenBack: .requestTakenBack
    case .clockTrusted: .clockTrusted(late: event.value)
    case .engineEnded: .ended
    }
  }

  private func committed(_ event: EngineEvent) -> Entry.Content {
    var committed = Committed()
    committed.commit = event.value
    committed.leaseEnd = event.detail
    if let proposal, proposal.commit == event.value {
      committed.account = proposal.account
      committed.stepsInDoubt = proposal.stepsInDoubt
    }
    return .committed(committed)
  }

  private func entry(_ content: Entry.Content, at tick: Int64) -> Entry {
    let time = start.time(ofTick: tick)
    return Entry(tick: tick, utc: time.utc, monotonic: time.monotonic, content: content)
  }

  private func append(_ entry: Entry) {
    if waiting.count < Self.waitingMax {
      waiting.append(entry)
    } else if case .eventsLost(let count) = waiting[waiting.count - 1].content {
      waiting[waiting.count - 1].content = .eventsLost(count + 1)
    } else {
      waiting[waiting.count - 1].content = .eventsLost(2)
    }
  }
}

/// What is worth a line in the log.
public enum KeeperNews: Sendable {
  case event(EngineEvent)
  case eventsLost(Int)
  case storageFails(JournalError)
  case storageWorks
}

extension CommitProposal {
  fileprivate var prescriptionBytes: [UInt8]? {
    prescription.count > 0 ? prescription.array : nil
  }
}

extension FrameWriter {
  /// What was written.
  public var array: [UInt8] { (0..<count).map { bytes[$0] } }
}

/// What was asked, from the moment at which it was offered to the tick until the tick tells what became
/// of it.
private final class RequestMemory: Sendable {
  private let asked = Mutex<[Int64: Requested]>([:])

  func put(_ request: Requested) { asked.withLock { $0[request.id] = request } }

  func take(_ event: EngineEvent) -> Requested {
    var request = asked.withLock { $0.removeValue(forKey: event.value) } ?? Requested()
    request.id = event.value
    request.reason = UInt8(clamping: event.detail)
    return request
  }
}
