internal import Crypto
internal import Documents
internal import Glibc

/// A folder of files that appears whole or not at all: it is written beside its place and moved there
/// at the end, with the SHA-256 of each file in `SHA256SUMS`.
struct RunFolder: ~Copyable {
  private let path: String
  private let partial: String
  private var names: [String] = []
  private var sums: [String] = []
  private var isFinished = false

  /// - Parameter path: of a folder that does not exist or is empty.
  init(_ path: String) throws(Failure) {
    var path = path
    while path.count > 1, path.last == "/" { path.removeLast() }
    self.path = path
    partial = "\(path).partial-\(getpid())"
    try Self.checkIsFree(path)
    if unsafe mkdir(partial, 0o755) != 0 { throw writeFailure("cannot make", partial) }
  }

  private static func checkIsFree(_ path: String) throws(Failure) {
    guard let folder = unsafe opendir(path) else {
      if errno == ENOENT { return }
      throw writeFailure("cannot use", path)
    }
    defer { unsafe closedir(folder) }
    while let item = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &item.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." {
        throw Failure(.unavailable, "\(path) is not empty; name a folder that does not exist yet")
      }
    }
  }

  mutating func file(_ name: String) throws(Failure) -> RunFile {
    names.append(name)
    return try RunFile("\(partial)/\(name)", name: name)
  }

  /// Ends a file and keeps its sum.
  mutating func keep(_ file: inout RunFile) throws(Failure) {
    sums.append("\(try file.finish())  \(file.name)\n")
  }

  mutating func write(_ name: String, _ text: String) throws(Failure) {
    var file = try file(name)
    try file.write(text)
    try keep(&file)
  }

  /// The path for a file that somebody else writes, who says by `keep` when it is whole.
  mutating func place(_ name: String) -> String {
    names.append(name)
    return "\(partial)/\(name)"
  }

  /// Keeps the sum of such a file.
  mutating func keep(placed name: String) throws(Failure) {
    sums.append("\(try Self.sum(of: "\(partial)/\(name)"))  \(name)\n")
  }

  private static func sum(of path: String) throws(Failure) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw writeFailure("cannot read", path) }
    defer { _ = Glibc.close(descriptor) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let capacity = buffer.count
      let count = unsafe read(descriptor, &buffer, capacity)
      guard count >= 0 else { throw writeFailure("cannot read", path) }
      if count == 0 { break }
      hash.update(data: buffer.prefix(count))
    }
    if fsync(descriptor) != 0 && errno != EINVAL { throw writeFailure("cannot write", path) }
    return hexadecimal(hash.finalize())
  }

  /// Puts the folder into its place.
  mutating func finish() throws(Failure) {
    var list = try file("SHA256SUMS")
    for sum in sums.sorted(by: { $0.dropFirst(64) < $1.dropFirst(64) }) { try list.write(sum) }
    _ = try list.finish()
    try Self.synchronise(partial)
    if unsafe rename(partial, path) != 0 { throw writeFailure("cannot make", path) }
    isFinished = true
    let slash = path.lastIndex(of: "/")
    try Self.synchronise(slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
  }

  /// The names of its files are on the disk.
  private static func synchronise(_ folder: String) throws(Failure) {
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw writeFailure("cannot open", folder) }
    defer { _ = Glibc.close(descriptor) }
    if fsync(descriptor) != 0 && errno != EINVAL { throw writeFailure("cannot write", folder) }
  }

  /// Leaves nothing behind of what was not finished.
  deinit {
    if isFinished { return }
    for name in names { _ = unsafe unlink("\(partial)/\(name)") }
    _ = unsafe rmdir(partial)
  }
}

/// One file of a run folder.
struct RunFile: ~Copyable {
  let name: String
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var hash = SHA256()
  private static let bufferMax = 1 << 16

  fileprivate init(_ path: String, name: String) throws(Failure) {
    self.path = path
    self.name = name
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw writeFailure("cannot write", path) }
  }

  mutating func write(_ text: String) throws(Failure) {
    buffer += Array(text.utf8)
    if buffer.count >= Self.bufferMax { try flush() }
  }

  private mutating func flush() throws(Failure) {
    if Interruption.isAsked {
      throw Failure(.unavailable, "interrupted; nothing is left of the export, start it again")
    }
    hash.update(data: buffer)
    var rest = buffer[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw writeFailure("cannot write", path)
      }
      rest = rest.dropFirst(written)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Returns its SHA-256 in hexadecimal.
  fileprivate mutating func finish() throws(Failure) -> String {
    try flush()
    if fsync(descriptor) != 0 && errno != EINVAL { throw writeFailure("cannot write", path) }
    return hexadecimal(hash.finalize())
  }

  deinit { _ = close(descriptor) }
}

/// What `errno` says about a file or folder that is written, and the remedy.
private func writeFailure(_ what: String, _ path: String) -> Failure {
  let (code, reason) = (errno, unsafe String(cString: strerror(errno)))
  return switch code {
  case EACCES, EPERM, EROFS:
    Failure(.noPermission, "\(what) \(path): \(reason); name a folder where this user may write")
  case ENOENT:
    Failure(.badInput, "\(what) \(path): \(reason); make the folder above it first")
  case ENOSPC, EDQUOT:
    Failure(.unavailable, "\(what) \(path): \(reason); free some space, or use another disk")
  default: Failure(.unavailable, "\(what) \(path): \(reason); name another folder")
  }
}
