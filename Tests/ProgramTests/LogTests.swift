import ChildProcess
import DosingCore
import Foundation
import Testing

@Suite struct LogTests {
  @Test("R-091 the log shows what happened in order, and every entry is linked")
  func showsWhatHappened() throws {
    let pump = try RunningPump()
    try pump.liveThroughAKill()
    let lines = try pump.entries("--last", "100000")
    let kinds = lines.compactMap { $0["kind"] as? String }
    #expect(kinds.first == "started")
    #expect(kinds.filter { $0 == "started" }.count == 2)
    #expect(!kinds.contains("lease") && !kinds.contains("commit"))
    let requests = lines.compactMap { $0["request"] as? [String: Any] }
    let commands = requests.compactMap { $0["command"] as? String }
    #expect(commands == ["propose", "commit", "bolus", "patient-bolus", "stop", "resume"])
    #expect(requests.map { $0["accepted"] as? Bool } == [true, true, true, false, true, true])
    #expect(requests[2]["dose_nanograms"] as? Int == 10_000)
    #expect(requests[2]["duration_nanoseconds"] as? Int == 120_000_000_000)
    #expect(requests[3]["refusal"] as? String == "extra-dose-running")
    #expect(requests[0]["user"] as? UInt32 == getuid())
    // Who signed, and that nobody signed the stop.
    let keys = lines.compactMap { $0["key"] as? [String: Any] }
    #expect(keys.count == 1 && keys[0]["role"] as? String == "clinician")
    let key = try #require(keys[0]["key"] as? String)
    #expect(requests.map { $0["key"] as? String } == [key, key, key, key, nil, key])
    let starts = lines.compactMap { $0["started"] as? [String: Any] }
    #expect(starts.map { $0["planned"] as? Bool } == [true, false])
    #expect(pump.end() == 0)
    let report = try pump.control("log", "--verify")
    #expect(report.code == 0, "\(report.errors)")
    let all = try pump.entries("--all")
    let said = report.output.split(separator: "\n")
    #expect(said.first == "\(all.count) events linked, from 1")
    #expect(said.last == "the pump ended in order with it")
    #expect(all.compactMap { $0["id"] as? Int } == Array(1...all.count))
  }

  @Test func isTextForPeople() throws {
    let pump = try RunningPump()
    try pump.liveThroughAKill()
    #expect(pump.end() == 0)
    let text = try pump.control("log").output
    var rest = text[...]
    for part in [
      "started          SIMULATED, planned, after commit 0",
      "enrolled clinician test, key ",
      "proposal for BENCH-01, baclofen 500 mcg/mL, continuous 300 mcg/d: accepted; test (",
      "commit of proposal", "bolus of 10 mcg in 2 min: accepted", " uL",
      "refused, extra-dose-running", "stop: accepted",
      "stopped by command", "resume: accepted",
      "started          SIMULATED, UNPLANNED, after commit", "ended            in order",
    ] {
      let found = try #require(rest.range(of: part), "\(part) in \(text)")
      rest = rest[found.upperBound...]
    }
    #expect(!text.contains("lease up to"))
    // The newest of a kind, with neither more nor less.
    let last = try pump.control("log", "--kind", "request", "--last", "2").output
    #expect(last.split(separator: "\n").count == 2)
    #expect(last.contains("stop:") && last.contains("resume:"))
    let first = try #require(text.split(separator: "\n").first)
    #expect(try pump.control("log", "--since", "2199-01-01").output.isEmpty)
    #expect(try pump.control("log", "--since", String(first.prefix(24))).output == text)
  }

  @Test func followsARunningPump() throws {
    let pump = try RunningPump()
    let output = pump.folder.path("followed")
    let log = try Child(
      Programs.path("pumpctl"), ["log", "--follow", "--json", "--state", pump.state],
      output: output, errors: "/dev/null")
    func text() -> String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
    try pump.waitUntil("the start is shown") { text().contains("\"started\"") }
    try pump.program()
    try pump.waitUntil("the program is shown") { text().contains("\"commit\"") }
    #expect(!log.hasEnded)
    log.kill(SIGTERM)
    try pump.waitUntil("it obeys") { log.hasEnded }
    #expect(log.wait() == 128 + SIGTERM)
    #expect(pump.end() == 0)
  }

  @Test("R-091 an event that was altered is found, with its number")
  func findsTheAlteredEvent() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control("bolus", "--dose", "10 ug", "--duration", "2 min").code == 0)
    #expect(pump.end() == 0)
    let entries = try pump.entries("--kind", "request")
    let id = try #require(entries.last?["id"] as? Int)
    // The frame of the bolus stands in the body of its event; its dose becomes 11 ug.
    let path = pump.state + "/journal.sqlite"
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let bolus: [UInt8] = Array("ITBP".utf8) + [UInt8(FrameHeader.version), 0, 3, 0]
    let places = bytes.indices.dropLast(24).filter { Array(bytes[$0..<$0 + 8]) == bolus }
    try #require(!places.isEmpty)
    for place in places {
      #expect(Array(bytes[place + 16..<place + 18]) == [0x10, 0x27])
      bytes[place + 16..<place + 18] = [0xf8, 0x2a]
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let outcome = try pump.control("log", "--verify")
    #expect(outcome.code == 65)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("event \(id) is broken"), "\(outcome.errors)")
    // What it says can still be read.
    #expect(try pump.control("log").output.contains("bolus of 11 mcg in 2 min: accepted"))
  }

  @Test("R-064 the log says in one line what is in the way")
  func saysWhatIsInTheWay() throws {
    let folder = try TemporaryFolder()
    let state = folder.path("state")
    func check(_ arguments: String..., code: Int32, says: String) throws {
      let outcome = try Programs.run("pumpctl", arguments + ["--state", state])
      #expect(outcome.code == code)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains(says), "\(outcome.errors)")
      if code != 64 { #expect(outcome.errorLines.count == 1) }
    }
    try check("log", code: 66, says: "there is no journal; start pumpd first")
    try check("export", folder.path("out"), code: 66, says: "there is no journal")
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    try folder.write("state/journal.sqlite", "what is this? a text of no database")
    try check("log", code: 65, says: "not the journal of a pump")
    try check("log", "--kind", "step", code: 64, says: "accepted: started, ended, request, missed")
    try check("log", "--since", "yesterday", code: 64, says: "accepted: 2026-03-01")
    try check("log", "--since", "2026-02-30", code: 64, says: "is no time")
    try check("log", "--last", "0", code: 64, says: "1 or more")
    try check("log", "--verify", "--json", code: 64, says: "leave the other options out")
  }

  private static let canBecomeAnotherUser =
    getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

  @Test(
    "R-064 without permission the log is one line and code 77",
    .enabled(if: canBecomeAnotherUser, "needs root and setpriv to become another user"))
  func needsPermission() throws {
    let pump = try RunningPump()
    let copy = pump.folder.path("pumpctl")
    try FileManager.default.copyItem(atPath: Programs.path("pumpctl"), toPath: copy)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: copy)
    let other = ["--reuid", "65534", "--regid", "65534", "--clear-groups", copy]
    // A copy that another test's child still held open while it was written cannot run yet.
    try pump.waitUntil("the copy can run") {
      try Programs.run("/usr/bin/setpriv", other + ["--help"]).code == 0
    }
    for command in [["log"], ["log", "--verify"], ["export", "/tmp/never-made"]] {
      let outcome = try Programs.run(
        "/usr/bin/setpriv", other + command + ["--state", pump.state])
      #expect(outcome.code == 77)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains("become the pump's user or root"), "\(outcome.errors)")
    }
  }
}

extension RunningPump {
  /// Programmed, given a bolus, stopped, resumed, killed, and started again; a request is refused.
  func liveThroughAKill() throws {
    #expect(try program().code == 0)
    #expect(try control("bolus", "--dose", "10 ug", "--duration", "2 min").code == 0)
    try waitUntil("steps") { try number("steps") >= 5 }
    #expect(try control("patient-bolus").code == 65)
    #expect(try control("stop").code == 0)
    #expect(try control("resume").code == 0)
    process.kill(SIGKILL)
    #expect(process.wait() == 128 + SIGKILL)
    try startAgain()
    try waitUntil("the start is written down") {
      try entries("--kind", "started").count == 2
    }
  }

  /// The entries that `log` shows, by their keys.
  func entries(_ arguments: String...) throws -> [[String: Any]] {
    let outcome = try Programs.run(
      "pumpctl", ["log", "--json"] + arguments + ["--state", state])
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return try #require(object as? [String: Any], "\(line)")
    }
  }
}
