internal import Glibc

/// A journal and its log, copied into memory: for a disk that takes nothing, on which SQLite cannot make the
/// index that it reads a log by.
///
/// The copy has no name any more once it is open, and goes with whoever opened it.
final class JournalInMemory {
  let path: String
  private let folder: String

  /// Nil where it cannot be copied.
  init?(of journal: String) {
    var name = Array("/dev/shm/pump-journal-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&name) != nil else { return nil }
    folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    path = "\(folder)/journal.sqlite"
    for suffix in ["", "-wal"] where !Self.copy(journal + suffix, to: path + suffix) { return nil }
  }

  deinit {
    for suffix in ["", "-wal", "-shm"] { _ = unsafe unlink(path + suffix) }
    _ = unsafe rmdir(folder)
  }

  private static func copy(_ source: String, to target: String) -> Bool {
    let from = unsafe open(source, O_RDONLY | O_CLOEXEC)
    guard from >= 0 else { return false }
    defer { _ = close(from) }
    let to = unsafe open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard to >= 0 else { return false }
    defer { _ = close(to) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let capacity = bytes.count
    while true {
      let count = unsafe read(from, &bytes, capacity)
      if count <= 0 { return count == 0 }
      guard unsafe write(to, bytes, count) == count else { return false }
    }
  }
}
