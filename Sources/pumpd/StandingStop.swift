internal import DosingCore
internal import Engine
internal import ProgrammerLink

/// Who asks, whatever connection he uses.
enum OrderSender: Hashable {
  case key(KeyID)
  case user(UInt32)

  init(_ sender: VerifiedCommand.Sender) {
    switch sender {
    case .key(let record): self = .key(record.id)
    case .user(let user): self = .user(user)
    }
  }
}

/// The stops by which the pump stands, as long as nothing was asked since that could end it. Another one of the
/// same sender changes nothing: it shares the answer of the first, and neither engine nor journal is asked.
struct StandingStop {
  enum Outcome {
    case decided(RequestSlot.Reply)
    case fault(FrameFault)
  }

  /// What becomes of a stop.
  enum Place {
    /// It is unlike those that stand.
    case first
    case equal(RequestSlot.Reply)
    /// The equal one is still on its way.
    case waits
  }

  typealias Asker = (client: ClientID, question: Question)

  /// The first stop of each sender, and what became of it.
  private var standing: [OrderSender: Int64] = [:]
  private var replies: [Int64: RequestSlot.Reply] = [:]
  private var waiting: [Int64: [Asker]] = [:]

  mutating func place(_ sender: OrderSender, _ asker: Asker) -> Place {
    guard let id = standing[sender] else { return .first }
    if let reply = replies[id] { return .equal(reply) }
    waiting[id, default: []].append(asker)
    return .waits
  }

  mutating func begins(_ id: Int64, of sender: OrderSender) { standing[sender] = id }

  /// What became of a stop. Returns who waits for it besides its own client.
  mutating func ends(_ id: Int64, _ outcome: Outcome) -> [Asker] {
    switch outcome {
    case .decided(let reply):
      if case .accepted = reply.answer { replies[id] = reply } else { forget(id) }
    case .fault: forget(id)
    }
    return waiting.removeValue(forKey: id) ?? []
  }

  /// It does not stand.
  private mutating func forget(_ id: Int64) { standing = standing.filter { $0.value != id } }

  /// Something was asked that may let the pump deliver again.
  mutating func isOver() { (standing, replies) = ([:], [:]) }
}

extension Request {
  var isStop: Bool { if case .stop = self { true } else { false } }

  /// Whether a pump that stands may deliver after it.
  var mayDeliver: Bool { changesState && !isStop }
}
