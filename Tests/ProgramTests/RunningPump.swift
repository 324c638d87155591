import ChildProcess
import Foundation
import Testing

/// A pumpd that runs for one test.
final class RunningPump {
  let folder: TemporaryFolder
  private(set) var process: Child
  let state: String
  let clinician: Enrolment
  private let logPath: String

  var socket: String { state + "/pumpd.sock" }
  var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

  /// - Parameter arguments: those of `pumpd` besides the rig and the state directory.
  init(
    rig: String = Texts.rig, arguments: [String] = [], environment: [String] = []
  ) throws {
    folder = try TemporaryFolder()
    state = folder.path("state")
    logPath = folder.path("log")
    clinician = Enrolment(
      folder: folder.url.path, pumpd: Programs.path("pumpd"), pumpctl: Programs.path("pumpctl"))
    let rigPath = try folder.write("rig.yaml", rig)
    process = try Child(
      Programs.path("pumpd"), ["--rig", rigPath, "--state", state, "--new"] + arguments,
      output: "/dev/null",
      errors: logPath, environment: environment)
    try waitUntil("pumpd listens") { FileManager.default.fileExists(atPath: socket) }
    #expect(try clinician.enroll(state: state))
  }

  /// After its end: the same pump with what it remembers.
  ///
  /// - Parameter code: what `pumpctl status` ends with once it runs.
  func startAgain(code: Int32 = 0, environment: [String] = []) throws {
    process = try Child(
      Programs.path("pumpd"), ["--rig", folder.path("rig.yaml"), "--state", state],
      output: "/dev/null", errors: logPath + "-again", environment: environment)
    try waitUntil("it answers") { try control("status").code == code }
  }

  /// What the first start said, or the newest one after it.
  func log(of start: Int) -> String {
    start == 0 ? log : (try? String(contentsOfFile: logPath + "-again", encoding: .utf8)) ?? ""
  }

  /// Ends it as a user does and waits.
  func end() -> Int32 {
    process.kill(SIGTERM)
    return process.wait()
  }

  /// What a clinician does, who says yes to everything.
  func control(_ arguments: String...) throws -> Outcome {
    try Programs.run(
      "pumpctl", arguments + ["--state", state], input: clinician.yes,
      environment: clinician.environment)
  }

  @discardableResult
  func program(_ text: String = Texts.prescription) throws -> Outcome {
    try control("program", folder.write("prescription.yaml", text))
  }

  func status() throws -> [String: Any] {
    let outcome = try control("status", "--json")
    try #require(outcome.code == 0, "\(outcome.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(object as? [String: Any])
  }

  func number(_ key: String) throws -> Int64 {
    let value = try #require(try status()[key] as? NSNumber, "\(key)")
    return value.int64Value
  }

  func word(_ key: String) throws -> String {
    try #require(try status()[key] as? String, "\(key)")
  }

  /// Waits for something that is bound to come; the limit only ends a hang.
  func waitUntil(_ what: Comment, _ condition: () throws -> Bool) throws {
    try ProgramTests.waitUntil(what, condition)
  }
}

/// Waits for something that is bound to come; the limit only ends a hang.
///
/// - Parameter tries: 20 a second.
func waitUntil(
  _ what: Comment, tries: Int = 600, _ condition: () throws -> Bool
) throws {
  for _ in 0..<tries {
    if try condition() { return }
    Thread.sleep(forTimeInterval: 0.05)
  }
  Issue.record(what)
  throw CancellationError()
}
