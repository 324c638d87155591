internal import Glibc

/// What came of an attempt to connect to a pump.
public enum SocketAnswer: Equatable, Sendable {
  case connected
  case nobodyListens
  case noPermission
  case pathTooLong
  case failed(String)
}

/// The file of a socket.
enum SocketFacts: Equatable {
  case missing
  /// Something that is no socket.
  case other
  /// This user may not look.
  case hidden
  case socket(mode: UInt32, owner: String, group: String)

  init(_ path: String) {
    var about = stat()
    guard unsafe lstat(path, &about) == 0 else {
      self = errno == ENOENT || errno == ENOTDIR ? .missing : .hidden
      return
    }
    guard about.st_mode & S_IFMT == S_IFSOCK else {
      self = .other
      return
    }
    self = .socket(
      mode: about.st_mode & 0o777, owner: userName(about.st_uid) ?? "\(about.st_uid)",
      group: groupName(about.st_gid) ?? "\(about.st_gid)")
  }
}
