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
  /// Anchors, aliases and keys after `?` are refused where they are met, but the parser compares keys
  /// before that, and with aliases of aliases it would take days. A comment may look like a few.
  static let signsMax = 8

  init(_ path: String) throws(DocumentErrors) {
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
    try self.init(path: path, bytes: try Self.read(file, path))
  }

  /// - Parameter path: where the bytes come from, for errors.
  init(path: String, bytes: ArraySlice<UInt8>) throws(DocumentErrors) {
    if bytes.isEmpty { throw Self.error(.badData, path, "is empty; see scripts/examples") }
    if bytes.count > Self.bytesMax {
      throw Self.error(.badData, path, "is longer than \(Self.bytesMax) bytes")
    }
    guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\0") else {
      throw Self.error(.badData, path, "is not UTF-8 text; save it as UTF-8")
    }
    self.path = path
    self.text = text
    try checkShape()
  }

  private static func read(
    _ file: Int32, _ path: String
  ) throws(DocumentErrors) -> ArraySlice<UInt8> {
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
    return bytes[0..<length]
  }

  private func checkShape() throws(DocumentErrors) {
    var (line, lineBytes, depth, signs) = (1, 0, 0, 0)
    var (before, last) = (UInt8(ascii: "\n"), UInt8(ascii: "\n"))
    for byte in text.utf8 {
      if Self.isSign(last, between: before, and: byte) { signs += 1 }
      (before, last) = (last, byte)
      switch byte {
      case UInt8(ascii: "\n"): (line, lineBytes) = (line + 1, 0)
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      // Those of a comment may have opened nothing.
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
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
      if signs > Self.signsMax {
        throw Self.error(
          .badData, "\(path):\(line)",
          "has more than \(Self.signsMax) of '&name', '*name' and '?'; write the values out")
      }
    }
  }

  /// Whether a byte may begin an anchor, an alias or a key. Within a word it does not.
  private static func isSign(_ byte: UInt8, between before: UInt8, and next: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "&"), UInt8(ascii: "*"):
      !isOfWord(before)
        && (isOfWord(next) || next == UInt8(ascii: "_") || next == UInt8(ascii: "-"))
    case UInt8(ascii: "?"): !isOfWord(before) && before != byte
    default: false
    }
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
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
