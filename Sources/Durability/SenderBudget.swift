internal import DosingCore
internal import Journal

/// How much of what changes nothing one sender may have written down in an hour: requests that are refused,
/// and stops of a pump that somebody has stopped already. What is beyond it is counted, so that nobody at the
/// socket can push anything out of the journal, or keep the disk busy.
struct SenderBudget {
  fileprivate enum Sender: Hashable {
    case key(KeyID)
    case user(UInt32)
  }

  /// A person who tries again and again makes fewer.
  static let entriesAnHour: Int64 = 60
  /// All that have more names than these share one budget.
  static let sendersMax = 64

  private let ticksAnHour: Int64
  private var hour: Int64 = 0
  /// What each sender has asked in this hour.
  private var asked: [Sender: Int64] = [:]
  /// The newest request that changed anything was a stop.
  private var stands = false

  /// - Parameter isStopped: the pump starts so.
  init(ticksAnHour: Int64, isStopped: Bool) {
    self.ticksAnHour = ticksAnHour
    stands = isStopped
  }

  /// Whether an accepted request leaves all as it was, and belongs to no commit: a stop after a stop.
  func isNothingNew(_ kind: FrameKind?) -> Bool { stands && kind == .stop }

  /// Whether a request has an entry of its own.
  mutating func hasEntry(_ requested: Requested) -> Bool {
    guard requested.reason != 0 || isNothingNew(requested.kind) else {
      stands = requested.kind == .stop || (stands && requested.leavesStopped)
      return true
    }
    var sender = requested.sender
    if asked[sender] == nil, asked.count >= Self.sendersMax { sender = .user(.max) }
    asked[sender, default: 0] += 1
    return asked[sender, default: 0] <= Self.entriesAnHour
  }

  /// What was only counted in the hour that has passed, sender by sender; nothing before it has.
  ///
  /// - Parameter isEnd: the hour ends here, since nothing follows.
  mutating func counted(at tick: Int64, isEnd: Bool) -> [RequestsCounted] {
    guard tick / ticksAnHour != hour || isEnd else { return [] }
    defer { (hour, asked) = (tick / ticksAnHour, [:]) }
    return asked.filter { $0.value > Self.entriesAnHour }.map { sender, count in
      let more = count - Self.entriesAnHour
      return switch sender {
      case .key(let key): RequestsCounted(key: key, count: more)
      case .user(let user): RequestsCounted(user: user, count: more)
      }
    }.sorted { ($0.key.raw, $0.user) < ($1.key.raw, $1.user) }
  }
}

extension Requested {
  var kind: FrameKind? { (try? FrameHeader.read(frame.span, isRecord: true))?.kind }

  private var seal: Seal? {
    (try? Seal.read(frame.span)).flatMap { $0.isSigned ? $0 : nil }
  }

  /// Whatever is proposed, acknowledged or silenced, a pump that stands goes on to stand.
  fileprivate var leavesStopped: Bool {
    kind == .acknowledge || kind == .silence || (kind == .propose && seal != nil)
  }

  fileprivate var sender: SenderBudget.Sender { seal.map { .key($0.key) } ?? .user(user) }
}
