public import DosingCore
public import Engine
public import Journal
internal import Quantities
internal import Synchronization

/// The journal thread's work: takes what the tick did, makes it durable, and grants the leases.
///
/// What is not said to be for any thread belongs to that thread.
public final class Keeper: @unchecked Sendable {
  private let record: TickRecord
  private let journal: KeptJournal
  private var copies: CopyKeeper
  private let rig: [UInt8]
  private let start: PumpStart
  private let report: (KeeperNews) -> Void
  private let readClock: () -> ClockReading
  private var clock: ClockWatch
  private var signatures: LogSignatures

  /// What the tick was told of the places where things are kept.
  private var troublesTold = StorageTroubles.none
  private var troubles = StorageTroubles.none
  private let stamp: EntryStamp
  /// What has happened and is not durable yet.
  private var happened: TickEntries
  private var proposal: CommitProposal?
  private let requests = RequestMemory()
  private let link: LinkNews
  /// What programmers want to read of the journal.
  public let pages = JournalPages()
  /// What the link told and is not durable yet.
  private var linkChanges = LinkChanges()
  private var linkTicket: Int64 = 0
  /// What others than the tick told and is not durable yet: sensors and link.
  private var told: WaitingEntries
  private var order = EntryOrder()
  /// A commit of this start is in the journal.
  private var hasCommitted = false
  private let durable: Atomic<Int64>
  private let failing = Atomic<Bool>(false)

  /// - Parameters:
  ///   - signer: the pump's key, by which its log is signed; nil for a log that nobody vouches for.
  ///   - readClock: asks the clocks of this machine.
  ///   - report: hears what is worth a line in the log.
  ///   - waitingMax: entries that are kept in memory while nothing can be written; what comes then is counted.
  public init(
    _ record: TickRecord, journal: KeptJournal, copies: SafeBasalCopies, start: PumpStart,
    signer: HeadSigner? = nil, waitingMax: Int = 200_000,
    readClock: @escaping () -> ClockReading,
    report: @escaping (KeeperNews) -> Void
  ) {
    self.record = record
    self.journal = journal
    signatures = LogSignatures(signer, on: start.rig)
    self.start = start
    rig = start.rig.recordBytes
    self.copies = CopyKeeper(
      copies, rig: rig, serial: journal.serial, generation: start.generation)
    self.report = report
    self.readClock = readClock
    clock = start.clock
    stamp = EntryStamp(start, utcOfTickZero: clock.utcOfTickZero)
    happened = TickEntries(
      of: record, requests, start, stamp, most: waitingMax, report: report)
    told = WaitingEntries(most: waitingMax)
    durable = Atomic(start.commits)
    link = LinkNews(order: start.order)
    tellTroubles()
  }

  /// With a journal that stays where it is, whatever becomes of it.
  public convenience init(
    _ record: TickRecord, journal: Journal, copies: SafeBasalCopies, start: PumpStart,
    signer: HeadSigner? = nil, waitingMax: Int = 200_000,
    readClock: @escaping () -> ClockReading, report: @escaping (KeeperNews) -> Void
  ) {
    self.init(
      record, journal: KeptJournal(journal), copies: copies, start: start, signer: signer,
      waitingMax: waitingMax,
      readClock: readClock, report: report)
  }

  // MARK: From any thread

  /// Before a request is offered to the tick thread: the journal has to know what was asked.
  public func remember(_ request: Requested) { requests.put(request) }

  /// UTC in ns, as entries of that tick are stamped now.
  public func utc(ofTick tick: Int64) -> Int64 { stamp.utc(ofTick: tick) }

  /// The newest commit that is durable.
  public var durableCommit: Int64 { durable.load(ordering: .acquiring) }

  /// Something that the link has to remember.
  ///
  /// - Parameters:
  ///   - contents: what is worth an entry.
  ///   - tick: to which they belong.
  ///   - isUrgent: is made durable at once; else with the next commit of the engine.
  /// - Returns: its number: see `durableTicket`.
  @discardableResult
  public func tell(
    _ changes: LinkChanges, _ contents: [Entry.Content] = [], at tick: Int64, isUrgent: Bool
  ) -> Int64 {
    link.tell(changes, contents.map { stamp.entry($0, at: tick) }, isUrgent: isUrgent)
  }

  /// The boot in which this start is.
  public var bootID: [UInt8] { start.timeOfTickZero.bootID }

  /// A stop that the tick thread does not decide: it holds after a restart all the same.
  public func keepStop() { link.askStop() }

  /// A request that was never decided. Returns what was asked.
  @discardableResult
  public func forget(_ id: Int64) -> Requested? { requests.forget(id) }

  /// What the link told up to this number is durable.
  public var durableTicket: Int64 { link.durableTicket }

  /// The record of the order that is in force and durable; nil for none.
  public var durableOrder: [UInt8]? { link.order }

  /// The newest commit could not be written.
  public var isFailing: Bool { failing.load(ordering: .relaxed) }

  // MARK: The journal thread

  /// Looks who vouches for UTC; once a second is enough.
  public func lookAtClock() {
    guard let news = clock.look(readClock()) else { return }
    stamp.setUTC(ofTickZero: clock.utcOfTickZero)
    record.clock.publish { $0 = news }
  }

  /// Reads what programmers asked for. Returns how many pages; after a turn, which goes before.
  public func answerPages() -> Int { pages.answer(from: journal.readable) }

  /// Makes the newest proposal durable, if there is one. Returns true where everything is.
  @discardableResult
  public func turn() -> Bool {
    let linkIsUrgent = gather()
    // The start comes first: what belongs to it hangs on its entry, and on the state of its first commit.
    guard proposal != nil || (linkIsUrgent && hasCommitted && !journal.isEmpty) else { return true }
    defer { tellTroubles() }
    let last = happened.takeRest()
    do {
      // What has gathered is long by then: first something small.
      if isFailing { try journal.touch() }
      let entries = order.merged(happened.list, told.list, upTo: last) {
        stamp.entry($0.content, at: $1)
      }
      if let proposal {
        try write(proposal, entries)
      } else {
        let tick = entries.last?.tick ?? order.newest
        let isSigned = try journal.keep(
          linkChanges, entries,
          signing: signatures.signing(
            at: stamp.entry(.ended, at: tick), isBegun: false, isEnd: false))
        signatures.isWritten(isSigned, at: tick)
        areDurable(entries)
      }
      proposal = nil
      if failing.exchange(false, ordering: .relaxed) { report(.storageWorks) }
      return true
    } catch {
      if !failing.exchange(true, ordering: .relaxed) { report(.storageFails(error)) }
      keepStopOfTick()
      return false
    }
  }

  /// Takes what happened. A stop is kept in the copies at once where the journal cannot be written.
  ///
  /// - Returns: whether something of the link has to be written at once.
  @discardableResult
  public func gather() -> Bool {
    if let new = record.proposals.readIfNew() {
      proposal = new
      happened.take(upTo: new, after: order.newest)
    } else {
      happened.takeIfMany(after: order.newest)
    }
    let linkIsUrgent = takeLink()
    if link.takeStop() { copies.keepStop(isHardStopped: false, durableCommit: durableCommit) }
    if isFailing { keepStopOfTick() }
    return linkIsUrgent
  }

  private func keepStopOfTick() {
    guard let proposal, proposal.isStopped || proposal.isHardStopped else { return }
    copies.keepStop(isHardStopped: proposal.isHardStopped, durableCommit: durableCommit)
  }

  /// Whether everything is where it was; what is not is made anew where that can be. Once a second.
  public func look() {
    guard let found = journal.look() else { return }
    copies.mend()
    if found.isLost != troubles.overlaps(.lost) { report(.places(found)) }
    troubles.set(.lost, on: found.isLost)
    tellTroubles()
  }

  /// Tells the tick where anything has changed.
  private func tellTroubles() {
    var new = troubles
    new.set(.copyFails, on: copies.hasDamage)
    if new.overlaps(.copyFails) != troublesTold.overlaps(.copyFails) {
      report(new.overlaps(.copyFails) ? .copyFails(copies.failure) : .copiesWork)
    }
    guard new != troublesTold else { return }
    (troubles, troublesTold) = (new, new)
    record.storage.publish { $0 = new }
  }

  /// Returns whether something of the link has to be written at once.
  private func takeLink() -> Bool {
    let news = link.take()
    linkChanges.merge(news.changes)
    for entry in news.entries { told.append(entry) }
    linkTicket = news.ticket
    return news.isUrgent
  }

  private func areDurable(_ entries: [Entry]) {
    happened.areDurable()
    told.removeAll()
    order.isWritten(entries)
    linkChanges = LinkChanges()
    link.isDurable(upTo: linkTicket)
  }

  private func write(
    _ proposal: CommitProposal, _ entries: [Entry]
  ) throws(JournalError) {
    let lineage = journal.lineage
    let next = copies.generation(after: proposal, lineage: lineage)
    // Behind what happened before it was begun.
    let last = max(proposal.tick, entries.last?.tick ?? .min)
    let news = journal.news.map { [stamp.entry($0, at: last)] } ?? []
    let isSigned = try journal.commit(
      JournalState(
        commit: proposal.commit, generation: next, tick: proposal.tick,
        time: stamp.time(ofTick: proposal.tick), witnesses: witnesses(inTick: proposal.tick),
        leaseEnd: proposal.leaseEnd,
        isSettled: proposal.isSettled, rig: rig, prescription: proposal.prescriptionBytes,
        body: proposal.state.array), entries + news, linkChanges,
      signing: signatures.signing(
        at: stamp.entry(.ended, at: last), isBegun: journal.isEmpty, isEnd: proposal.isSettled))
    signatures.isWritten(isSigned, at: last)
    areDurable(entries)
    hasCommitted = true
    try copies.follow(proposal, generation: next, lineage: lineage)
    link.setOrder(proposal.prescriptionBytes)
    durable.store(proposal.commit, ordering: .releasing)
    record.grants.publish {
      $0 = TickFacts.Grant(commit: proposal.commit, leaseEnd: proposal.leaseEnd)
    }
  }

  private func witnesses(inTick tick: Int64) -> ClockWitnesses {
    let reading = readClock()
    return clock.believed(reading).later(by: start.time(ofTick: tick).boot - reading.now.boot)
  }
}

/// What is worth a line in the log.
public enum KeeperNews: Sendable {
  case event(EngineEvent)
  case eventsLost(Int)
  case storageFails(JournalError)
  case storageWorks
  /// A copy of the safe-basal record is not what it should be; nil where it was found so.
  case copyFails(JournalError?)
  case copiesWork
  /// What stands where it belongs, and what does not, where that has changed.
  case places(StorageLook)
}

extension CommitProposal {
  var prescriptionBytes: [UInt8]? {
    prescription.count > 0 ? prescription.array : nil
  }
}

extension BoundedWriter {
  /// What was written.
  public var array: [UInt8] {
    unsafe bytes.span.extracting(0..<count).withUnsafeBufferPointer { unsafe Array($0) }
  }
}
