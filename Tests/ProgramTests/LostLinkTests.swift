import ChildProcess
import DosingCore
import Foundation
import Glibc
import Testing

/// What somebody reads when the link to a pump breaks, or he may not use it.
@Suite struct LostLinkTests {
  private func lost(_ command: [String], in pump: RunningPump) throws -> Outcome {
    try Programs.run(
      "pumpctl", command + ["--socket", pump.folder.path("front")], input: pump.clinician.yes,
      environment: pump.clinician.environment)
  }

  @Test("R-105 Of a bolus whose answer is lost it is said that nobody knows, and where to look")
  func bolus() throws {
    let pump = try RunningPump()
    try pump.program()
    let front = ForgetfulPump(pump.folder.path("front"), before: pump.socket, forgets: .bolus)
    let outcome = try lost(["bolus", "--dose", "10 ug", "--duration", "10 min"], in: pump)
    #expect(outcome.code == 69, "\(outcome.output)")
    #expect(
      outcome.errorLines == [
        "pumpctl: no answer came: whether the pump did it is not known; look at pumpctl status before it "
          + "is asked again"
      ])
    // It did.
    let status = try lost(["status"], in: pump).output
    #expect(status.contains("of 10 mcg left"), "\(status)")
    let again = try lost(["bolus", "--dose", "10 ug", "--duration", "10 min"], in: pump)
    #expect(again.code == 65 && again.errors.contains("an extra dose is running"))
    #expect(again.output.contains("HIGH another was given: bolus of 10 mcg"), "\(again.output)")
    withExtendedLifetime(front) {}
  }

  @Test("R-106 A stop without a key whose answer is lost may have been done, and that is said")
  func stop() throws {
    let pump = try RunningPump()
    try pump.program()
    let front = ForgetfulPump(pump.folder.path("front"), before: pump.socket, forgets: .stop)
    let outcome = try lost(["stop"], in: pump)
    #expect(outcome.code == 69 && outcome.errors.contains("whether the pump did it is not known"))
    #expect(try pump.word("mode") == "stopped-by-command")
    withExtendedLifetime(front) {}
  }

  @Test("A watch tells how long a killed pump is silent, and goes on when it is back")
  func watch() throws {
    let pump = try RunningPump()
    try pump.program()
    let (output, errors) = (pump.folder.path("watched"), pump.folder.path("errors"))
    func watched() throws -> String { try String(contentsOfFile: output, encoding: .utf8) }
    let watch = try Child(
      Programs.path("pumpctl"), ["status", "--watch", "--state", pump.state], output: output,
      errors: errors, environment: pump.clinician.environment)
    try pump.waitUntil("it shows the pump") { try watched().contains("mode          continuous") }
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    try pump.waitUntil("it says that nobody answers") { try watched().contains("no answer for ") }
    try pump.startAgain()
    try pump.waitUntil("it shows the pump again") {
      let silent = try #require(try watched().range(of: "no answer for ", options: .backwards))
      return try watched()[silent.upperBound...].contains("mode          continuous")
    }
    #expect(!watch.hasEnded)
    watch.kill(SIGINT)
    #expect(watch.wait() == 0)
    #expect(try String(contentsOfFile: errors, encoding: .utf8).isEmpty)
  }

  @Test(
    "R-109 Who may not reach the pump, or is not root, is told whom to become before he enrolls a key",
    .enabled(if: AnotherUser.canBecome, "needs root and setpriv to become another user"))
  func enroll() throws {
    let pump = try RunningPump()
    let other = try AnotherUser("pumpd", in: pump.folder)
    func enroll() throws -> Outcome {
      try other.run([
        "enroll", "--state", pump.state, "--role", "clinician", "--name", "bert",
        String(repeating: "a", count: 64),
      ])
    }
    let outside = try enroll()
    #expect(outside.code == 77, "\(outside)")
    #expect(
      outside.errorLines == [
        "pumpd: \(pump.socket): no permission; become root, or the pump's user"
      ])
    for path in [pump.state, pump.socket] {
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
    }
    let inside = try enroll()
    #expect(inside.code == 77, "\(inside)")
    #expect(inside.errorLines == ["pumpd: the pump takes keys from root alone; become root"])
    #expect(try pump.keys().contains("bert") == false)
  }
}
