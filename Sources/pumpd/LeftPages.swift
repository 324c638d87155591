internal import Documents
internal import Engine
internal import Glibc

/// Run pages of dead pumps, of which nobody will ever ask: their boot is over, or their directory is gone.
struct LeftPages {
  let folder: String
  /// What the name of a page of this user begins with.
  let prefix: String
  let bootID: [UInt8]

  /// Removes them. Returns how many there were.
  func remove() -> Int {
    names.count { name in
      let path = "\(folder)/\(name)"
      guard isLeft(path) else { return false }
      return unsafe unlink(path) == 0
    }
  }

  private var names: [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name.hasPrefix(prefix) { names.append(name) }
    }
    return names
  }

  /// A page that a process holds is not left over, whatever stands in it.
  private func isLeft(_ path: String) -> Bool {
    let file = unsafe open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { return false }
    defer { _ = close(file) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: RunPage.byteCount)
    let count = unsafe read(file, &bytes, RunPage.byteCount)
    guard count == RunPage.byteCount else { return false }
    if RunPage.bootID(ofPage: bytes) != bootID { return true }
    // Without a note it is of an earlier version, which locks nothing.
    guard let note = RunPageNote(page: bytes) else { return false }
    return unsafe access(note.directory, F_OK) != 0 && errno == ENOENT
  }
}
