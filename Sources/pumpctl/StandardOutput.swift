internal import Documents
internal import Glibc

/// Lines for standard output, written in large parts.
struct StandardOutput {
  private var buffer: [UInt8] = []
  private static let bufferMax = 1 << 16

  /// Lines at once.
  static func print(_ lines: [String]) throws(Failure) {
    var output = StandardOutput()
    for line in lines { try output.line(line) }
    try output.flush()
  }

  mutating func line(_ text: String) throws(Failure) { try self.text(text + "\n") }

  mutating func text(_ text: String) throws(Failure) {
    buffer += Array(text.utf8)
    if buffer.count >= Self.bufferMax { try flush() }
  }

  mutating func flush() throws(Failure) {
    var rest = buffer[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        let reason = unsafe String(cString: strerror(errno))
        throw Failure(.unavailable, "cannot write to standard output: \(reason)")
      }
      rest = rest.dropFirst(written)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
