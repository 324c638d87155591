internal import Documents
internal import DosingCore
internal import Durability
internal import Engine
internal import Hardware
internal import Journal
internal import ProgrammerLink
internal import Quantities
internal import Synchronization

/// Answers the frames of programmers: the link thread's side of the engine.
///
/// Nothing is looked into before it is known who sent it. A `stop` shuts the interlock as soon as it is
/// believed, before anybody decides it.
final class LinkDesk: LinkAnswering {
  private let engine: RealTimeEngine
  private let keeper: Keeper
  private let hardware: HardwareRig
  private let rig: Rig
  private let history: [UInt8]
  private let identity: PumpIdentity
  private let log: LinkLog
  private let carryOut: (Change) -> Void
  private let line: RequestLine
  private let statusDesk: StatusDesk
  private var verifier: Verifier
  private var proposals = ProposalDesk()
  private var keys: KeyDesk
  private var records: RecordsDesk
  /// Accepted rigs that the next start has to find.
  private var rigs = OwedAnswers<AnswerBody>()
  private var lastID: Int64 = 0
  private var lastStopID: Int64 = 0
  /// Proposals that came into force, or may have.
  private var commits = 0
  private let turnCount = Atomic<Int64>(0)
  private var tally: LinkTally
  private var budget = RefusalBudget()
  private var stops = StandingStop()
  /// Answers to stops that were equal to one that was answered.
  private var shared: [(client: ClientID, frame: FrameWriter)] = []

  /// - Parameters:
  ///   - history: the name of what the journal holds.
  ///   - carryOut: hears what was committed, of which people do a part with their hands.
  init(
    engine: RealTimeEngine, keeper: Keeper, hardware: HardwareRig, rig: Rig, history: [UInt8],
    identity: PumpIdentity, verifier: Verifier, counts: [LinkCount: Int64] = [:],
    carryOut: @escaping (Change) -> Void = { _ in }, log: @escaping (String) -> Void
  ) {
    self.carryOut = carryOut
    self.engine = engine
    self.keeper = keeper
    self.hardware = hardware
    self.rig = rig
    self.history = history
    self.identity = identity
    self.verifier = verifier
    self.log = LinkLog(log)
    tally = LinkTally(counts)
    line = RequestLine(engine: engine, keeper: keeper, log: log)
    statusDesk = StatusDesk(engine, keeper)
    keys = KeyDesk(keeper, identity, self.log)
    records = RecordsDesk(keeper.pages)
  }

  /// From any thread: how often the link thread came round. Grows as long as it is alive.
  var turns: Int64 { turnCount.load(ordering: .relaxed) }

  var endAsked: Bool {
    turnCount.wrappingAdd(1, ordering: .relaxed)
    let isLast = Signals.endAsked
    if let due = tally.due(at: RealTime.now, isLast: isLast) {
      keeper.tell(due.changes, due.entries, at: tickNow, isUrgent: true)
    }
    return isLast
  }

  private var tickNow: Int64 { engine.status.read().now.number }

  func admits(_ peer: Peer) -> Bool { verifier.admits(peer) }

  func answer(
    _ header: FrameHeader, _ frame: Span<UInt8>, from sender: LinkSender
  ) -> FrameWriter? {
    let question = Question(header, frame)
    do {
      let command = try verifier.verify(header, frame, from: sender, at: RealTime.sinceBoot)
      return try answer(question, command, frame, sender)
    } catch let doubt as Doubt {
      log.refuse(header.kind.words, doubt.code, from: sender.peer, at: RealTime.now)
      tally.add(.doubt(doubt.rawValue))
      if doubt.isOfAnOrder { write(refused: frame, .doubt(doubt.rawValue), from: sender.peer) }
      return reject(question, doubt == .tooOften ? .tooOften : .notPermitted)
    } catch let fault as FrameFault {
      log.refuse(header.kind.words, fault.code, from: sender.peer, at: RealTime.now)
      tally.add(.fault(fault))
      write(refused: frame, .fault(fault), from: sender.peer)
      return reject(question, fault)
    } catch {
      return reject(question, .malformedBody)
    }
  }

  private func answer(
    _ question: Question, _ command: VerifiedCommand, _ frame: Span<UInt8>, _ sender: LinkSender
  ) throws -> FrameWriter? {
    switch command.header.kind {
    case .askStatus:
      var status = try statusDesk.answer(frame, &verifier)
      status.framesRefused = tally.refused
      return identity.answer(question, .status, status)
    case .askKeys: return identity.answer(question, .keys, keys.list(verifier.keys))
    case .askRecords:
      try records.ask(question, frame, sender.client)
      return nil
    case .relayed: return identity.answer(question, .answer, AnswerBody())
    case .enroll, .revoke:
      let usedUp = command.key.map { used(by: $0.id) } ?? LinkChanges()
      try keys.change(
        &verifier.keys, by: command, usedUp, frame, at: tickNow, answering: question,
        of: sender.client)
      return nil
    default:
      var findings = Findings()
      guard let request = try request(command, frame, &findings) else {
        write(refused: frame, .findings, from: sender.peer)
        return identity.answer(question, .findings, findings)
      }
      if case .stop = request, changesNothing(command, (sender.client, question)) {
        return nil
      }
      if !request.isStop, line.isFull(for: OrderSender(command.sender)) {
        throw FrameFault.tooOften
      }
      submit(request, question, command, frame, findings, sender)
      return nil
    }
  }

  func isRefused(_ fault: FrameFault, from peer: Peer) {
    tally.add(.fault(fault))
    log.refuse("a message", fault.code, from: peer, at: RealTime.now)
  }

  /// A signed order that the engine is not asked for is on record, as far as the budget of its key goes.
  private func write(refused frame: Span<UInt8>, _ why: LinkCount, from peer: Peer) {
    var asked = Requested()
    (asked.user, asked.process) = (peer.user, peer.process)
    asked.frame = frame.indices.map { frame[$0] }
    write(refused: asked, why)
  }

  private func write(refused asked: Requested, _ why: LinkCount) {
    guard let seal = try? Seal.read(asked.frame.span), seal.isSigned,
      let record = verifier.keys[seal.key]
    else { return }
    guard budget.takes(record.id, at: RealTime.sinceBoot) else {
      return tally.add(.unwrittenOrder)
    }
    var order = RefusedOrder()
    (order.user, order.process, order.why) = (asked.user, asked.process, why)
    order.frame = asked.frame
    keeper.tell(used(by: record.id), [.orderRefused(order)], at: tickNow, isUrgent: true)
  }

  /// Whether the pump stands by an equal stop: its answer is that of the first.
  private func changesNothing(_ command: VerifiedCommand, _ asker: StandingStop.Asker) -> Bool {
    let givesRight = command.key != nil && verifier.stopOrigin != .signed
    if givesRight { return false }
    switch stops.place(OrderSender(command.sender), asker) {
    case .first: return false
    case .equal(let reply):
      shared.append((asker.client, frame(.decided(reply), to: asker.question)))
    case .waits: break
    }
    tally.add(.equalStop)
    if let id = command.key?.id { keeper.tell(used(by: id), at: tickNow, isUrgent: false) }
    return true
  }

  private func frame(_ outcome: StandingStop.Outcome, to question: Question) -> FrameWriter {
    switch outcome {
    case .fault(let fault): return reject(question, fault)
    case .decided(let reply):
      let body = AnswerBody(
        reply.answer, decidedAt: Tick(reply.tick), tickPeriod: rig.tick,
        isDurable: reply.commit <= keeper.durableCommit, findings: Findings())
      return identity.answer(question, .answer, body)
    }
  }

  private func reject(_ question: Question, _ fault: FrameFault) -> FrameWriter {
    identity.answer(question, .rejected, RejectedBody(fault))
  }

  /// A key with the number that it used up, and how often it asked.
  private func used(by id: KeyID) -> LinkChanges {
    var changes = LinkChanges()
    changes.keys[id] = verifier.keys[id]
    changes.paces[id] = verifier.keys.asked(by: id).map {
      PatientPace(bootID: keeper.bootID, asked: $0.map(\.count))
    }
    return changes
  }

  // MARK: Requests

  /// Nil where a change is not valid; `findings` says why.
  private func request(
    _ command: VerifiedCommand, _ frame: Span<UInt8>, _ findings: inout Findings
  ) throws -> Request? {
    guard command.header.kind == .commit else {
      let order =
        command.header.kind == .propose
        ? keeper.durableOrder.flatMap { Prescription(recordBytes: $0) } : nil
      return try DosingCore.request(in: frame, on: rig, order: order, findings: &findings)
    }
    var body = CommitBody()
    try readBody(frame, into: &body)
    guard !line.changesOrder, let key = command.key?.id,
      let change = proposals.take(
        body.digest, by: key, on: basis(engine.status.read()), at: RealTime.sinceBoot)
    else { throw FrameFault.noSuchProposal }
    commits += 1
    return .commit(change)
  }

  private func basis(_ status: Status) -> Basis {
    Basis(
      order: keeper.durableOrder, rig: rig, history: history, commits: commits, status: status)
  }

  private func submit(
    _ request: Request, _ question: Question, _ command: VerifiedCommand, _ frame: Span<UInt8>,
    _ findings: Findings, _ sender: LinkSender
  ) {
    lastID += 1
    var changes = command.key.map { used(by: $0.id) } ?? LinkChanges()
    if request.mayDeliver { stops.isOver() }
    if case .stop = request {
      lastStopID = lastID
      stops.begins(lastID, of: OrderSender(command.sender))
      // Stop acts first, by the independent path, and is decided second.
      hardware.askStop()
      changes.stopOrigin = stopped(by: command)
    }
    // The number, and what was asked, are known to the journal before the tick decides.
    keeper.tell(changes, at: tickNow, isUrgent: !changes.paces.isEmpty || request.isStop)
    var requested = Requested()
    requested.id = lastID
    requested.user = sender.peer.user
    requested.process = sender.peer.process
    requested.frame = frame.indices.map { frame[$0] }
    keeper.remember(requested)
    line.append(
      WaitingRequest(
        request: request, id: lastID, command: command, question: question, findings: findings,
        client: sender.client, arrived: RealTime.now))
  }

  /// Whoever stops a pump that stands by a key does not get the right to resume it.
  private func stopped(by command: VerifiedCommand) -> StopOrigin {
    if command.key != nil { verifier.stopOrigin = .signed }
    if verifier.stopOrigin == .none { verifier.stopOrigin = .unsigned }
    return verifier.stopOrigin
  }

  // MARK: Answers

  func takeFinished() -> (client: ClientID, frame: FrameWriter)? {
    if let next = shared.popLast() { return next }
    while let (waiting, outcome) = line.next() {
      let frame = frame(for: outcome, to: waiting)
      if waiting.isStop { share(outcome, of: waiting.id) }
      // The client of a stop that waited was told so; what becomes of it is told to nobody. An accepted
      // rig is told when the next start will find it.
      if let frame, !waiting.isTold { return (waiting.client, frame) }
    }
    return nextRig() ?? nextKeyChange() ?? nextPage()
  }

  private func nextRig() -> (client: ClientID, frame: FrameWriter)? {
    guard let (owed, isDurable) = rigs.next(durableTicket: keeper.durableTicket) else { return nil }
    let frame =
      isDurable
      ? identity.answer(owed.question, .answer, owed.told)
      : reject(owed.question, .outcomeUnknown)
    return (owed.client, frame)
  }

  private func nextKeyChange() -> (client: ClientID, frame: FrameWriter)? {
    guard let (question, client, isDurable) = keys.next() else { return nil }
    let frame =
      isDurable
      ? identity.answer(question, .keys, keys.list(verifier.keys))
      : reject(question, .outcomeUnknown)
    return (client, frame)
  }

  private func share(_ outcome: RequestLine.Outcome, of id: Int64) {
    let standing: StandingStop.Outcome =
      switch outcome {
      case .decided(let reply, _): .decided(reply)
      case .fault(let fault): .fault(fault)
      }
    for asker in stops.ends(id, standing) {
      shared.append((asker.client, frame(standing, to: asker.question)))
    }
  }

  private func nextPage() -> (client: ClientID, frame: FrameWriter)? {
    guard let (question, client, page) = records.next() else { return nil }
    return (
      client,
      page.map { identity.answer(question, .records, $0) }
        ?? reject(question, .recordsUnavailable)
    )
  }

  /// Nil where it is told later.
  private func frame(
    for outcome: RequestLine.Outcome, to waiting: WaitingRequest
  ) -> FrameWriter? {
    let (kind, who) = (waiting.command.header.kind.words, waiting.command.sender.words)
    switch outcome {
    case .fault(let fault):
      if fault != .outcomeUnknown, let asked = keeper.forget(waiting.id) {
        write(refused: asked, .fault(fault))
      }
      tally.add(.fault(fault))
      log.say("\(kind) by \(who): \(fault.code)")
      return reject(waiting.question, fault)
    case .decided(let reply, let isDurable):
      let how = isDurable ? "" : ", not durable yet: its challenge alone stands against a replay"
      log.say("\(kind) by \(who): \(reply.answer.outcome)\(how)")
      return decided(reply, isDurable: isDurable, waiting)
    }
  }

  private func decided(
    _ reply: RequestSlot.Reply, isDurable: Bool, _ waiting: WaitingRequest
  ) -> FrameWriter? {
    let body = AnswerBody(
      reply.answer, decidedAt: Tick(reply.tick), tickPeriod: rig.tick, isDurable: isDurable,
      findings: waiting.findings)
    if case .accepted = reply.answer {
      switch waiting.request {
      case .propose(let change): return proposal(change, waiting)
      case .commit(let change) where change.kind != .rig: carryOut(change)
      case .commit(.rig(let change)):
        let ticket = keeper.tell(
          LinkChanges(), [.rigCommitted(change.rig.recordBytes)], at: tickNow, isUrgent: true)
        rigs.append(body, behind: ticket, to: waiting.question, of: waiting.client)
        return nil
      // A pump that stands already has no commit by which it would come to be on record.
      case .stop: keeper.tell(LinkChanges(), at: tickNow, isUrgent: true)
      case .resume where waiting.id > lastStopID:
        verifier.stopOrigin = .none
        var changes = LinkChanges()
        changes.stopOrigin = StopOrigin.none
        keeper.tell(changes, at: tickNow, isUrgent: false)
      default: break
      }
    }
    return identity.answer(waiting.question, .answer, body)
  }

  private func proposal(_ change: Change, _ waiting: WaitingRequest) -> FrameWriter {
    guard let key = waiting.command.key?.id else { return reject(waiting.question, .notPermitted) }
    let status = engine.status.read()
    let basis = basis(status)
    let shown = ShownChange(
      beside: change, order: basis.order, rig: rig, status: status, findings: waiting.findings)
    let body = proposals.keep(
      change, shown: shown, by: key, on: basis, at: RealTime.sinceBoot)
    return identity.answer(waiting.question, .proposal, body)
  }
}
