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
  var endAsked: Bool { get }
}

/// The pump's end of the programmer link: one thread, bounded clients, bounded frames.
///
/// A frame that is not understood gets one answer that says why. A client that is silent too long,
/// or too slow to take its answer, is closed. Nothing here can hold up the tick thread.
public struct LinkServer: ~Copyable {
  /// Where there are so many, the one that was silent longest makes room for the next: whoever has
  /// something to say is heard, however many say nothing.
  public static let clientsMax = 1_024
  /// Files that the pump itself may need.
  private static let filesKept = 64
  /// So many connections may wait to be taken.
  static let backlog: Int32 = 128
  /// A client that says nothing for so long is closed.
  public static let idleSecondsMax = 60

  private let listener: UnixSocket
  private let path: String
  private let clientsMax: Int
  private var clients: [Client] = []
  private var lastID = 0
  private var buffer = MessageBuffer()

  private struct Client {
    let id: ClientID
    let descriptor: Int32
    let peer: Peer
    var lastHeard: Int
    var isRelayed = false
    /// While an answer is owed, nothing more is read from the client.
    var isOwedAnswer = false

    var sender: LinkSender { LinkSender(client: id, peer: peer, isRelayed: isRelayed) }
  }

  /// Listens at `path`, which is replaced.
  public init(path: String) throws(LinkError) {
    let listener = try UnixSocket()
    try listener.listen(at: path, backlog: Self.backlog)
    self.listener = listener
    self.path = path
    clientsMax = min(Self.clientsMax, max(1, Self.filesAllowed - Self.filesKept))
  }

  /// Looks after the path, as long as this serves.
  public var watch: SocketWatch { SocketWatch(path: path, descriptor: listener.descriptor) }

  private static var filesAllowed: Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 0
    }
    return Int(clamping: limit.rlim_cur)
  }

  deinit {
    for client in clients { _ = close(client.descriptor) }
    _ = unsafe unlink(path)
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
        // Backwards, so that closing one does not move those that are still to come.
        for index in clients.indices.reversed() where polled[index + 1].revents != 0 {
          serve(index, at: now, desk)
        }
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

  private mutating func serve(_ index: Int, at now: Int, _ desk: some LinkAnswering) {
    let client = clients[index]
    switch buffer.receive(from: client.descriptor, wait: false) {
    case .nothingYet: return
    case .closed: drop(index)
    case .message(let length):
      clients[index].lastHeard = now
      if let answer = answer(to: length, from: index, desk) {
        if !UnixSocket.send(answer, to: client.descriptor) { drop(index) }
      } else {
        clients[index].isOwedAnswer = true
      }
    }
  }

  private mutating func answer(
    to length: Int, from index: Int, _ desk: some LinkAnswering
  ) -> FrameWriter? {
    if length > buffer.bytes.count { return Self.rejection(.oversized) }
    do {
      let header = try FrameHeader.read(buffer.bytes.span.extracting(first: length))
      // For as long as it is connected: what it carries cannot be told from what it says itself.
      if header.kind == .relayed { clients[index].isRelayed = true }
      let sender = clients[index].sender
      return desk.answer(header, buffer.bytes.span.extracting(first: length), from: sender)
    } catch {
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
    for _ in 0..<Self.backlog {
      guard let descriptor = listener.accept() else { return }
      guard let peer = UnixSocket.peer(of: descriptor), desk.admits(peer) else {
        _ = UnixSocket.send(Self.rejection(.notPermitted), to: descriptor)
        _ = close(descriptor)
        continue
      }
      if clients.count >= clientsMax { dropMostSilent() }
      lastID += 1
      clients.append(
        Client(
          id: ClientID(number: lastID), descriptor: descriptor, peer: peer, lastHeard: now))
    }
  }

  /// The one that was silent longest, of those that wait for no answer.
  private mutating func dropMostSilent() {
    let idle = clients.enumerated().filter { !$1.isOwedAnswer }
    guard let index = idle.min(by: { $0.1.lastHeard < $1.1.lastHeard })?.0 else { return }
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
