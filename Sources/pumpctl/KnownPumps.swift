internal import Documents
internal import DosingCore
internal import Foundation
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
    let others = try lines().filter { !$0.hasSuffix(" " + serial.text) }
    let text = (others + ["\(key.hexadecimalText) \(serial.text)"]).joined(separator: "\n") + "\n"
    let folder = (path as NSString).deletingLastPathComponent
    do {
      if !folder.isEmpty {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true,
          attributes: [.posixPermissions: 0o700])
      }
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Failure(.unavailable, "cannot write \(path): \(error.localizedDescription)")
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
