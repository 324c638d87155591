internal import Glibc
internal import Synchronization

/// The path at which a server listens. It is taken over only where nobody answers any more, and removed only
/// while it is the server's own.
final class SocketPath: Sendable {
  let path: String
  /// What was made there; nil before.
  private let own = Mutex<Identity?>(nil)

  private struct Identity: Equatable {
    let device: dev_t
    let inode: ino_t
  }

  /// A pump that has its socket and does not listen yet has so long until it does.
  private static let triesMax = 3
  private static let tryEveryMicroseconds: UInt32 = 50_000

  init(_ path: String) { self.path = path }

  func listen(_ socket: borrowing UnixSocket, backlog: Int32) throws(LinkError) {
    while !(try socket.bind(to: path)) { try removeDead() }
    own.withLock { $0 = Self.identity(of: path) }
    try socket.listen(at: path, backlog: backlog)
  }

  /// Removes what is there, unless it is no socket or somebody answers.
  private func removeDead() throws(LinkError) {
    var about = stat()
    guard unsafe lstat(path, &about) == 0 else { return }
    guard about.st_mode & S_IFMT == S_IFSOCK else { throw .isNoSocket(path) }
    let dead = Identity(device: about.st_dev, inode: about.st_ino)
    for number in 1...Self.triesMax {
      if UnixSocket.answers(at: path) { throw .isTaken(path) }
      if number < Self.triesMax { usleep(Self.tryEveryMicroseconds) }
    }
    // Moved before it is removed: by now it may be another one, which is put back.
    let aside = "\(path).dead-\(getpid())"
    guard unsafe rename(path, aside) == 0 else {
      if errno == ENOENT { return }
      throw .system(call: "rename", errno: errno)
    }
    let isDead = Self.identity(of: aside) == dead
    if !isDead { _ = unsafe link(aside, path) }
    _ = unsafe unlink(aside)
    if !isDead { throw .isTaken(path) }
  }

  /// Whether there is nothing at the path.
  var isGone: Bool {
    var about = stat()
    return unsafe lstat(path, &about) != 0 && errno == ENOENT
  }

  /// Removes the server's own socket, and nobody else's.
  func remove() {
    guard let made = own.withLock({ $0 }), Self.identity(of: path) == made else { return }
    _ = unsafe unlink(path)
  }

  private static func identity(of path: String) -> Identity? {
    var about = stat()
    guard unsafe lstat(path, &about) == 0 else { return nil }
    return Identity(device: about.st_dev, inode: about.st_ino)
  }
}
