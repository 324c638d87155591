internal import Glibc

/// As in `user anna (1000)`.
public func userWords(_ user: UInt32) -> String {
  let name = accountField(0, in: "/etc/passwd") { $0.count > 2 && $0[2] == "\(user)" }
  return name.map { "user \($0) (\(user))" } ?? "user \(user)"
}

/// Who is in it may stop a pump without a key, where pumpd is given no other group.
public let stopGroupName = "pump-stop"

/// The number of a group of this machine; nil where there is none of that name.
public func groupNumber(_ name: String) -> UInt32? {
  accountField(2, in: "/etc/group") { $0[0] == name }.flatMap { UInt32($0) }
}

/// A field of the first line that is wanted. Read from the file, since a directory service may let its
/// caller wait, and brings libraries with it.
private func accountField(
  _ place: Int, in path: String, isWanted: ([Substring]) -> Bool
) -> String? {
  guard let file = unsafe fopen(path, "re") else { return nil }
  defer { unsafe fclose(file) }
  var line = [CChar](repeating: 0, count: 1024)
  while unsafe fgets(&line, Int32(line.count), file) != nil {
    let bytes = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
    let fields = String(decoding: bytes, as: UTF8.self)
      .split(separator: ":", omittingEmptySubsequences: false)
    if fields.count > place, isWanted(fields) { return String(fields[place]) }
  }
  return nil
}
