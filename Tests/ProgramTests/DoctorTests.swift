import ChildProcess
import Foundation
import Glibc
import Testing

/// `pumpctl doctor` as a user runs it. What it finds depends on the machine, so these look at what
/// does not.
@Suite struct DoctorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func doctor(_ arguments: String...) throws -> Outcome {
    try Programs.run("pumpctl", ["doctor"] + arguments + ["--state", folder.path("state")])
  }

  private static let linux =
    Texts.rig.replacingOccurrences(of: "simulated", with: "linux")
    + "gpio: {chip: no-such-chip, step: 1, dir: 2, enable: 3, heartbeat: 4, buzzer: 5, lamp: 6}\n"

  @Test("a finding a line, at most 79 columns, and their number at the end")
  func text() throws {
    let rig = try folder.write("rig.yaml", Texts.rig)
    let outcome = try doctor("--rig", rig)
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.errors.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    for line in lines { #expect(line.count <= 79, "\(line)") }
    let states = lines.dropLast().filter { !$0.hasPrefix(" ") }.map { $0.prefix(9) }
    #expect(Set(states).isSubset(of: ["ok       ", "WARNING  "]))
    for name in ["real-time", "kernel", "gpio library", "state directory", "socket"] {
      #expect(lines.contains { $0.dropFirst(9).hasPrefix(name) }, "\(name)")
    }
    let warnings = states.count { $0 == "WARNING  " }
    let counted = "\(warnings) warning\(warnings == 1 ? "" : "s"), 0 errors"
    #expect(lines.last == "\(states.count - warnings) ok, \(counted)")
  }

  @Test("one JSON object, with a remedy for whatever is not ok")
  func json() throws {
    let rig = try folder.write("rig.yaml", Self.linux)
    let outcome = try doctor("--rig", rig, "--json")
    #expect(outcome.code == 69, "\(outcome.output)")
    #expect(outcome.output.split(separator: "\n").count == 1)
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let report = try #require(object as? [String: Any])
    let findings = try #require(report["findings"] as? [[String: String]])
    for finding in findings {
      #expect(finding["name"] != nil && finding["found"] != nil, "\(finding)")
      #expect((finding["remedy"] == nil) == (finding["state"] == "ok"), "\(finding)")
    }
    #expect(report["errors"] as? Int == findings.count { $0["state"] == "error" })
    #expect(report["warnings"] as? Int == findings.count { $0["state"] == "warning" })
    let chip = try #require(findings.first { $0["name"] == "gpio.chip" })
    #expect(chip["state"] == "error")
    #expect(chip["found"]?.contains("no-such-chip") == true)
    #expect(findings.contains { $0["name"] == "heartbeat gate" && $0["state"] == "warning" })
  }

  @Test func looksAtTheMachineWithoutARigFile() throws {
    let outcome = try doctor()
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.output.contains("> give --rig FILE"))
  }

  @Test("R-064 a rig file that is not there, or not valid, ends as with pumpd")
  func badRigFile() throws {
    let missing = try doctor("--rig", folder.path("none.yaml"))
    #expect(missing.code == 66)
    #expect(missing.errors.contains("none.yaml"))
    #expect(missing.output.isEmpty)
    let bad = try doctor(
      "--rig",
      folder.write("rig.yaml", Texts.rig.replacingOccurrences(of: "10 ms", with: "7 ms")))
    #expect(bad.code == 78)
    #expect(bad.errors.contains("tick"))
    #expect(bad.output.isEmpty)
    #expect(try doctor("--priority", "100").code == 64)
  }

  @Test("R-040 a user who is not there is one clear error, and nothing is looked at")
  func unknownUser() throws {
    let outcome = try doctor("--user", "no-such-user")
    #expect(outcome.code == 64 && outcome.output.isEmpty)
    #expect(
      outcome.errorLines == [
        "pumpctl: there is no user 'no-such-user'; give the name of a user of this machine"
      ])
  }

  @Test(
    "R-062 what may be reached is judged for the user who will run pumpd, and not for who asks",
    .enabled(if: AnotherUser.canBecome, "needs root and setpriv to become another user"))
  func anotherUser() throws {
    let asRoot = try doctor()
    #expect(asRoot.code == 0 && asRoot.output.contains("WARNING  user"), "\(asRoot.output)")
    let asNobody = try doctor("--user", "nobody")
    #expect(asNobody.code == 77, "\(asNobody.output)")
    #expect(asNobody.output.contains("ok       user            nobody (65534), groups"))
    #expect(asNobody.output.contains("ERROR    state directory"))
    // The rig is read as pumpd will read it.
    let rig = try folder.write("rig.yaml", Texts.rig)
    #expect(unsafe chmod(rig, 0o600) == 0)
    #expect(try doctor("--rig", rig).code == 0)
    let closed = try doctor("--rig", rig, "--user", "nobody")
    #expect(closed.code != 0 && closed.errors.contains("rig.yaml"), "\(closed)")
    let other = try AnotherUser("pumpctl", in: folder)
    let refused = try other.run(["doctor", "--user", "root"])
    #expect(refused.code == 77 && refused.errorLines.count == 1)
    #expect(refused.errors.contains("only root may look as another user"), "\(refused.errors)")
    let same = try other.run(["doctor", "--user", "nobody"]).output
    #expect(same.contains("nobody (65534)") && !same.contains("limits as at a login"), "\(same)")
    #expect(asNobody.output.contains("limits as at a login"))
  }

  @Test("it makes nothing, and a state directory that cannot be made is an error")
  func stateDirectory() throws {
    #expect(try doctor().output.contains("pumpd makes it"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("state")))
    let outcome = try Programs.run(
      "pumpctl", "doctor", "--state", folder.path("no/state"), "--socket", folder.path("socket"))
    #expect(outcome.code == 69)
    #expect(outcome.output.contains("ERROR    state directory"))
  }

  @Test("a pump that runs is no error, and goes on; its socket is seen to be left over afterwards")
  func runningPump() throws {
    let pump = try RunningPump()
    let outcome = try pump.control("doctor", "--rig", pump.folder.path("rig.yaml"))
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.output.contains("a pumpd runs there"))
    #expect(outcome.output.contains("a pump listens"))
    #expect(try pump.control("status").code == 0)
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    let after = try pump.control("doctor")
    #expect(after.code == 0, "\(after.output)")
    #expect(after.output.contains("nobody listens"))
  }
}
