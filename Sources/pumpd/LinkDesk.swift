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

  /// - Parameter history: the name of what the journal holds.
  init(
    engine: RealTimeEngine, keeper: Keeper, hardware: HardwareRig, rig: Rig, history: [UInt8],
    identity: PumpIdentity, verifier: Verifier, log: @escaping (String) -> Void
  ) {
    self.engine = engine
    self.keeper = keeper
    self.hardware = hardware
    self.rig = rig
    self.history = history
    self.identity = identity
    self.verifier = verifier
    self.log = LinkLog(log)
    line = RequestLine(engine: engine, keeper: keeper, log: log)
    statusDesk = StatusDesk(engine, keeper)
    keys = KeyDesk(keeper, identity, self.log)
    records = RecordsDesk(keeper.pages)
  }

  /// From any thread: how often the link thread came round. Grows as long as it is alive.
  var turns: Int64 { turnCount.load(ordering: .relaxed) }

  var endAsked: Bool {
    turnCount.wrappingAdd(1, ordering: .relaxed)
    if let refused = log.refusedFrames(verifier.doubts, at: RealTime.now) {
      keeper.tell(LinkChanges(), [.framesRefused(refused)], at: tickNow, isUrgent: false)
    }
    return Signals.endAsked
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
      log.refuse(header.kind, doubt, from: sender.peer, at: RealTime.now)
      return reject(question, doubt == .tooOften ? .tooOften : .notPermitted)
    } catch let fault as FrameFault {
      log.refuse(header.kind, fault, from: sender.peer, at: RealTime.now)
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
      return identity.answer(question, .status, try statusDesk.answer(frame, &verifier))
    case .askKeys: return identity.answer(question, .keys, keys.list(verifier.keys))
    case .askRecords:
      try records.ask(question, frame, sender.client)
      return nil
    case .relayed: return identity.answer(question, .answer, AnswerBody())
    case .enroll, .revoke:
      try keys.change(
        &verifier.keys, by: command, frame, at: tickNow, answering: question, of: sender.client)
      return nil
    default:
      var findings = Findings()
      guard let request = try request(command, frame, &findings) else {
        return identity.answer(question, .findings, findings)
      }
      submit(request, question, command, frame, findings, sender)
      return nil
    }
  }

  private func reject(_ question: Question, _ fault: FrameFault) -> FrameWriter {
    identity.answer(question, .rejected, RejectedBody(fault))
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
    var changes = LinkChanges()
    changes.keys = verifier.keys.used(by: command)
    if case .stop = request {
      lastStopID = lastID
      // Stop acts first, by the independent path, and is decided second.
      hardware.askStop()
      changes.stopOrigin = stopped(by: command)
    }
    // The number, and what was asked, are known to the journal before the tick decides.
    keeper.tell(changes, at: tickNow, isUrgent: false)
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
    while let (waiting, outcome) = line.next() {
      // The client of a stop that waited was told so; what becomes of it is told to nobody. An accepted
      // rig is told when the next start will find it.
      if let frame = frame(for: outcome, to: waiting), !waiting.isTold {
        return (waiting.client, frame)
      }
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
    let (kind, who) = (waiting.command.header.kind, waiting.command.sender.words)
    switch outcome {
    case .fault(let fault):
      if fault != .outcomeUnknown { keeper.forget(waiting.id) }
      log.say("\(kind) by \(who): \(fault)")
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
      case .commit(.rig(let change)):
        let ticket = keeper.tell(
          LinkChanges(), [.rigCommitted(change.rig.recordBytes)], at: tickNow, isUrgent: true)
        rigs.append(body, behind: ticket, to: waiting.question, of: waiting.client)
        return nil
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
