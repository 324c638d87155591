import ChildProcess
import Fixtures
import Foundation
import Glibc
import ProgrammerLink
import Testing

extension RunningPump {
  func enroll(_ key: SigningKey, role: String, name: String) throws {
    let outcome = try Programs.run(
      "pumpd", "enroll", "--state", state, "--role", role, "--name", name,
      LinkStory.text(key.verifying.bytes))
    if outcome.code != 0 { throw KillTestFailure(what: outcome.errors) }
  }

  /// The lines of the keys that the pump knows.
  func keys() throws -> String {
    try control("key", "list").output.split(separator: "\n").dropFirst().joined(separator: "\n")
  }

  /// What somebody is shown who trusts no pump.
  func programmerWithoutTrust(_ arguments: String...) throws -> String {
    try Programs.run(
      "pumpctl", arguments + ["--state", state],
      environment: ["PUMPCTL_PUMPS=\(folder.path("no-pumps"))"]
    ).output
  }

  func newestNumber() throws -> Int {
    let words = try keys().split(separator: " ")
    return try #require(words.last.flatMap { Int($0) })
  }

  /// The thread with a name.
  func thread(_ name: String) throws -> pid_t {
    let tasks = "/proc/\(process.id)/task"
    let found = try FileManager.default.contentsOfDirectory(atPath: tasks).first { task in
      (try? String(contentsOfFile: "\(tasks)/\(task)/comm", encoding: .utf8)) == name + "\n"
    }
    return try #require(found.flatMap { pid_t($0) })
  }

  /// Somebody with a key of his own.
  func programmer(role: String) throws -> Enrolment {
    let someone = folder.path(role)
    try FileManager.default.createDirectory(atPath: someone, withIntermediateDirectories: true)
    let programmer = Enrolment(
      folder: someone, pumpd: Programs.path("pumpd"), pumpctl: Programs.path("pumpctl"))
    try FileManager.default.removeItem(atPath: someone + "/key")
    let made = try Programs.run("pumpctl", ["key", "new"], environment: programmer.environment)
    let key = try #require(made.output.split(whereSeparator: \.isWhitespace).last)
    let outcome = try Programs.run(
      "pumpd", "enroll", "--state", state, "--role", role, "--name", role, String(key))
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try control(["key", "trust"], as: programmer).code == 0)
    return programmer
  }

  func control(
    _ arguments: [String], as who: Enrolment, input: String? = nil
  ) throws -> Outcome {
    try Programs.run(
      "pumpctl", arguments + ["--state", state], input: input ?? who.yes,
      environment: who.environment)
  }

  /// The same from another machine: what stands for ssh runs its last word in a shell of this one.
  func remote(_ arguments: String...) throws -> Outcome {
    let bin = folder.path("bin")
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    // One that was just written cannot be run while a child of another test still has it open.
    try? FileManager.default.createSymbolicLink(
      atPath: bin + "/ssh", withDestinationPath: Fixture.url("ssh").path)
    let path = "PATH=\(bin):\(Programs.folder.path):/usr/bin:/bin"
    return try Programs.run(
      "pumpctl", arguments + ["--ssh", "bench", "--state", state], input: clinician.yes,
      environment: clinician.environment + [path])
  }
}
