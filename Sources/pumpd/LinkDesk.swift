internal import DosingCore
internal import Durability
internal import Engine
internal import Glibc
internal import Hardware
internal import Journal
internal import ProgrammerLink
internal import Quantities
internal import Synchronization

/// Answers the frames of programmers: the link thread's side of the engine.
///
/// Requests wait in line for the tick thread, so that none of them holds up a `stop`: that one shuts
/// the interlock as soon as it is read.
final class LinkDesk: LinkAnswering {
  private struct Waiting {
    let request: Request
    /// The number under which the journal knows it.
    let id: Int64
    let header: FrameHeader
    let findings: Findings
    let peer: Peer
    let client: ClientID
    let arrived: Nanoseconds
    /// The client of a stop was told that its outcome is unknown; the stop itself stays in line.
    var isTold = false

    var isStop: Bool { header.kind == .stop }
  }

  /// A request that was accepted, and is told when it is durable.
  private struct Owed {
    let waiting: Waiting
    let reply: RequestSlot.Reply
    let since: Nanoseconds
  }

  private let engine: RealTimeEngine
  private let keeper: Keeper
  private let hardware: HardwareRig
  private let rig: Rig
  private let log: (String) -> Void
  private let turnCount = Atomic<Int64>(0)
  /// At most one for each client.
  private var line: [Waiting] = []
  private var owed: [Owed] = []
  private var lastID: Int64 = 0
  /// When the request at the head of the line was offered to the tick thread; nil where it was not.
  private var offered: Nanoseconds?
  /// The tick thread still has a request whose client was told that its outcome is unknown.
  private var slotIsStuck = false

  /// How long the tick thread may take to decide. A tick takes 100 ms at most.
  private static let patience = Nanoseconds.seconds(1)
  /// How long an accepted request may take to be durable or to be taken back, by the tick.
  private static let durablePatience = Nanoseconds(Limits.requestDurableWithin.count * 3 / 2)

  init(
    engine: RealTimeEngine, keeper: Keeper, hardware: HardwareRig, rig: Rig,
    log: @escaping (String) -> Void
  ) {
    self.engine = engine
    self.keeper = keeper
    self.hardware = hardware
    self.rig = rig
    self.log = log
  }

  /// From any thread: how often the link thread came round. Grows as long as it is alive.
  var turns: Int64 { turnCount.load(ordering: .relaxed) }

  var endAsked: Bool {
    turnCount.wrappingAdd(1, ordering: .relaxed)
    return Signals.endAsked
  }

  func answer(
    _ header: FrameHeader, _ frame: Span<UInt8>, from peer: Peer, client: ClientID
  ) -> FrameWriter? {
    if header.kind == .askStatus { return status(header, frame) }
    guard mayChangeTherapy(peer) else {
      log("refused \(header.kind) from user \(peer.user): not permitted")
      return LinkServer.rejection(.notPermitted, number: header.number)
    }
    do {
      var findings = Findings()
      guard let request = try request(in: frame, on: rig, findings: &findings) else {
        log("refused program from user \(peer.user): \(findings.errors) errors")
        return writeFrame(.findings, number: header.number, body: findings)
      }
      // Stop acts first, by the independent path, and is decided second.
      if case .stop = request { hardware.shutInterlock() }
      lastID += 1
      remember(frame, from: peer)
      line.append(
        Waiting(
          request: request, id: lastID, header: header, findings: findings, peer: peer,
          client: client,
          arrived: RealTime.now))
      return nil
    } catch {
      return LinkServer.rejection(error, number: header.number)
    }
  }

  /// The journal has to know what was asked before the tick does.
  private func remember(_ frame: Span<UInt8>, from peer: Peer) {
    var requested = Requested()
    requested.id = lastID
    requested.user = peer.user
    requested.process = peer.process
    requested.frame = frame.indices.map { frame[$0] }
    keeper.remember(requested)
  }

  private func status(_ header: FrameHeader, _ frame: Span<UInt8>) -> FrameWriter {
    do {
      var nothing = EmptyBody()
      try readBody(frame, into: &nothing)
      return writeFrame(.status, number: header.number, body: engine.status.read())
    } catch {
      return LinkServer.rejection(error, number: header.number)
    }
  }

  /// Until commands are signed, the pump obeys its own user and root.
  private func mayChangeTherapy(_ peer: Peer) -> Bool {
    peer.user == 0 || peer.user == geteuid()
  }

  func takeFinished() -> (client: ClientID, frame: FrameWriter)? {
    if slotIsStuck, let late = engine.requests.takeReply() {
      log("a request that was given up was decided after all: \(late.answer.outcome)")
      slotIsStuck = false
    }
    if let settled = takeSettled() { return settled }
    guard let first = line.first else { return nil }
    if !slotIsStuck, let outcome = progress(first) {
      line.removeFirst()
      offered = nil
      switch outcome {
      case .frame(let frame): return (first.client, frame)
      case .reply(let reply):
        owed.append(Owed(waiting: first, reply: reply, since: RealTime.now))
        return takeFinished()
      }
    }
    if first.isStop { return whileStopWaits(first) }
    guard slotIsStuck else { return nil }
    line.removeFirst()
    return (first.client, fault(.engineSilent, first))
  }

  /// A request whose outcome may be told: it is durable, was taken back, or is a stop that acted.
  private func takeSettled() -> (client: ClientID, frame: FrameWriter)? {
    for index in owed.indices {
      let (waiting, reply) = (owed[index].waiting, owed[index].reply)
      let age = RealTime.now - owed[index].since
      var frame: FrameWriter?
      if reply.commit <= keeper.durableCommit {
        frame = self.frame(for: reply, to: waiting, isDurable: true)
      } else if waiting.request.actsAtOnce {
        if age > Self.patience || keeper.isFailing {
          frame = self.frame(for: reply, to: waiting, isDurable: false)
        }
      } else if engine.record.takenBackAt >= reply.tick {
        frame = fault(.notDurable, waiting)
      } else if age > Self.durablePatience {
        frame = fault(.outcomeUnknown, waiting)
      }
      guard let frame else { continue }
      owed.remove(at: index)
      return waiting.isTold ? takeSettled() : (waiting.client, frame)
    }
    return nil
  }

  /// A stop is never given up: the interlock is shut, and the core has to hear of it when it can. Its
  /// client and those behind it are told.
  private func whileStopWaits(_ stop: Waiting) -> (client: ClientID, frame: FrameWriter)? {
    guard RealTime.now - stop.arrived > Self.patience else { return nil }
    if !stop.isTold {
      line[0].isTold = true
      return (stop.client, fault(.outcomeUnknown, stop))
    }
    guard line.count > 1 else { return nil }
    let next = line.remove(at: 1)
    return (next.client, fault(next.isStop ? .outcomeUnknown : .engineSilent, next))
  }

  private enum Progress {
    case frame(FrameWriter)
    case reply(RequestSlot.Reply)
  }

  /// Offers the request, or looks whether it was answered.
  private func progress(_ first: Waiting) -> Progress? {
    guard let offered else {
      engine.requests.offer(first.request, id: first.id)
      self.offered = RealTime.now
      return nil
    }
    if let reply = engine.requests.takeReply() { return .reply(reply) }
    if first.isStop || RealTime.now - offered < Self.patience { return nil }
    if engine.requests.withdraw() { return .frame(fault(.engineSilent, first)) }
    slotIsStuck = true
    return .frame(fault(.outcomeUnknown, first))
  }

  private func frame(
    for reply: RequestSlot.Reply, to first: Waiting, isDurable: Bool
  ) -> FrameWriter {
    log(
      "\(first.header.kind) from user \(first.peer.user), process \(first.peer.process): "
        + reply.answer.outcome + (isDurable ? "" : ", not written down yet"))
    let body = AnswerBody(
      reply.answer, decidedAt: Tick(reply.tick), tickPeriod: rig.tick, isDurable: isDurable,
      findings: first.findings)
    return writeFrame(.answer, number: first.header.number, body: body)
  }

  private func fault(_ fault: FrameFault, _ first: Waiting) -> FrameWriter {
    log("\(first.header.kind) from user \(first.peer.user): \(fault)")
    return LinkServer.rejection(fault, number: first.header.number)
  }
}

extension Answer {
  fileprivate var outcome: String {
    switch self {
    case .accepted: "accepted"
    case .refused(let refusal): "refused, \(refusal.reason)"
    }
  }
}
