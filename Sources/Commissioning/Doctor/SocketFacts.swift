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
      mode: about.st_mode & 0o777, owner: Self.user(about.st_uid), group: Self.group(about.st_gid))
  }

  private static func user(_ id: uid_t) -> String {
    guard let entry = unsafe getpwuid(id) else { return "\(id)" }
    return unsafe String(cString: entry.pointee.pw_name)
  }

  private static func group(_ id: gid_t) -> String {
    guard let entry = unsafe getgrgid(id) else { return "\(id)" }
    return unsafe String(cString: entry.pointee.gr_name)
  }
}
