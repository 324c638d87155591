internal import Glibc

/// The small files through which the kernel is asked and told.
enum Files {
  /// The text of a file, without the line's end.
  static func read(_ path: String) throws(KernelWorldError) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .last("open \(path)") }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe Glibc.read(file, &bytes, bytes.count)
    guard count >= 0 else { throw .last("read \(path)") }
    if count > 0, bytes[count - 1] == UInt8(ascii: "\n") {
      return String(decoding: bytes[..<(count - 1)], as: UTF8.self)
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Writes in one call: the kernel takes every write as a value of its own.
  static func write(_ text: String, to path: String) throws(KernelWorldError) {
    let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw .last("open \(path)") }
    defer { _ = close(file) }
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw .last("write \(text) to \(path)")
    }
  }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  static func makeDirectory(_ path: String) throws(KernelWorldError) {
    guard unsafe mkdir(path, 0o755) == 0 else { throw .last("mkdir \(path)") }
  }

  /// Removes a directory whose files are the kernel's own. One that is not there is no error.
  static func removeDirectory(_ path: String) throws(KernelWorldError) {
    guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw .last("rmdir \(path)") }
  }

  /// The names in a directory, in order; none where there is no such directory.
  static func list(_ path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { _ = unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// Waiting for what the kernel does in its own time.
enum Wait {
  static var nowNanoseconds: Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  static func sleep(milliseconds: Int64) {
    var time = timespec(
      tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
    var left = timespec()
    while unsafe nanosleep(&time, &left) != 0 && errno == EINTR { time = left }
  }

  /// Asks every millisecond until there is an answer. ETIMEDOUT after `seconds`.
  static func upTo<Answer>(
    seconds: Int64, for attempt: String, until answer: () throws(KernelWorldError) -> Answer?
  ) throws(KernelWorldError) -> Answer {
    let deadline = nowNanoseconds + seconds * 1_000_000_000
    while true {
      if let found = try answer() { return found }
      guard nowNanoseconds < deadline else { throw KernelWorldError(attempt, code: ETIMEDOUT) }
      sleep(milliseconds: 1)
    }
  }
}
