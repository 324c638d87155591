public import DosingCore
internal import Glibc

/// A connection to a pump that sends whatever bytes it is given.
public final class RawClient: Sendable {
  private let descriptor: Int32

  /// How long an answer may take before a test gives up. Nothing is measured by it.
  private static let patienceSeconds = 60

  /// - Throws: where nobody listens at `path`.
  public init(path: String) throws {
    // Not for the children that other tests start: they would keep it open after its end.
    let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, kind, 0)
    var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      _ = unsafe setsockopt(
        descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let connected = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if connected != 0 { throw NoConnection(errno: errno) }
  }

  deinit { _ = close(descriptor) }

  public struct NoConnection: Error {
    public let errno: Int32
  }

  /// False where the pump has closed the connection.
  public func send(_ bytes: [UInt8]) -> Bool {
    let sent = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    return sent == bytes.count
  }

  /// The next answer; nil where the connection is closed or patience has ended.
  public func receive() -> [UInt8]? { receive(flags: 0) }

  /// The next answer, if it is there already.
  public func receiveAtOnce() -> [UInt8]? { receive(flags: Int32(MSG_DONTWAIT)) }

  /// Whether an answer is there already.
  public func hasAnswer() -> Bool {
    receive(flags: Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) != nil
  }

  /// The answer to these bytes.
  public func ask(_ bytes: [UInt8]) -> [UInt8]? { send(bytes) ? receive() : nil }

  private func receive(flags: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: FrameHeader.frameMax)
    let length = unsafe bytes.withUnsafeMutableBytes {
      unsafe recv(descriptor, $0.baseAddress, $0.count, flags)
    }
    return length > 0 ? Array(bytes.prefix(length)) : nil
  }

  /// The descriptor, for `poll`.
  public var file: Int32 { descriptor }

  /// Both ends of a thousand connections may be files of one process.
  public static func raiseFileLimit() {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    _ = unsafe getrlimit(files, &limit)
    limit.rlim_cur = min(limit.rlim_max, 8192)
    _ = unsafe setrlimit(files, &limit)
  }
}

extension FrameWriter {
  /// What was written.
  public var array: [UInt8] { (0..<count).map { bytes[$0] } }
}
