public import DosingCore
internal import Glibc

/// Names a connection as long as the server lives.
public struct ClientID: Equatable, Sendable {
  let number: Int
}

/// Who answers the frames that a server receives.
public protocol LinkAnswering {
  /// Gets a frame whose header is sound, and its sender. Nil where the answer comes later.
  func answer(
    _ header: FrameHeader, _ frame: Span<UInt8>, from peer: Peer, client: ClientID
  ) -> FrameWriter?
  /// The next answer that was owed; nil where none is ready.
  func takeFinished() -> (client: ClientID, frame: FrameWriter)?
  var endAsked: Bool { get }
}

/// The pump's end of the programmer link: one thread, bounded clients, bounded frames.
///
/// A frame that is not understood gets one answer that says why. A client that is silent too long,
/// or too slow to take its answer, is closed. Nothing here can hold up the tick thread.
public struct LinkServer: ~Copyable {
  /// More clients than that get one answer and are closed.
  public static let clientsMax = 128
  /// A client that says nothing for so long is closed.
  public static let idleSecondsMax = 60

  private let listener: UnixSocket
  private let path: String
  private var clients: [Client] = []
  private var lastID = 0
  private var buffer = MessageBuffer()

  private struct Client {
    let id: ClientID
    let descriptor: Int32
    let peer: Peer
    var lastHeard: Int
    /// While an answer is owed, nothing more is read from the client.
    var isOwedAnswer = false
  }

  /// Listens at `path`, which is replaced.
  public init(path: String) throws(LinkError) {
    let listener = try UnixSocket()
    try listener.listen(at: path, backlog: Int32(Self.clientsMax))
    self.listener = listener
    self.path = path
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
        if polled[0].revents != 0 { acceptClient(at: now) }
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
      if let answer = answer(to: length, from: client, desk) {
        if !UnixSocket.send(answer, to: client.descriptor) { drop(index) }
      } else {
        clients[index].isOwedAnswer = true
      }
    }
  }

  private func answer(
    to length: Int, from client: Client, _ desk: some LinkAnswering
  ) -> FrameWriter? {
    if length > buffer.bytes.count { return Self.rejection(.oversized) }
    let frame = buffer.bytes.span.extracting(first: length)
    do {
      let header = try FrameHeader.read(frame)
      return desk.answer(header, frame, from: client.peer, client: client.id)
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

  private mutating func acceptClient(at now: Int) {
    guard let descriptor = listener.accept() else { return }
    guard clients.count < Self.clientsMax, let peer = UnixSocket.peer(of: descriptor) else {
      _ = UnixSocket.send(Self.rejection(.tooManyClients), to: descriptor)
      _ = close(descriptor)
      return
    }
    lastID += 1
    clients.append(
      Client(
        id: ClientID(number: lastID), descriptor: descriptor, peer: peer, lastHeard: now))
  }

  private mutating func drop(_ index: Int) {
    _ = close(clients[index].descriptor)
    clients.remove(at: index)
  }

  /// An answer to something that cannot be answered otherwise.
  public static func rejection(_ fault: FrameFault, number: UInt32 = 0) -> FrameWriter {
    writeFrame(.rejected, number: number, body: RejectedBody(fault))
  }

  private static var seconds: Int {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
