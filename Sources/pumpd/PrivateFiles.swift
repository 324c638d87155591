internal import Glibc

/// Makes a state directory and what is in it the pump's own: whoever can open one of its files can also hold
/// a lock on it.
enum PrivateFiles {
  /// New files are nobody else's, whoever makes them in this process.
  static func restrictNew() { _ = umask(0o077) }

  /// Takes from everybody else what they may do with the directory and its files. Before any of them is open:
  /// SQLite's locks would go with a file that is opened once more and closed.
  ///
  /// - Returns: what is worth a warning.
  static func tighten(_ directory: String) -> [String] {
    var found = stat()
    guard unsafe stat(directory, &found) == 0 else { return [] }
    guard found.st_uid == geteuid() else {
      return [
        "\(directory) belongs to user \(found.st_uid), who can take it away; give it to user "
          + "\(geteuid()), who runs the pump"
      ]
    }
    var names = files(of: directory).filter { isOpen("\(directory)/\($0)", kind: S_IFREG) }
    names = names.filter { chmod("\(directory)/\($0)", to: 0o600) }.sorted()
    let wasOpen = isOpen(directory, kind: S_IFDIR) && chmod(directory, to: 0o700)
    let what = (wasOpen ? ["the directory"] : []) + names
    if what.isEmpty { return [] }
    return [
      "\(directory) was open to other users (\(what.joined(separator: ", "))) and is the pump's alone now; "
        + "give --socket another place where groups may reach it"
    ]
  }

  private static func files(of directory: String) -> [String] {
    guard let folder = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let item = unsafe readdir(folder) {
      unsafe withUnsafePointer(to: &item.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe names.append(String(cString: $0))
        }
      }
    }
    return names
  }

  /// Whether it is of that kind, itself and not by a link, and others than its owner may do anything with it.
  private static func isOpen(_ path: String, kind: mode_t) -> Bool {
    var found = stat()
    guard unsafe lstat(path, &found) == 0, found.st_mode & S_IFMT == kind else { return false }
    return found.st_mode & 0o077 != 0
  }

  private static func chmod(_ path: String, to mode: mode_t) -> Bool {
    unsafe Glibc.chmod(path, mode) == 0
  }
}
