import Foundation
import Glibc
import Testing

/// A copy of a program, as nobody runs it: where the built ones are he may not reach.
struct AnotherUser {
  private static let setpriv = "/usr/bin/setpriv"
  static let canBecome =
    getuid() == 0 && FileManager.default.isExecutableFile(atPath: setpriv)
  private static let identity = ["--reuid", "65534", "--regid", "65534"]

  private let copy: String

  init(_ program: String, in folder: TemporaryFolder) throws {
    copy = folder.path(program)
    try FileManager.default.copyItem(atPath: Programs.path(program), toPath: copy)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy)
    // One that a child of another test held open while it was written cannot run yet.
    try waitUntil("the copy can run") { try run(["--help"]).code == 0 }
  }

  /// - Parameter group: the number of the one group in which he is besides his own.
  func run(_ arguments: [String], group: Int? = nil) throws -> Outcome {
    let groups = group.map { ["--groups", "\($0)"] } ?? ["--clear-groups"]
    return try Programs.run(Self.setpriv, Self.identity + groups + [copy] + arguments)
  }
}
