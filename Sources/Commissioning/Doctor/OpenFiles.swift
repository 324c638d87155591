internal import Glibc

/// What of a state directory others than its owner may reach, as in `journal.sqlite 0644`.
struct OpenFiles: Equatable {
  private(set) var names: [String] = []

  /// Nothing of a directory that is missing, or that this user may not look into.
  init(in directory: String) {
    if let mode = Self.mode(of: directory, kind: S_IFDIR), mode & 0o077 != 0 {
      names.append("the directory \(Self.text(mode))")
    }
    guard let folder = unsafe opendir(directory) else { return }
    defer { unsafe closedir(folder) }
    var files: [String] = []
    while let item = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &item.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if let mode = Self.mode(of: "\(directory)/\(name)", kind: S_IFREG), mode & 0o077 != 0 {
        files.append("\(name) \(Self.text(mode))")
      }
    }
    names += files.sorted()
  }

  private static func mode(of path: String, kind: mode_t) -> mode_t? {
    var about = stat()
    guard unsafe lstat(path, &about) == 0, about.st_mode & S_IFMT == kind else { return nil }
    return about.st_mode & 0o777
  }

  private static func text(_ mode: mode_t) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension Diagnosis {
  /// Nil where only the pump's user can reach what is the pump's.
  static func openFiles(_ open: OpenFiles) -> Self? {
    guard !open.names.isEmpty else { return nil }
    return .warning(
      "state files", "others than the pump's user may reach \(open.names.joined(separator: ", "))",
      remedy: "chmod 0700 the directory and 0600 its files, or let the next start of pumpd do so")
  }
}
