import ChildProcess
import DosingCore
import Foundation
import Glibc
import RawLink
import Testing

/// What the link knows, and what is known of it, over a kill.
@Suite struct LinkRestartTests {
  private func kill(_ pump: RunningPump) {
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
  }

  private func counted(_ pump: RunningPump) throws -> [String: Int] {
    var sum: [String: Int] = [:]
    for entry in try pump.entries("--kind", "counted-frames") {
      for (code, count) in entry["counted"] as? [String: Int] ?? [:] {
        sum[code, default: 0] += count
      }
    }
    return sum
  }

  @Test("R-103 What was refused is counted over a kill, whatever it was")
  func refusalsAreDurable() throws {
    let pump = try RunningPump()
    try pump.program()
    let raw = try RawClient(path: pump.socket)
    let unsigned = writeFrame(.bolus, number: 1, body: BolusBody()).array
    for _ in 0..<7 { _ = raw.ask(unsigned) }
    for _ in 0..<5 { _ = raw.ask([0x49]) }
    #expect(try pump.number("frames_refused") == 12)
    // Within a second or so.
    try pump.waitUntil("it is durable") {
      try pump.entries("--kind", "counted-frames").isEmpty == false
    }
    Thread.sleep(forTimeInterval: 1.5)
    kill(pump)
    try pump.startAgain()
    #expect(try pump.number("frames_refused") == 12)
    _ = try RawClient(path: pump.socket).ask([0x49])
    #expect(try pump.number("frames_refused") == 13)
    #expect(pump.end() == 0)
    try pump.startAgain()
    #expect(try pump.number("frames_refused") == 13)
    #expect(try counted(pump)["truncated"].map { $0 >= 2 } == true)
  }

  @Test("R-103 Equal stops are one in the journal, and each gets its answer")
  func equalStops() throws {
    let pump = try RunningPump()
    try pump.program()
    let stop = writeFrame(.stop, number: 1, body: EmptyBody()).array
    let clients = try (0..<8).map { _ in try RawClient(path: pump.socket) }
    for _ in 0..<100 {
      for client in clients { #expect(client.send(stop)) }
      for client in clients {
        let answer = try #require(client.receive())
        var body = AnswerBody()
        try readBody(answer.span, into: &body)
        if case .refused = body.answer { Issue.record("a stop was refused") }
      }
    }
    #expect(try pump.word("mode") == "stopped-by-command")
    // After a resume a stop is another one.
    #expect(try pump.control("resume", "--unsigned").code == 0)
    #expect(try pump.word("mode") == "continuous")
    #expect(try pump.control("stop").code == 0)
    #expect(try pump.word("mode") == "stopped-by-command")
    #expect(pump.end() == 0)
    let stops = try pump.entries("--kind", "request").compactMap {
      $0["request"] as? [String: Any]
    }.filter { $0["command"] as? String == "stop" }
    #expect(stops.count == 2)
    #expect(try counted(pump)["equal_stop"] == 799)
  }

  @Test("R-108 How often a patient asked is known after a kill")
  func patientPace() throws {
    let pump = try RunningPump()
    try pump.program()
    let patient = try pump.programmer(role: "patient")
    for _ in 0..<5 { _ = try pump.control(["patient-bolus"], as: patient) }
    let before = try pump.control(["patient-bolus"], as: patient)
    #expect(before.code == 65 && before.errors.contains("too often"), "\(before.errors)")
    kill(pump)
    try pump.startAgain()
    let after = try pump.control(["patient-bolus"], as: patient)
    #expect(after.code == 65 && after.errors.contains("too often"), "\(after.errors)")
  }

  @Test("R-103 A signed order that was refused is on record, with its key and why")
  func refusedOrders() throws {
    let pump = try RunningPump()
    try pump.program()
    let patient = try pump.programmer(role: "patient")
    #expect(try pump.control(["resume"], as: patient).code == 77)
    let wrong = Texts.prescription.replacingOccurrences(of: "300 ug/d", with: "30000 ug/d")
    #expect(try pump.program(wrong).code == 65)
    // Whoever is refused does not wait for the journal.
    try pump.waitUntil("both are durable") {
      try pump.entries("--kind", "refused-order").count >= 2
    }
    kill(pump)
    try pump.startAgain()
    let refused = try pump.entries("--kind", "refused-order").compactMap {
      $0["order_refused"] as? [String: Any]
    }
    let whys = refused.compactMap { $0["why"] as? String }
    #expect(whys.contains("wrong-role"), "\(refused)")
    #expect(refused.contains { $0["key_name"] as? String == "patient" })
    #expect(whys.contains("findings"), "\(refused)")
  }

  @Test("R-103 Of one key's refused orders so many are written an hour, and the rest is counted")
  func refusedOrdersAreFew() throws {
    let pump = try RunningPump()
    try pump.program()
    let patient = try pump.programmer(role: "patient")
    for _ in 0..<34 { #expect(try pump.control(["resume"], as: patient).code == 77) }
    #expect(pump.end() == 0)
    #expect(try pump.entries("--kind", "refused-order").count == 30)
    #expect(try counted(pump)["unwritten_order"] == 4)
  }

  @Test("R-088 Restarts that come too often are told in the journal, and after the next kill still")
  func restartedOften() throws {
    let pump = try RunningPump()
    try pump.program()
    for restart in 1...4 {
      kill(pump)
      try pump.startAgain()
      // A start that was killed before it was written down is none that the next one can know of.
      try pump.waitUntil("the start is durable") {
        try pump.entries("--kind", "started").count == 1 + restart
      }
    }
    #expect(try pump.control("status").output.contains("unplanned restarts"))
    let raised = try pump.entries("--kind", "fault").compactMap { $0["fault"] as? [String: Any] }
    #expect(
      raised.contains {
        $0["code"] as? String == "restarted-often" && $0["priority"] as? String == "high"
      }, "\(raised)")
    kill(pump)
    try pump.startAgain()
    #expect(try pump.control("status").output.contains("unplanned restarts"))
    #expect(try pump.control("acknowledge").code == 0)
    #expect(!(try pump.control("status").output.contains("unplanned restarts")))
  }

  // MARK: Keys

  @Test("R-109 The last clinician's key is revoked only by who says so")
  func lastClinician() throws {
    let pump = try RunningPump()
    let key = String(try pump.keys().prefix(16))
    let asked = try pump.control(["key", "revoke", key], as: pump.clinician, input: "/dev/null")
    #expect(asked.code == 65 && asked.output.contains("the last one of a clinician"))
    #expect(!(try pump.keys().contains("revoked")))
    let other = try pump.programmer(role: "clinician")
    // By name, and no question where another one is left.
    let done = try pump.control(["key", "revoke", "test"], as: other, input: "/dev/null")
    #expect(done.code == 0, "\(done.errors)")
    #expect(try pump.keys().contains("test, newest number 0, revoked"))
    let unknown = try pump.control(["key", "revoke", "nobody"], as: other)
    #expect(unknown.code == 64 && unknown.errors.contains("neither"))
    #expect(try pump.control(["key", "revoke", "clinician", "--yes"], as: other).code == 0)
  }

  @Test("R-109 A key bears the name that people write")
  func names() throws {
    let pump = try RunningPump()
    let key = try Programs.run(
      "pumpctl", ["key", "new"],
      environment: ["PUMPCTL_KEY=\(pump.folder.path("zoe"))", "PUMPCTL_PUMPS=/dev/null"])
    let digits = String(try #require(key.output.split(whereSeparator: \.isWhitespace).last))
    let enrolled = try Programs.run(
      "pumpd", "enroll", "--state", pump.state, "--role", "technician", "--name", "Zoë Größl",
      digits)
    #expect(enrolled.code == 0, "\(enrolled.errors)")
    #expect(try pump.keys().contains("technician Zoë Größl"))
    #expect(try pump.control("log", "--kind", "key").output.contains("Zoë Größl"))
  }

  @Test(
    "R-101 Of orders of one key that are given at the same time each is carried out, or says why not"
  )
  func sameKeyAtOnce() throws {
    let pump = try RunningPump()
    try pump.program()
    let children = try (0..<6).map { index in
      try Child(
        Programs.path("pumpctl"), ["acknowledge", "--state", pump.state], output: "/dev/null",
        errors: pump.folder.path("errors-\(index)"), environment: pump.clinician.environment)
    }
    // There is nothing to acknowledge; that is what each of them hears, and not that it may not.
    for (index, child) in children.enumerated() {
      let code = child.wait()
      let said = try String(
        contentsOfFile: pump.folder.path("errors-\(index)"), encoding: .utf8)
      #expect(code == 65 && said.contains("no alarm is on"), "\(said)")
    }
  }
}
