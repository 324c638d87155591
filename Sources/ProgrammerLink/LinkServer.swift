public import DosingCore
internal import Glibc

/// Names a connection as long as the server lives.
public struct ClientID: Hashable, Sendable {
  let number: Int

  public init(number: Int) { self.number = number }
}

/// Who sent a frame.
public struct LinkSender: Sendable {
  public let client: ClientID
  public let peer: Peer
  /// The connection said that it carries frames of somebody else.
  public let isRelayed: Bool

  public init(client: ClientID, peer: Peer, isRelayed: Bool) {
    self.client = client
    self.peer = peer
    self.isRelayed = isRelayed
  }
}

/// Who answers the frames that a server receives.
public protocol LinkAnswering {
  /// Whether somebody may connect.
  func admits(_ peer: Peer) -> Bool
  /// Gets a frame whose header is sound, and its sender. Nil where the answer comes later.
  func answer(_ header: FrameHeader, _ frame: Span<UInt8>, from sender: LinkSender) -> FrameWriter?
  /// The next answer that was owed; nil where none is ready.
  func takeFinished() -> (client: ClientID, frame: FrameWriter)?
  /// A message was no frame, and its sender has been told so.
  func isRefused(_ fault: FrameFault, from peer: Peer)
  var endAsked: Bool { get }
}

/// The pump's end of the programmer link: one thread, bounded clients, bounded frames.
///
/// A frame that is not understood gets one answer that says why. A client that is silent too long,
/// or too slow to take its answer, is closed. Nothing here can hold up the tick thread. Who is heard next is
/// decided by `LinkTurns`.
public struct LinkServer: ~Copyable {
  /// Where there are so many, the one that was silent longest, of the user who has the most, makes room for the
  /// next: whoever has something to say is heard, however many say nothing.
  public static let clientsMax = 1_024
  /// Files that the pump itself may need.
  private static let filesKept = 64
  /// So many connections may wait to be taken.
  static let backlog: Int32 = 128
  /// So many are taken at once.
  private static let acceptedMax = 16
  /// A client that says nothing for so long is closed.
  public static let idleSecondsMax = 60

  private let listener: UnixSocket
  private let socket: SocketPath
  private let clientsMax: Int
  private var clients: [Client] = []
  private var lastID = 0
  /// Frames that were read.
  private var heard = 0
  private var buffer = MessageBuffer()

  private struct Client {
    let id: ClientID
    let descriptor: Int32
    let peer: Peer
    var lastHeard: Int
    /// The number of its newest frame; 0 for none.
    var heard = 0
    var isRelayed = false
    /// While an answer is owed, nothing more is read from the client.
    var isOwedAnswer = false

    var sender: LinkSender { LinkSender(client: id, peer: peer, isRelayed: isRelayed) }
  }

  /// Listens at `path`.
  ///
  /// - Throws: `isNoSocket` and `isTaken` where what is there is not left over from a server that has gone.
  public init(path: String) throws(LinkError) {
    let socket = SocketPath(path)
    let listener = try UnixSocket()
    try socket.listen(listener, backlog: Self.backlog)
    self.socket = socket
    self.listener = listener
    clientsMax = min(Self.clientsMax, max(1, Self.filesAllowed - Self.filesKept))
  }

  /// Looks after the path, as long as this serves.
  public var watch: SocketWatch { SocketWatch(socket: socket, descriptor: listener.descriptor) }

  private static var filesAllowed: Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 0
    }
    return Int(clamping: limit.rlim_cur)
  }

  deinit {
    for client in clients { _ = close(client.descriptor) }
    socket.remove()
  }

  /// Serves until `desk` wants to end, which it is asked at least five times a second.
  public mutating func run(_ desk: some LinkAnswering) {
    while !desk.endAsked {
      sendFinished(desk)
      let waiting = clients.contains { $0.isOwedAnswer }
      var polled = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
      polled += clients.map { client in
        // A negative descriptor is passed over.
        let descriptor = client.isOwedAnswer ? -1 : client.descriptor
        return pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      }
      let ready = unsafe poll(&polled, nfds_t(polled.count), waiting ? 1 : 200)
      let now = Self.seconds
      if ready > 0 {
        let ready = clients.enumerated().filter { polled[$0.offset + 1].revents != 0 }.map {
          LinkTurns.Ready(index: $0.offset, user: $0.element.peer.user, heard: $0.element.heard)
        }
        var gone: [Int] = []
        for index in LinkTurns.next(ready) where !serve(index, at: now, desk) {
          gone.append(index)
        }
        // Backwards, so that closing one does not move the others.
        for index in gone.sorted().reversed() { drop(index) }
        if polled[0].revents != 0 { acceptClients(at: now, desk) }
      }
      dropSilent(at: now)
    }
  }

  private mutating func sendFinished(_ desk: some LinkAnswering) {
    while let (id, frame) = desk.takeFinished() {
      // A client may have gone before its answer came.
      guard let index = clients.firstIndex(where: { $0.id == id }) else { continue }
      clients[index].isOwedAnswer = false
      if !UnixSocket.send(frame, to: clients[index].descriptor) { drop(index) }
    }
  }

  /// Returns false for a client that has gone, or does not take its answer.
  private mutating func serve(_ index: Int, at now: Int, _ desk: some LinkAnswering) -> Bool {
    heard += 1
    clients[index].heard = heard
    switch buffer.receive(from: clients[index].descriptor, wait: false) {
    case .nothingYet: return true
    case .closed: return false
    case .message(let length):
      clients[index].lastHeard = now
      if let answer = answer(to: length, from: index, desk) {
        return UnixSocket.send(answer, to: clients[index].descriptor)
      }
      clients[index].isOwedAnswer = true
      return true
    }
  }

  private mutating func answer(
    to length: Int, from index: Int, _ desk: some LinkAnswering
  ) -> FrameWriter? {
    do throws(FrameFault) {
      if length > buffer.bytes.count { throw .oversized }
      let header = try FrameHeader.read(buffer.bytes.span.extracting(first: length))
      // For as long as it is connected: what it carries cannot be told from what it says itself.
      if header.kind == .relayed { clients[index].isRelayed = true }
      let sender = clients[index].sender
      return desk.answer(header, buffer.bytes.span.extracting(first: length), from: sender)
    } catch {
      desk.isRefused(error, from: clients[index].peer)
      return Self.rejection(error)
    }
  }

  private mutating func dropSilent(at now: Int) {
    for index in clients.indices.reversed()
    where now - clients[index].lastHeard > Self.idleSecondsMax {
      drop(index)
    }
  }

  private mutating func acceptClients(at now: Int, _ desk: some LinkAnswering) {
    // Not all that wait: those that are connected want to be served, too.
    for _ in 0..<Self.acceptedMax {
      guard let descriptor = listener.accept() else { return }
      let peer = UnixSocket.peer(of: descriptor)
      guard let peer, desk.admits(peer) else {
        _ = UnixSocket.send(Self.rejection(.notPermitted), to: descriptor)
        _ = close(descriptor)
        if let peer { desk.isRefused(.notPermitted, from: peer) }
        continue
      }
      if clients.count >= clientsMax { dropMostSilent() }
      lastID += 1
      clients.append(
        Client(
          id: ClientID(number: lastID), descriptor: descriptor, peer: peer, lastHeard: now))
    }
  }

  /// Of those that wait for no answer.
  private mutating func dropMostSilent() {
    let idle = clients.enumerated().filter { !$1.isOwedAnswer }
    guard
      let index = LinkTurns.mostSilent(
        idle.map { ($0.offset, $0.element.peer.user, $0.element.lastHeard) })
    else { return }
    _ = UnixSocket.send(Self.rejection(.tooManyClients), to: clients[index].descriptor)
    drop(index)
  }

  private mutating func drop(_ index: Int) {
    _ = close(clients[index].descriptor)
    clients.remove(at: index)
  }

  /// An answer to something that cannot be answered otherwise. Unsigned: it answers no question.
  public static func rejection(_ fault: FrameFault, number: UInt32 = 0) -> FrameWriter {
    writeFrame(.rejected, number: number, body: RejectedBody(fault))
  }

  private static var seconds: Int {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
