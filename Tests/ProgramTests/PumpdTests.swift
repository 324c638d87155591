import ChildProcess
import Foundation
import Testing

@Suite struct PumpdTests {
  @Test("R-060 a simulated rig says so in every status and in every line of the log")
  func saysSimulated() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control("status").output.contains("SIMULATED"))
    #expect(try pump.status()["simulated"] as? Bool == true)
    #expect(pump.end() == 0)
    let lines = pump.log.split(separator: "\n")
    #expect(lines.count > 3)
    for line in lines { #expect(line.contains(" BP-0001 SIMULATED "), "\(line)") }
  }

  @Test("R-061 a second pumpd on the same state directory refuses to start, and the first goes on")
  func refusesSecond() throws {
    let pump = try RunningPump()
    let second = try Programs.run(
      "pumpd", "--rig", pump.folder.path("rig.yaml"), "--state", pump.state)
    #expect(second.code == 69)
    #expect(second.errorLines.count == 1)
    #expect(second.errors.contains("another pumpd holds"))
    #expect(try pump.control("status").code == 0)
  }

  @Test func startsWithoutTherapyAndDeliversWhatIsProgrammed() throws {
    let pump = try RunningPump()
    #expect(try pump.word("mode") == "no-therapy")
    #expect(try pump.control("bolus", "--dose", "10 ug", "--duration", "1 min").code == 65)
    #expect(try pump.program().code == 0)
    // A bolus makes a step every few ticks.
    #expect(try pump.control("bolus", "--dose", "10 ug", "--duration", "2 min").code == 0)
    try pump.waitUntil("steps") { try pump.number("steps") >= 20 }
    #expect(try pump.number("interlock_refusals") == 0)
    #expect(try pump.word("mode") == "continuous")
    #expect(try pump.word("extra_dose") == "bolus")
    let steps = try pump.number("steps")
    #expect(pump.end() == 0)
    let motor = try #require(
      pump.log.split(separator: "\n").first { $0.contains("the motor made") })
    let count = try #require(motor.split(separator: " ").compactMap { Int64($0) }.first)
    #expect(count >= steps)
    #expect(!pump.log.contains("turned nothing"))
  }

  @Test func stopEndsTheBolusAndAllDeliveryUntilResume() throws {
    let pump = try RunningPump()
    try pump.program()
    _ = try pump.control("bolus", "--dose", "10 ug", "--duration", "2 min")
    #expect(try pump.control("stop").code == 0)
    try pump.waitUntil("the stop is shown") { try pump.word("mode") == "stopped-by-command" }
    let steps = try pump.number("steps")
    Thread.sleep(forTimeInterval: 0.5)
    #expect(try pump.number("steps") == steps)
    #expect(try pump.control("status").output.contains("ALARM"))
    let refused = try pump.control("patient-bolus")
    #expect(refused.code == 65)
    #expect(refused.errorLines.count == 1)
    #expect(try pump.control("resume").code == 0)
    try pump.waitUntil("basal is back") { try pump.word("mode") == "continuous" }
    #expect(try pump.status()["extra_dose"] == nil)
    #expect(try pump.control("resume").code == 65)
  }

  @Test func refusesAnotherDrugAndAnotherConcentration() throws {
    let pump = try RunningPump()
    try pump.program()
    let drug = Texts.prescription.replacingOccurrences(of: "baclofen", with: "saline")
    #expect(try pump.program(drug).code == 65)
    let strength = Texts.prescription.replacingOccurrences(of: "500 ug/mL", with: "2000 ug/mL")
    #expect(try pump.program(strength).code == 65)
    try pump.waitUntil("the first program is shown") { try pump.word("drug") == "baclofen" }
  }

  @Test func listsEveryViolationOfAPrescriptionWithItsPlace() throws {
    let pump = try RunningPump()
    let text = Texts.prescription
      .replacingOccurrences(of: "300 ug/d", with: "480 ug/d")
      .replacingOccurrences(of: "max_dose_1h: 60 ug", with: "max_dose_1h: 20 ug")
      .replacingOccurrences(of: "max_dose_24h: 500 ug", with: "max_dose_24h: 400 ug")
    let outcome = try pump.program(text)
    #expect(outcome.code == 65)
    #expect(outcome.errorLines.count >= 2)
    for line in outcome.errorLines { #expect(line.contains("prescription.yaml:"), "\(line)") }
    #expect(try pump.word("mode") == "no-therapy")
  }

  @Test(
    "R-062 R-106 another user may not even connect; who is of the stop's group may stop, and no more",
    .enabled(if: AnotherUser.canBecome, "needs root and setpriv to become another user"))
  func refusesAnotherUser() throws {
    let pump = try RunningPump(arguments: ["--stop-group", "4711", "--status-group", "4712"])
    try pump.program()
    let other = try AnotherUser("pumpctl", in: pump.folder)
    func asks(_ group: Int?, _ words: String...) throws -> Outcome {
      try other.run(words + ["--state", pump.state], group: group)
    }
    let (stopper, reader) = (4711, 4712)
    #expect(try asks(nil, "stop").code == 77)

    let open = [FileAttributeKey.posixPermissions: 0o777]
    for path in [pump.folder.url.path, pump.state, pump.socket] {
      try FileManager.default.setAttributes(open, ofItemAtPath: path)
    }
    let refused = try asks(nil, "stop")
    #expect(refused.code == 77, "\(refused.errors)")
    #expect(try asks(nil, "status").code == 77)
    // Reading and stopping are two permissions.
    #expect(try asks(reader, "status").code == 0)
    #expect(try asks(reader, "stop").code == 77)
    #expect(try asks(stopper, "status").code == 77)
    #expect(try pump.word("mode") == "continuous")
    #expect(try asks(stopper, "stop").code == 0)
    #expect(try pump.word("mode") == "stopped-by-command")
    #expect(try asks(stopper, "resume", "--unsigned").code == 77)
    #expect(pump.log.contains("stop by user nobody (65534), unsigned: accepted"))
  }

  @Test func saysWhenNoPumpAnswers() throws {
    let folder = try TemporaryFolder()
    let outcome = try Programs.run("pumpctl", "status", "--state", folder.path("nothing"))
    #expect(outcome.code == 69)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("start pumpd"))
  }

  @Test func survivesKillOfItsProgrammerAndStartsAgainAfterKillOfItself() throws {
    let pump = try RunningPump()
    try pump.program()
    let watch = try Child(
      Programs.path("pumpctl"), ["status", "--watch", "--state", pump.state],
      output: "/dev/null", errors: "/dev/null")
    Thread.sleep(forTimeInterval: 0.3)
    watch.kill(SIGKILL)
    #expect(watch.wait() == 128 + SIGKILL)
    #expect(try pump.control("status").code == 0)
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    // The socket and the lock file are still there; neither keeps the next one from starting.
    let again = try Child(
      Programs.path("pumpd"), ["--rig", pump.folder.path("rig.yaml"), "--state", pump.state],
      output: "/dev/null", errors: "/dev/null")
    try pump.waitUntil("it answers") { try pump.control("status").code == 0 }
    again.kill(SIGTERM)
    #expect(again.wait() == 0)
  }
}
