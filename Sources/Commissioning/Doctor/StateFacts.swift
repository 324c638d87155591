internal import Glibc

/// A state directory, as it is seen without making or changing anything.
enum StateFacts: Equatable {
  /// Whether it is not there, and whether this user could make it.
  case missing(parentIsThere: Bool, canBeMade: Bool)
  case notADirectory
  /// This user may not look.
  case hidden
  case there(isWritable: Bool, lock: Lock)

  /// A running pumpd holds it.
  enum Lock: Equatable {
    case free
    case held
    /// This user may not look.
    case hidden
  }

  init(_ path: String) {
    var about = stat()
    if unsafe stat(path, &about) != 0 && errno == EACCES {
      self = .hidden
    } else if unsafe stat(path, &about) != 0 {
      let parent = Self.parent(of: path)
      self = .missing(
        parentIsThere: unsafe stat(parent, &about) == 0 && about.st_mode & S_IFMT == S_IFDIR,
        canBeMade: unsafe access(parent, W_OK | X_OK) == 0)
    } else if about.st_mode & S_IFMT != S_IFDIR {
      self = .notADirectory
    } else {
      self = .there(
        isWritable: unsafe access(path, W_OK | X_OK) == 0, lock: Self.lock(path))
    }
  }

  private static func parent(of path: String) -> String {
    let parts = path.split(separator: "/").dropLast()
    return (path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
  }

  /// A shared lock, given back at once: two programs that look do not disturb each other.
  private static func lock(_ directory: String) -> Lock {
    let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { return errno == ENOENT ? .free : .hidden }
    defer { _ = close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return .free }
    return errno == EWOULDBLOCK ? .held : .hidden
  }

  /// Whether its pump runs; nil where this user may not look.
  var pumpRuns: Bool? {
    switch self {
    case .missing, .notADirectory, .there(_, .free): false
    case .there(_, .held): true
    case .hidden, .there(_, .hidden): nil
    }
  }
}
