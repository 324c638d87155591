internal import Documents
internal import DosingCore
internal import Durability
internal import Engine
internal import Hardware
internal import ProgrammerLink
internal import Quantities

/// A request on its way to the tick thread.
struct WaitingRequest {
  let request: Request
  /// The number under which the journal knows it.
  let id: Int64
  let command: VerifiedCommand
  let question: Question
  /// Warnings about a program.
  let findings: Findings
  let client: ClientID
  let arrived: Nanoseconds
  /// The client of a stop was told that its outcome is unknown; the stop itself stays in line.
  var isTold = false
  /// The journal thread was asked to keep a stop that the tick thread does not decide.
  var isKept = false

  var isStop: Bool { command.header.kind == .stop }
  var isResume: Bool { command.header.kind == .resume }
}

/// Requests wait here for the tick thread, so that none of them holds up a `stop`, and then until they
/// are durable.
final class RequestLine {
  /// What became of a request.
  enum Outcome {
    case decided(RequestSlot.Reply, isDurable: Bool)
    case fault(FrameFault)
  }

  /// A request that was accepted, and is told when it is durable.
  private struct Owed {
    let waiting: WaitingRequest
    let reply: RequestSlot.Reply
    let since: Nanoseconds
  }

  private let engine: RealTimeEngine
  private let keeper: Keeper
  private let log: (String) -> Void
  /// At most one for each client.
  private var line: [WaitingRequest] = []
  private var owed: [Owed] = []
  /// Resumes that a later stop made void.
  private var overtaken: [WaitingRequest] = []
  /// When the request at the head of the line was offered to the tick thread; nil where it was not.
  private var offered: Nanoseconds?
  /// The tick thread still has a request whose client was told that its outcome is unknown.
  private var slotIsStuck = false

  /// How long the tick thread may take to decide. A tick takes 100 ms at most.
  private static let patience = Nanoseconds.seconds(1)
  /// After so long the journal thread keeps a stop by itself: before a supervisor that misses the tick
  /// thread kills the process.
  private static let stopKeptAfter = Nanoseconds.milliseconds(250)
  /// How long an accepted request may take to be durable or to be taken back, by the tick.
  private static let durablePatience = Nanoseconds(Limits.requestDurableWithin.count * 3 / 2)

  init(engine: RealTimeEngine, keeper: Keeper, log: @escaping (String) -> Void) {
    self.engine = engine
    self.keeper = keeper
    self.log = log
  }

  func append(_ waiting: WaitingRequest) {
    guard waiting.isStop else { return line.append(waiting) }
    // A stop goes before all that waits, and a resume that was asked before it is not done after it.
    if offered != nil, line[0].isResume, engine.requests.withdraw() {
      offered = nil
    }
    let first = offered == nil ? 0 : 1
    overtaken += line[first...].filter(\.isResume)
    line = Array(line[..<first]) + [waiting] + line[first...].filter { !$0.isResume }
  }

  /// So many requests of one sender may wait, so that he keeps nobody else from his turn.
  private static let ofSenderMax = 4

  func isFull(for sender: OrderSender) -> Bool {
    (line + owed.map(\.waiting)).count { OrderSender($0.command.sender) == sender }
      >= Self.ofSenderMax
  }

  /// Whether a change of the order is on its way: until it is durable or taken back, nobody knows which
  /// order is in force.
  var changesOrder: Bool {
    (line + owed.map(\.waiting)).contains { $0.command.header.kind == .commit } || slotIsStuck
  }

  /// The next request whose outcome may be told; nil while there is none.
  func next() -> (waiting: WaitingRequest, outcome: Outcome)? {
    if slotIsStuck, let late = engine.requests.takeReply() {
      log("a request that was given up was decided after all: \(late.answer.outcome)")
      slotIsStuck = false
    }
    if let resume = overtaken.popLast() { return (resume, .fault(.overtakenByStop)) }
    if let settled = settled() { return settled }
    guard let first = line.first else { return nil }
    if !slotIsStuck, let progress = progress(first) {
      line.removeFirst()
      offered = nil
      switch progress {
      case .fault(let fault): return (first, .fault(fault))
      case .reply(let reply):
        owed.append(Owed(waiting: first, reply: reply, since: RealTime.now))
        return next()
      }
    }
    if first.isStop { return whileStopWaits(first) }
    guard slotIsStuck else { return nil }
    line.removeFirst()
    return (first, .fault(.engineSilent))
  }

  /// A request that is durable, was taken back, or is a stop that acted.
  private func settled() -> (WaitingRequest, Outcome)? {
    for index in owed.indices {
      guard let outcome = outcome(of: owed[index]) else { continue }
      return (owed.remove(at: index).waiting, outcome)
    }
    return nil
  }

  private func outcome(of owed: Owed) -> Outcome? {
    let (request, reply) = (owed.waiting.request, owed.reply)
    let age = RealTime.now - owed.since
    let isDurable = reply.commit <= keeper.durableCommit
    if request.actsAtOnce || reply.commit == 0 {
      if isDurable { return .decided(reply, isDurable: true) }
      return age > Self.patience || keeper.isFailing ? .decided(reply, isDurable: false) : nil
    }
    // First: what was taken back may have become durable a moment later, and is undone with the next
    // commit.
    if engine.record.takenBackCommit == reply.commit { return .fault(.notDurable) }
    // The answer names the tick from which on it acts. While nothing can be written down, resume acts
    // at once.
    let acts = engine.record.acts
    if acts.commit == reply.commit, engine.status.read().now.number >= acts.tick {
      var acting = reply
      acting.tick = acts.tick
      return .decided(acting, isDurable: isDurable)
    }
    return age > Self.durablePatience ? .fault(.outcomeUnknown) : nil
  }

  /// A stop is never given up: the interlock is shut, and the core has to hear of it when it can. Its
  /// client and those behind it are told.
  private func whileStopWaits(_ stop: WaitingRequest) -> (WaitingRequest, Outcome)? {
    let age = RealTime.now - stop.arrived
    if !stop.isKept, age > Self.stopKeptAfter {
      line[0].isKept = true
      keeper.keepStop()
    }
    guard age > Self.patience else { return nil }
    if !stop.isTold {
      line[0].isTold = true
      return (stop, .fault(.outcomeUnknown))
    }
    guard line.count > 1 else { return nil }
    let next = line.remove(at: 1)
    return (next, .fault(next.isStop ? .outcomeUnknown : .engineSilent))
  }

  /// A request that was accepted may still be taken back; what is decided after it would go with it.
  private var waitsForStorage: Bool { owed.contains { !$0.waiting.request.actsAtOnce } }

  private enum Progress {
    case fault(FrameFault)
    case reply(RequestSlot.Reply)
  }

  /// Offers the request, or looks whether it was answered.
  private func progress(_ first: WaitingRequest) -> Progress? {
    guard let offered else {
      if !first.request.actsAtOnce, waitsForStorage { return nil }
      engine.requests.offer(first.request, id: first.id)
      self.offered = RealTime.now
      return nil
    }
    if let reply = engine.requests.takeReply() { return .reply(reply) }
    if first.isStop || RealTime.now - offered < Self.patience { return nil }
    if engine.requests.withdraw() { return .fault(.engineSilent) }
    slotIsStuck = true
    return .fault(.outcomeUnknown)
  }
}

extension Answer {
  var outcome: String {
    switch self {
    case .accepted: "accepted"
    case .refused(let refusal): "refused, \(refusal.reason.code)"
    }
  }
}
