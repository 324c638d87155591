internal import DosingCore
internal import Durability
internal import Journal
internal import ProgrammerLink

/// Keys of programmers: which there are, and how one comes or goes.
struct KeyDesk {
  private let keeper: Keeper
  private let identity: PumpIdentity
  private let log: LinkLog
  private var changes = OwedAnswers<Void>()

  init(_ keeper: Keeper, _ identity: PumpIdentity, _ log: LinkLog) {
    self.keeper = keeper
    self.identity = identity
    self.log = log
  }

  func list(_ keys: KeyTable) -> KeysBody {
    var body = KeysBody()
    body.pumpKey = identity.verifying.bytes
    for record in keys.shown { body.append(record) }
    return body
  }

  /// Acts at once; the answer comes when it is durable.
  ///
  /// - Parameter used: what the command used up of the key that sent it.
  mutating func change(
    _ keys: inout KeyTable, by command: VerifiedCommand, _ used: LinkChanges,
    _ frame: Span<UInt8>, at tick: Int64, answering question: Question, of client: ClientID
  ) throws {
    var change = KeyChange()
    switch command.sender {
    case .key(let record): change.byKey = record.id
    case .user(let user): change.byUser = user
    }
    if command.header.kind == .enroll {
      var body = EnrollBody()
      try readBody(frame, into: &body)
      change.key = try keys.enroll(body)
    } else {
      var body = RevokeBody()
      try readBody(frame, into: &body)
      change.key = try keys.revoke(body.key)
    }
    log.say("\(change.key.words): \(command.header.kind) by \(command.sender.words)")
    var memory = used
    memory.keys[change.key.id] = keys[change.key.id]
    let ticket = keeper.tell(memory, [.keyChanged(change)], at: tick, isUrgent: true)
    changes.append((), behind: ticket, to: question, of: client)
  }

  /// The next question whose change is durable, or was not in time.
  mutating func next() -> (question: Question, client: ClientID, isDurable: Bool)? {
    guard let (owed, isDurable) = changes.next(durableTicket: keeper.durableTicket) else {
      return nil
    }
    return (owed.question, owed.client, isDurable)
  }
}
