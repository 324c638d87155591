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
  private let identity: PumpIdentity
  private let log: LinkLog
  private var verifier: Verifier
  private var proposals: Proposals
  private let line: RequestLine
  private var keyChanges: [OwedKeys] = []
  private var records: RecordsDesk
  private var lastID: Int64 = 0
  private var lastStopID: Int64 = 0
  /// Proposals that came into force, or may have.
  private var commits = 0
  private let turnCount = Atomic<Int64>(0)

  /// Keys that were changed; told when it is durable.
  private struct OwedKeys {
    let ticket: Int64
    let question: Question
    let client: ClientID
    let since: Nanoseconds
  }

  /// How long a change of keys may take to be durable.
  private static let keyPatience = Nanoseconds.seconds(3)

  init(
    engine: RealTimeEngine, keeper: Keeper, hardware: HardwareRig, rig: Rig,
    identity: PumpIdentity, verifier: Verifier, log: @escaping (String) -> Void
  ) {
    self.engine = engine
    self.keeper = keeper
    self.hardware = hardware
    self.rig = rig
    self.identity = identity
    self.verifier = verifier
    self.log = LinkLog(log)
    proposals = Proposals(rig: rig)
    line = RequestLine(engine: engine, keeper: keeper, log: log)
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
    case .askStatus: return try status(question, frame)
    case .askKeys: return keys(question)
    case .askRecords:
      try records.ask(question, frame, sender.client)
      return nil
    case .relayed: return identity.answer(question, .answer, AnswerBody())
    case .enroll, .revoke:
      try changeKeys(question, command, frame, sender.client)
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

  // MARK: Questions

  private func status(_ question: Question, _ frame: Span<UInt8>) throws -> FrameWriter {
    var nothing = EmptyBody()
    try readBody(frame, into: &nothing)
    var status = engine.status.read()
    status.challenge = verifier.challenge(at: RealTime.sinceBoot)
    status.newestNumber = verifier.keys[try Seal.read(frame).key]?.newestNumber ?? 0
    status.framesRefused = verifier.doubts.reduce(0, +)
    status.utc = keeper.utc(ofTick: status.now.number)
    return identity.answer(question, .status, status)
  }

  private func keys(_ question: Question) -> FrameWriter {
    var body = KeysBody()
    body.pumpKey = identity.verifying.bytes
    for record in verifier.keys.records { body.append(record) }
    return identity.answer(question, .keys, body)
  }

  private func reject(_ question: Question, _ fault: FrameFault) -> FrameWriter {
    identity.answer(question, .rejected, RejectedBody(fault))
  }

  // MARK: Keys

  private func changeKeys(
    _ question: Question, _ command: VerifiedCommand, _ frame: Span<UInt8>, _ client: ClientID
  ) throws {
    var change = KeyChange()
    switch command.sender {
    case .key(let record): change.byKey = record.id
    case .user(let user): change.byUser = user
    }
    if command.header.kind == .enroll {
      var body = EnrollBody()
      try readBody(frame, into: &body)
      change.key = try verifier.keys.enroll(body)
    } else {
      var body = RevokeBody()
      try readBody(frame, into: &body)
      change.key = try verifier.keys.revoke(body.key)
    }
    log.say("\(change.key.words): \(command.header.kind) by \(command.sender.words)")
    var changes = LinkChanges()
    changes.keys = used(by: command)
    changes.keys[change.key.id] = verifier.keys[change.key.id]
    let ticket = keeper.tell(changes, [.keyChanged(change)], at: tickNow, isUrgent: true)
    keyChanges.append(
      OwedKeys(ticket: ticket, question: question, client: client, since: RealTime.now))
  }

  /// The key of a command with the number that it used up.
  private func used(by command: VerifiedCommand) -> [KeyID: KeyRecord] {
    guard let id = command.key?.id, let record = verifier.keys[id] else { return [:] }
    return [id: record]
  }

  private func nextKeyChange() -> (client: ClientID, frame: FrameWriter)? {
    for index in keyChanges.indices {
      let owed = keyChanges[index]
      let isDurable = owed.ticket <= keeper.durableTicket
      guard isDurable || RealTime.now - owed.since > Self.keyPatience else { continue }
      keyChanges.remove(at: index)
      return (
        owed.client, isDurable ? keys(owed.question) : reject(owed.question, .outcomeUnknown)
      )
    }
    return nil
  }

  // MARK: Requests

  /// Nil where a program does not fit the rig; `findings` says why.
  private func request(
    _ command: VerifiedCommand, _ frame: Span<UInt8>, _ findings: inout Findings
  ) throws -> Request? {
    guard command.header.kind == .commit else {
      let asked = try DosingCore.request(in: frame, on: rig, findings: &findings)
      // What is programmed is shown first, to be committed by its digest.
      return asked.map { $0.proposal ?? $0 }
    }
    var body = CommitBody()
    try readBody(frame, into: &body)
    guard !line.changesOrder, let key = command.key?.id,
      let asked = proposals.take(
        body.digest, by: key, in: circumstances, at: RealTime.sinceBoot)
    else { throw FrameFault.noSuchProposal }
    commits += 1
    return asked
  }

  private var circumstances: Proposals.Circumstances {
    Proposals.Circumstances(
      order: keeper.durableOrder, commits: commits, status: engine.status.read())
  }

  private func submit(
    _ request: Request, _ question: Question, _ command: VerifiedCommand, _ frame: Span<UInt8>,
    _ findings: Findings, _ sender: LinkSender
  ) {
    lastID += 1
    var changes = LinkChanges()
    changes.keys = used(by: command)
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

  func takeFinished() -> (client: ClientID, frame: FrameWriter)? {
    while let (waiting, outcome) = line.next() {
      let frame = frame(for: outcome, to: waiting)
      // The client of a stop that waited was told so; what becomes of it is told to nobody.
      if !waiting.isTold { return (waiting.client, frame) }
    }
    return nextKeyChange() ?? nextPage()
  }

  private func nextPage() -> (client: ClientID, frame: FrameWriter)? {
    guard let (question, client, page) = records.next() else { return nil }
    return (
      client,
      page.map { identity.answer(question, .records, $0) }
        ?? reject(question, .recordsUnavailable)
    )
  }

  private func frame(
    for outcome: RequestLine.Outcome, to waiting: WaitingRequest
  ) -> FrameWriter {
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
  ) -> FrameWriter {
    if case .accepted = reply.answer {
      switch waiting.request {
      case .propose(let therapy): return proposal(therapy, waiting)
      case .proposeClock(let change): return proposal(change, waiting)
      case .resume where waiting.id > lastStopID:
        verifier.stopOrigin = .none
        var changes = LinkChanges()
        changes.stopOrigin = StopOrigin.none
        keeper.tell(changes, at: tickNow, isUrgent: false)
      default: break
      }
    }
    let body = AnswerBody(
      reply.answer, decidedAt: Tick(reply.tick), tickPeriod: rig.tick, isDurable: isDurable,
      findings: waiting.findings)
    return identity.answer(waiting.question, .answer, body)
  }

  private func proposal(_ therapy: Therapy, _ waiting: WaitingRequest) -> FrameWriter {
    guard let key = waiting.command.key?.id else { return reject(waiting.question, .notPermitted) }
    let circumstances = circumstances
    let digest = proposals.keep(
      .program(therapy), therapy.prescription.recordBytes, by: key, in: circumstances,
      at: RealTime.sinceBoot)
    let body = ProposalBody(
      digest: digest, old: circumstances.order.flatMap { Prescription(recordBytes: $0) },
      findings: waiting.findings)
    return identity.answer(waiting.question, .proposal, body)
  }

  private func proposal(_ change: ClockChange, _ waiting: WaitingRequest) -> FrameWriter {
    guard let key = waiting.command.key?.id else { return reject(waiting.question, .notPermitted) }
    let (circumstances, now) = (circumstances, engine.status.read())
    let clock = WeekTime(sinceMonday: now.clock)
    var body = ClockProposalBody(
      order: circumstances.order.flatMap { Prescription(recordBytes: $0) },
      clock: clock, utcOffset: now.utcOffset,
      newClock: change.clock(
        at: now.now, of: rig.tick, insteadOf: clock, utcOffset: now.utcOffset,
        behind: now.clockBehind),
      newUTCOffset: change.utcOffset)
    body.digest = proposals.keep(
      .clock(change), change.recordBytes, by: key, in: circumstances, at: RealTime.sinceBoot)
    return identity.answer(waiting.question, .clockProposal, body)
  }
}
