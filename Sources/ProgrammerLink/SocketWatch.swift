internal import Glibc

/// Looks after the path of a server's socket. From any thread but one at a time, as long as the server lives.
public struct SocketWatch: Sendable {
  let socket: SocketPath
  let descriptor: Int32

  public var path: String { socket.path }

  /// Makes the socket again where its path is gone: the server goes on at the new one. A path that somebody
  /// else has taken is left to him.
  ///
  /// - Returns: whether it was made again.
  public func look() throws(LinkError) -> Bool {
    guard socket.isGone else { return false }
    let fresh = try UnixSocket()
    try socket.listen(fresh, backlog: LinkServer.backlog)
    // In one step: the server never waits at a descriptor that is closed.
    guard dup2(fresh.descriptor, descriptor) >= 0 else {
      throw .system(call: "dup2", errno: errno)
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return true
  }
}
