internal import Documents
internal import Glibc

/// The directory that belongs to one pump. Itself locked as long as this value lives, so that two engines
/// never drive one rig: by whichever path it is named, and also where nothing can be written.
struct StateDirectory: ~Copyable {
  let path: String
  private let lock: Int32

  /// Makes the directory where it is missing, and takes its lock.
  init(_ path: String) throws(Failure) {
    if unsafe mkdir(path, 0o700) != 0 && errno != EEXIST {
      throw Self.failure("cannot make state directory", path)
    }
    let lock = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if lock < 0 { throw Self.failure("cannot open state directory", path) }
    if flock(lock, LOCK_EX | LOCK_NB) != 0 {
      _ = close(lock)
      throw Failure(
        .unavailable,
        "another pumpd holds \(path); stop it first, or give this one its own --state")
    }
    self.path = path
    self.lock = lock
  }

  deinit { _ = close(lock) }

  private static func failure(_ what: String, _ path: String) -> Failure {
    let reason = unsafe String(cString: strerror(errno))
    let remedy = "give --state a directory that this user may write"
    let denied = errno == EACCES || errno == EPERM || errno == EROFS
    return Failure(denied ? .noPermission : .badInput, "\(what) \(path): \(reason); \(remedy)")
  }
}
