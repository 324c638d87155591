internal import Documents
internal import DosingCore
internal import ProgrammerLink
internal import Quantities

/// What the link says in the pump's log. However many frames are refused, they take a line a second
/// there, and an entry a minute in the journal.
final class LinkLog {
  let say: (String) -> Void
  private var saidAt = Nanoseconds(-1_000_000_000)
  private var unsaid = 0
  private var recordedAt = Nanoseconds.zero
  private var recorded: [Int64] = []

  private static let lineEvery = Nanoseconds.seconds(1)
  private static let entryEvery = Nanoseconds.minutes(1)

  init(_ say: @escaping (String) -> Void) { self.say = say }

  func refuse(_ kind: FrameKind, _ why: some Error, from peer: Peer, at now: Nanoseconds) {
    guard now - saidAt >= Self.lineEvery else {
      unsaid += 1
      return
    }
    let more = unsaid > 0 ? ", and \(unsaid) frames before it" : ""
    say("refused \(kind) from \(userWords(peer.user)): \(why)\(more)")
    (saidAt, unsaid) = (now, 0)
  }

  /// The frames that were refused since the last entry, by doubt; nil where none is due.
  func refusedFrames(_ doubts: [Int64], at now: Nanoseconds) -> [Int64]? {
    if recorded.isEmpty { recorded = doubts.map { _ in 0 } }
    guard doubts != recorded, recordedAt == .zero || now - recordedAt >= Self.entryEvery else {
      return nil
    }
    defer { (recordedAt, recorded) = (now, doubts) }
    return zip(doubts, recorded).map { $0 - $1 }
  }
}

extension VerifiedCommand.Sender {
  var words: String {
    switch self {
    case .key(let record): record.words
    case .user(let user): "\(userWords(user)), unsigned"
    }
  }
}

extension KeyRecord {
  var words: String { "\(role) \(name.text), key \(id.text)" }
}
