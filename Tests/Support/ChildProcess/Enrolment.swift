internal import Glibc

/// A clinician with a key, who is known to a pump and knows it.
public struct Enrolment {
  /// What pumpctl has to find in its environment.
  public let environment: [String]
  /// A file for the standard input of whoever is asked.
  public let yes: String

  private let folder: String
  private let pumpd: String
  private let pumpctl: String

  // The first key of RFC 8032, section 7.1.
  private static let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
  public static let publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

  /// - Parameter folder: where the key, and the keys of pumps, are kept.
  public init(folder: String, pumpd: String, pumpctl: String) {
    self.folder = folder
    self.pumpd = pumpd
    self.pumpctl = pumpctl
    environment = ["PUMPCTL_KEY=\(folder)/key", "PUMPCTL_PUMPS=\(folder)/pumps"]
    yes = folder + "/yes"
    Self.write("pumpctl-key 1\nsecret \(Self.secret)\n", to: folder + "/key")
    Self.write("yes\n", to: yes)
  }

  /// Enrolls the key, if it is not yet, and trusts the pump.
  ///
  /// - Returns: false where no pump answered.
  public func enroll(state: String) throws -> Bool {
    let (output, errors) = (folder + "/enroll-output", folder + "/enroll-errors")
    let code = try Child(
      pumpd, ["enroll", "--state", state, "--role", "clinician", "--name", "test", Self.publicKey],
      output: output, errors: errors
    ).wait()
    switch code {
    case 0: return trust(Self.read(output))
    // The pump has known it since a life before this one.
    case 65:
      return try Child(
        pumpctl, ["key", "trust", "--state", state], input: yes, output: output, errors: errors,
        environment: environment
      ).wait() == 0
    case 69: return false
    default: throw EnrolmentFailure(code: code, errors: Self.read(errors))
    }
  }

  /// What enroll printed: `pump SERIAL KEY` is its last line.
  private func trust(_ output: String) -> Bool {
    let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
    guard words.count == 3 else { return false }
    Self.write("\(words[2]) \(words[1])\n", to: folder + "/pumps")
    return true
  }

  private static func write(_ text: String, to path: String) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(file, bytes, bytes.count)
    _ = close(file)
  }

  private static func read(_ path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe Glibc.read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}

public struct EnrolmentFailure: Error {
  public let code: Int32
  public let errors: String
}
