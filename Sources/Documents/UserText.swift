internal import Glibc

/// As in `user anna (1000)`. Read from the file, since a directory service may let its caller wait.
public func userWords(_ user: UInt32) -> String {
  let file = unsafe fopen("/etc/passwd", "re")
  guard let file = unsafe file else { return "user \(user)" }
  defer { unsafe fclose(file) }
  var line = [CChar](repeating: 0, count: 1024)
  while unsafe fgets(&line, Int32(line.count), file) != nil {
    let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let fields = String(decoding: bytes, as: UTF8.self)
      .split(separator: ":", omittingEmptySubsequences: false)
    if fields.count > 2, fields[2] == "\(user)" { return "user \(fields[0]) (\(user))" }
  }
  return "user \(user)"
}
