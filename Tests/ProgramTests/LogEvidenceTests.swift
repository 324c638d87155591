import ChildProcess
import DosingCore
import Foundation
import GRDB
import ProgrammerLink
import RawLink
import Testing

@testable import Journal

/// The log of a real pump as evidence: what `pumpctl log --verify` says of one that was tampered with.
@Suite struct LogEvidenceTests {
  /// A pump that was programmed and has ended in order.
  private static func ended() throws -> RunningPump {
    let pump = try RunningPump()
    try pump.program()
    #expect(pump.end() == 0)
    return pump
  }

  @Test("R-125 A log that nobody touched is vouched for by the pump, running, ended and killed")
  func whole() throws {
    let pump = try RunningPump()
    try pump.program()
    let live = try pump.control("log", "--verify")
    #expect(live.code == 0 && live.errors.isEmpty, "\(live.errors)")
    #expect(live.output.contains("signed up to event") && live.output.contains("less than an hour"))
    #expect(live.output.contains("behind it are not signed yet"))
    #expect(pump.end() == 0)
    let ended = try pump.control("log", "--verify")
    #expect(ended.code == 0 && ended.output.hasSuffix("the pump ended in order with it\n"))
    let last = try #require(try pump.entries("--all").last)
    #expect(last["kind"] as? String == "signature")
    let signature = try #require(last["signature"] as? [String: Any])
    #expect(signature["is_end"] as? Bool == true)
    #expect(signature["up_to_event"] as? Int == (last["id"] as? Int).map { $0 - 1 })
    // People are not shown it.
    #expect(try !pump.control("log").output.contains("signature"))
    try pump.startAgain()
    // Its start is signed with its first commit; these come behind it.
    for command in ["stop", "resume"] { #expect(try pump.control(command).code == 0) }
    try pump.waitUntil("something stands behind the signature") {
      try pump.control("log", "--verify").output.contains("not signed yet")
    }
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    let killed = try pump.control("log", "--verify")
    #expect(killed.code == 0 && killed.output.contains("not signed yet"), "\(killed.errors)")
  }

  @Test(
    "R-125 A log that was rewritten or cut, with all its hashes made anew, is told as what it is",
    arguments: [
      (
        "UPDATE events SET utc_ns = utc_ns - 3600000000000 WHERE kind = 3", "it was rewritten"
      ),
      ("DELETE FROM events WHERE id = (SELECT max(id) FROM events)", "its end was cut"),
      (
        "DELETE FROM events WHERE id > (SELECT min(id) FROM events WHERE kind = 25)",
        "its end was cut"
      ),
      ("UPDATE events SET kind = 2, body = x'' WHERE kind = 25", "no event is signed"),
      (
        """
        UPDATE chain SET forgotten = 3, forgotten_hash = (SELECT hash FROM events WHERE id = 3);
        DELETE FROM events WHERE id <= 3
        """, "its beginning was cut"
      ),
    ])
  func tampered(_ sql: String, _ says: String) throws {
    let pump = try Self.ended()
    try Self.tamper(pump.state, sql)
    let outcome = try pump.control("log", "--verify")
    #expect(outcome.code == 65 && outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1 && outcome.errors.contains(says), "\(outcome.errors)")
    // An export holds what there is, and tells the same.
    let out = pump.folder.path("out")
    #expect(try pump.control("export", out).code == 0)
    let copy = try Programs.run(
      "pumpctl", ["log", "--verify", "--state", out], environment: pump.clinician.environment)
    #expect(copy.code == 65 && copy.errors.contains(says), "\(copy.errors)")
  }

  /// Does something to a journal, and links it anew as the chain wants it.
  private static func tamper(_ folder: String, _ sql: String) throws {
    try DatabaseQueue(path: folder + "/journal.sqlite").write { database in
      try database.execute(sql: sql)
      var hash = try #require(
        try Row.fetchOne(database, sql: "SELECT forgotten_hash FROM chain")
      ).bytes("forgotten_hash")
      for row in try Row.fetchAll(database, sql: "SELECT * FROM events ORDER BY id") {
        let event = EventRow(row)
        hash = event.hash(after: hash)
        try database.execute(
          sql: "UPDATE events SET hash = ? WHERE id = ?", arguments: [hash.blob, event.id])
      }
      try database.execute(
        sql: "UPDATE state SET newest_hash = ?, newest_event = (SELECT max(id) FROM events)",
        arguments: [hash.blob])
    }
  }

  @Test("R-125 An older log in the place of the newer one is told by the copies beside it")
  func putBack() throws {
    let pump = try Self.ended()
    let (path, kept) = (pump.state + "/journal.sqlite", pump.folder.path("kept"))
    try FileManager.default.copyItem(atPath: path, toPath: kept)
    try pump.startAgain()
    #expect(pump.end() == 0)
    #expect(try pump.control("log", "--verify").code == 0)
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(atPath: kept, toPath: path)
    let outcome = try pump.control("log", "--verify")
    #expect(outcome.code == 65 && outcome.errors.contains("copies know of commit"))
  }

  @Test("R-125 The log of another pump under the same serial is not this one's")
  func otherPump() throws {
    let (pump, other) = (try Self.ended(), try Self.ended())
    let outcome = try Programs.run(
      "pumpctl", ["log", "--verify", "--state", pump.state],
      environment: other.clinician.environment)
    #expect(outcome.code == 77 && outcome.output.isEmpty)
    #expect(outcome.errors.contains("not by") && outcome.errors.contains("which is trusted"))
  }

  @Test("R-125 Who trusts no key is told by whose word the log is held against")
  func untrusted() throws {
    let pump = try RunningPump()
    try pump.program()
    let stranger = ["PUMPCTL_PUMPS=\(pump.folder.path("no-pumps"))"]
    func verify(_ state: String) throws -> Outcome {
      try Programs.run("pumpctl", ["log", "--verify", "--state", state], environment: stranger)
    }
    let live = try verify(pump.state)
    #expect(live.code == 0 && live.output.contains("signed up to"), "\(live.errors)")
    #expect(live.errors.contains("held against the key that \(pump.socket) shows"))
    let out = pump.folder.path("out")
    #expect(try pump.control("export", out).code == 0)
    #expect(pump.end() == 0)
    let rest = try verify(pump.state)
    #expect(rest.code == 0 && rest.errors.contains("\(pump.state)/identity shows"))
    // An export shows no key.
    let export = try verify(out)
    #expect(export.code == 77 && export.errors.contains("pumpctl key trust"))
    let trusted = try Programs.run(
      "pumpctl", ["log", "--verify", "--state", out], environment: pump.clinician.environment)
    #expect(trusted.code == 0 && trusted.output.contains("signed up to"), "\(trusted.errors)")
  }

  @Test("R-096 A flood of stops and refusals by one user is counted, and costs no commits")
  func flood() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control("stop").code == 0)
    let before = try pump.number("durable_commit")
    let client = try RawClient(path: pump.socket)
    let stop = writeFrame(.stop, number: 1, body: EmptyBody()).array
    // They are all one; what a key asks in vain is not.
    for _ in 0..<300 { #expect(client.ask(stop) != nil) }
    #expect(try pump.control("acknowledge").code == 0)
    for _ in 0..<65 { #expect(try pump.control("acknowledge").code == 65) }
    #expect(try pump.number("durable_commit") - before <= 3)
    #expect(pump.end() == 0)
    let requests = try pump.entries("--kind", "request")
    #expect((60...70).contains(requests.count), "\(requests.count)")
    let counted = try pump.entries("--kind", "counted").compactMap {
      $0["requests_counted"] as? [String: Any]
    }
    #expect(counted.count == 1 && counted.first?["key"] != nil)
    #expect(counted.first?["count"] as? Int == 5)
    #expect(try pump.control("log").output.contains("and 5 more in this hour"))
    #expect(try pump.control("log", "--verify").code == 0)
    #expect(try Programs.run("pumpsim", "replay", pump.state).code == 0)
  }

  // MARK: What a start finds

  private func faults(_ pump: RunningPump) throws -> [(tick: Int, code: String, isOn: Bool)] {
    try pump.entries("--kind", "fault").compactMap { entry in
      guard let tick = entry["tick"] as? Int, let fault = entry["fault"] as? [String: Any],
        let code = fault["code"] as? String
      else { return nil }
      return (tick, code, fault["priority"] != nil)
    }
  }

  @Test(
    "R-091 An alarm that is on at a start stands in the log of that start, before anything ends it")
  func alarmsOfAStart() throws {
    let pump = try RunningPump()
    try pump.program()
    // A start of which nothing is durable yet is none that anybody could count.
    for _ in 0..<4 {
      let commits = try pump.number("durable_commit")
      pump.process.kill(SIGKILL)
      _ = pump.process.wait()
      try pump.startAgain()
      try pump.waitUntil("the start is durable") { try pump.number("durable_commit") > commits }
    }
    try pump.waitUntil("it is on") {
      let alarms = try pump.status()["alarms"] as? [[String: Any]] ?? []
      return alarms.contains { $0["code"] as? String == "restarted-often" }
    }
    try pump.waitUntil("it is written down") {
      try faults(pump).contains { $0.code == "restarted-often" && $0.isOn }
    }
    let start = try #require(try pump.entries("--kind", "started").last?["tick"] as? Int)
    let raised = try #require(try faults(pump).first { $0.code == "restarted-often" })
    #expect(raised.isOn && raised.tick >= start)
    #expect(pump.end() == 0)
  }

  @Test("R-091 R-088 A pump without a history has its alarm in its log at once")
  func noHistory() throws {
    let folder = try TemporaryFolder()
    let state = folder.path("state")
    let rig = try folder.write("rig.yaml", Texts.rig)
    let pumpd = try Child(
      Programs.path("pumpd"), ["--rig", rig, "--state", state], output: "/dev/null",
      errors: folder.path("log"))
    func log() throws -> String {
      try Programs.run("pumpctl", "log", "--json", "--kind", "fault", "--state", state).output
    }
    try ProgramTests.waitUntil("it is written down") { try log().contains("no-history") }
    pumpd.kill(SIGTERM)
    #expect(pumpd.wait() == 0)
    let first = try #require(try log().split(separator: "\n").first)
    #expect(first.contains("\"code\":\"no-history\",\"priority\":\"high\""), "\(first)")
  }
}
