internal import Glibc

/// Small files of /proc and /sys, whose length the kernel does not tell before they are read.
enum SystemFile {
  /// More than any file that is read here.
  private static let bytesMax = 64 << 10

  /// The text without the line's end; nil where the file is not there or may not be read.
  static func text(_ path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: bytesMax)
    var length = 0
    while length < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(file, $0.baseAddress?.advanced(by: length), $0.count - length)
      }
      if count < 0 { return nil }
      if count == 0 { break }
      length += count
    }
    while length > 0 && bytes[length - 1] == UInt8(ascii: "\n") { length -= 1 }
    return String(decoding: bytes[..<length], as: UTF8.self)
  }

  /// The names in a directory, ordered as a person would; none where it is not there.
  static func names(in path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { _ = unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    // cpu2 before cpu10.
    return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }
}
