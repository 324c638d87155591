internal import Documents
internal import DosingCore
internal import ProgrammerLink
internal import Quantities

/// What the link says in the pump's log. However many frames are refused, they take a line a second.
final class LinkLog {
  let say: (String) -> Void
  private var saidAt = Nanoseconds(-1_000_000_000)
  private var unsaid = 0

  private static let lineEvery = Nanoseconds.seconds(1)

  init(_ say: @escaping (String) -> Void) { self.say = say }

  func refuse(_ what: String, _ why: String, from peer: Peer, at now: Nanoseconds) {
    guard now - saidAt >= Self.lineEvery else {
      unsaid += 1
      return
    }
    let more = unsaid > 0 ? ", and \(unsaid) frames before it" : ""
    say("refused \(what) from \(userWords(peer.user)): \(why)\(more)")
    (saidAt, unsaid) = (now, 0)
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
  var words: String { "\(role.code) \(name.text), key \(id.text)" }
}
