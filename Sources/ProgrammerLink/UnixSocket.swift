internal import DosingCore
internal import Glibc

/// Who is on the other end, as the kernel says.
public struct Peer: Sendable {
  public let process: Int32
  public let user: UInt32
  /// The group of the process, and those besides.
  public let groups: [UInt32]

  public init(process: Int32, user: UInt32, groups: [UInt32]) {
    self.process = process
    self.user = user
    self.groups = groups
  }

  public func belongs(to group: UInt32) -> Bool { groups.contains(group) }
}

/// A sequenced-packet Unix socket: message borders are kept, so a frame is one message.
struct UnixSocket: ~Copyable {
  let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// A new socket that is closed on exec.
  init() throws(LinkError) {
    let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, kind, 0)
    if descriptor < 0 { throw .system(call: "socket", errno: errno) }
  }

  deinit { _ = close(descriptor) }

  /// Gives the descriptor away; it stays open.
  consuming func release() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }

  /// Makes the socket at `path`. False where something is there.
  func bind(to path: String) throws(LinkError) -> Bool {
    var address = try Self.address(path)
    let bound = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if bound != 0 && errno != EADDRINUSE { throw Self.failure("bind", path) }
    return bound == 0
  }

  /// Listens where it was bound. Whoever can reach the path can connect; what he may is decided by who he is.
  func listen(at path: String, backlog: Int32) throws(LinkError) {
    if unsafe chmod(path, 0o666) != 0 { throw Self.failure("chmod", path) }
    // A client that has gone again by the time it is accepted must not hold up the others.
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    if Glibc.listen(descriptor, backlog) != 0 { throw Self.failure("listen", path) }
  }

  /// Whether anybody listens there; one who cannot be reached counts as somebody.
  static func answers(at path: String) -> Bool {
    do throws(LinkError) {
      let probe = try UnixSocket()
      // One with a full queue lets others wait.
      _ = fcntl(probe.descriptor, F_SETFL, O_NONBLOCK)
      try probe.connect(to: path)
      return true
    } catch .nobodyListens {
      return false
    } catch {
      return true
    }
  }

  func connect(to path: String) throws(LinkError) {
    var address = try Self.address(path)
    let connected = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if connected != 0 { throw Self.failure("connect", path) }
  }

  private static func address(_ path: String) throws(LinkError) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard !bytes.isEmpty, bytes.count < capacity else { throw .pathTooLong(path) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return address
  }

  private static func failure(_ call: String, _ path: String) -> LinkError {
    switch errno {
    case ENOENT, ECONNREFUSED: .nobodyListens(path)
    case EACCES, EPERM: .noPermission(path)
    default: .system(call: call, errno: errno)
    }
  }

  /// The next waiting client; nil where there is none.
  func accept() -> Int32? {
    let client = Glibc.accept(descriptor, nil, nil)
    guard client >= 0 else { return nil }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    return client
  }

  /// SO_PEERCRED and SO_PEERGROUPS of a connected socket.
  static func peer(of descriptor: Int32) -> Peer? {
    var credentials = (process: Int32(0), user: UInt32(0), group: UInt32(0))
    var length = socklen_t(MemoryLayout.size(ofValue: credentials))
    let failed = unsafe getsockopt(
      descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
    guard failed == 0 else { return nil }
    return Peer(
      process: credentials.process, user: credentials.user,
      groups: [credentials.group] + groups(of: descriptor))
  }

  /// None where they cannot be told: then nothing is permitted by them.
  private static func groups(of descriptor: Int32) -> [UInt32] {
    let size = MemoryLayout<UInt32>.size
    var groups = [UInt32](repeating: 0, count: 32)
    while true {
      var length = socklen_t(groups.count * size)
      let failed = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, &groups, &length)
      if failed == 0 { return Array(groups.prefix(Int(length) / size)) }
      // Where there are more, the kernel says how many.
      guard errno == ERANGE, Int(length) > groups.count * size else { return [] }
      groups = [UInt32](repeating: 0, count: Int(length) / size)
    }
  }

  /// Whether the whole frame went out. Never waits.
  static func send(_ frame: FrameWriter, to descriptor: Int32) -> Bool {
    send(frame.bytes.span.extracting(first: frame.count), to: descriptor)
  }

  static func send(_ message: Span<UInt8>, to descriptor: Int32) -> Bool {
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    let sent = unsafe message.withUnsafeBytes {
      unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags)
    }
    return sent == message.count
  }
}

/// What a receive call brought.
enum Received {
  /// A message of that length; longer than the buffer where it was cut.
  case message(length: Int)
  case nothingYet
  case closed
}

/// A buffer for one message.
struct MessageBuffer {
  var bytes = [UInt8](repeating: 0, count: FrameHeader.frameMax)

  /// - Parameter wait: whether to wait for a message.
  mutating func receive(from descriptor: Int32, wait: Bool) -> Received {
    let flags = Int32(MSG_TRUNC) | (wait ? 0 : Int32(MSG_DONTWAIT))
    while true {
      let length = unsafe bytes.withUnsafeMutableBytes {
        unsafe recv(descriptor, $0.baseAddress, $0.count, flags)
      }
      if length > 0 { return .message(length: length) }
      if length == 0 { return .closed }
      // An end that closed with something unread in it: what it sent before still comes, once the
      // error has been taken.
      if errno == EINTR || errno == ECONNRESET { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .nothingYet : .closed
    }
  }
}
