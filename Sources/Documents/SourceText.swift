internal import Glibc

/// The text of a file, read with bounds.
struct SourceText {
  let path: String
  let text: String

  /// Rigs, prescriptions and scenarios are a few kilobytes; what is much larger is something else.
  static let bytesMax = 1 << 20
  /// Bounds on nesting, so that no file can exhaust the parser's stack.
  static let lineBytesMax = 4096
  static let depthMax = 32

  init(_ path: String) throws(DocumentErrors) {
    self.path = path
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if file < 0 { throw Self.unreadable(path) }
    defer { _ = close(file) }
    var about = stat()
    if unsafe fstat(file, &about) != 0 { throw Self.unreadable(path) }
    let kind = about.st_mode & S_IFMT
    if kind == S_IFDIR { throw Self.error(.badInput, path, "is a directory; name a file") }
    if kind != S_IFREG { throw Self.error(.badInput, path, "is not a file; name a file") }
    if about.st_size > Self.bytesMax {
      throw Self.error(
        .badData, path,
        "has \(about.st_size) bytes; accepted are up to \(Self.bytesMax); is it the right file?")
    }
    text = try Self.read(file, path)
    try checkShape()
  }

  private static func read(_ file: Int32, _ path: String) throws(DocumentErrors) -> String {
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    var length = 0
    while length < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe Glibc.read(file, $0.baseAddress?.advanced(by: length), $0.count - length)
      }
      if count < 0 { throw unreadable(path) }
      if count == 0 { break }
      length += count
    }
    if length == 0 { throw error(.badData, path, "is empty; see scripts/examples") }
    if length > bytesMax { throw error(.badData, path, "is longer than \(bytesMax) bytes") }
    guard let text = String(validating: bytes[0..<length], as: UTF8.self), !text.contains("\0")
    else { throw error(.badData, path, "is not UTF-8 text; save it as UTF-8") }
    return text
  }

  private func checkShape() throws(DocumentErrors) {
    var (line, lineBytes, depth) = (1, 0, 0)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\n"): (line, lineBytes) = (line + 1, 0)
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      lineBytes += 1
      if lineBytes > Self.lineBytesMax {
        throw Self.error(.badData, "\(path):\(line)", "has more than \(Self.lineBytesMax) bytes")
      }
      if depth > Self.depthMax {
        throw Self.error(
          .badData, "\(path):\(line)", "brackets are nested deeper than \(Self.depthMax)")
      }
    }
  }

  private static func error(
    _ code: ExitCode, _ place: String, _ what: String
  ) -> DocumentErrors {
    DocumentErrors(code, ["\(place): \(what)"])
  }

  private static func unreadable(_ path: String) -> DocumentErrors {
    let denied = errno == EACCES || errno == EPERM
    let reason = unsafe String(cString: strerror(errno))
    return error(denied ? .noPermission : .badInput, path, "cannot be read: \(reason)")
  }
}
