internal import Glibc

/// Small files, by the plain calls.
enum TextFile {
  /// Empty where it cannot be read.
  static func read(_ path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe Glibc.read(file, &part, part.count)
      if count <= 0 { return String(decoding: text, as: UTF8.self) }
      text += part.prefix(count)
    }
  }

  static func write(_ text: String, to path: String) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(file, bytes, bytes.count)
    _ = close(file)
  }

  /// A new folder that others may enter.
  static func newFolder() -> String {
    let path = "/tmp/hil-\(UInt32.random(in: 0...UInt32.max))"
    _ = unsafe mkdir(path, 0o777)
    return path
  }

  static func entries(of folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe Array($0) }
      names.append(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }
}
