internal import Documents
internal import Glibc

/// A file that appears whole or not at all: it is written beside its place and moved there at the end. Or
/// standard output, which `-` stands for.
struct OutputFile: ~Copyable {
  private let path: String
  private let partial: String
  private let descriptor: Int32
  private let isStandardOutput: Bool
  private var buffer: [UInt8] = []
  private static let bufferMax = 1 << 16

  init(_ path: String) throws(Failure) {
    isStandardOutput = path == "-"
    buffer.reserveCapacity(Self.bufferMax + 128)
    guard !isStandardOutput else {
      (self.path, partial, descriptor) = ("standard output", "standard output", 1)
      return
    }
    self.path = path
    partial = path + ".partial"
    descriptor = unsafe open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw Self.failure(partial) }
  }

  mutating func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

  mutating func write(_ bytes: [UInt8]) throws(Failure) {
    buffer += bytes
    if buffer.count >= Self.bufferMax { try flush() }
  }

  /// Writes a number in decimal digits.
  mutating func write(_ number: Int64) throws(Failure) { try write(Array(String(number).utf8)) }

  /// Puts the file into its place.
  mutating func finish() throws(Failure) {
    try flush()
    if isStandardOutput { return }
    if fsync(descriptor) != 0 && errno != EINVAL { throw Self.failure(partial) }
    if unsafe rename(partial, path) != 0 { throw Self.failure(path) }
  }

  private mutating func flush() throws(Failure) {
    var rest = buffer[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0 { throw Self.failure(partial) }
      rest = rest.dropFirst(written)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  deinit { if !isStandardOutput { _ = close(descriptor) } }

  private static func failure(_ path: String) -> Failure {
    let reason = unsafe String(cString: strerror(errno))
    let code: ExitCode = errno == EACCES || errno == EPERM ? .noPermission : .unavailable
    return Failure(code, "cannot write \(path): \(reason)")
  }
}
