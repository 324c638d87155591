internal import Documents
internal import Glibc

/// Lines for standard output, written in large parts.
struct StandardOutput {
  private var buffer: [UInt8] = []
  private static let bufferMax = 1 << 16

  mutating func line(_ text: String) throws(Failure) {
    buffer += Array(text.utf8)
    buffer.append(UInt8(ascii: "\n"))
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
