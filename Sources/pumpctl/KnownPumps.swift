internal import Documents
internal import DosingCore
internal import Foundation
internal import Glibc
internal import ProgrammerLink

/// The pumps that this programmer trusts: a file with a line `KEY SERIAL` for each.
struct KnownPumps {
  let path: String

  /// The key of a pump; nil where it is not known. The last line of a serial counts.
  func key(of serial: Label) throws(Failure) -> VerifyingKey? {
    var found: VerifyingKey?
    for (number, line) in try lines().enumerated() {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2, let key = VerifyingKey(hexadecimal: String(words[0])) else {
        throw Failure(
          .badData, "\(path):\(number + 1): not 'KEY SERIAL'; mend the line, or remove it")
      }
      if words[1] == serial.text { found = key }
    }
    return found
  }

  /// Trusts the key from now on, and no other one of that serial.
  func add(_ key: VerifyingKey, of serial: Label) throws(Failure) {
    let folder = (path as NSString).deletingLastPathComponent
    try makeFolder(folder)
    // Whoever adds another one at the same time waits: each reads what the one before has written.
    let lock = unsafe open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
      throw Failure(
        .unavailable,
        "cannot lock the folder of \(path): \(unsafe String(cString: strerror(errno)))")
    }
    defer { _ = close(lock) }
    let others = try lines().filter { Self.serial(of: $0) != serial.text }
    let text = (others + ["\(key.hexadecimalText) \(serial.text)"]).joined(separator: "\n") + "\n"
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Failure(.unavailable, "cannot write \(path): \(error.localizedDescription)")
    }
  }

  /// What stands behind the key; a serial may hold spaces.
  private static func serial(of line: String) -> String? {
    let words = line.split(separator: " ", maxSplits: 1)
    return words.count == 2 ? String(words[1]) : nil
  }

  private func makeFolder(_ folder: String) throws(Failure) {
    do {
      if !folder.isEmpty {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
      }
    } catch {
      throw Failure(.unavailable, "cannot make \(folder): \(error.localizedDescription)")
    }
  }

  private func lines() throws(Failure) -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.noPermission, "cannot read \(path)")
    }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

extension VerifyingKey {
  /// Nil where these are not the 64 digits of a key.
  init?(hexadecimal text: String) {
    guard let bytes = Documents.bytes(hexadecimal: text).flatMap({ InlineArray<32, UInt8>($0) })
    else { return nil }
    self.init(bytes: bytes)
  }
}
