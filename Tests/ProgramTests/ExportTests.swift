import ChildProcess
import Foundation
import Testing

@Suite struct ExportTests {
  @Test("R-091 an export holds every step once, can be checked and is programmed again")
  func holdsEveryStep() throws {
    let pump = try RunningPump()
    try pump.liveThroughAKill()
    // Durable, and nothing is delivered any more.
    #expect(try pump.control("stop").code == 0)
    try pump.waitUntil("the stop is shown") { try pump.word("mode") == "stopped-by-command" }
    let steps = try pump.number("steps")
    #expect(steps >= 5)
    let out = pump.folder.path("out")
    let outcome = try pump.control("export", out)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains(" \(steps) steps"))

    let sums = try pump.folder.checkSums(of: "out")
    #expect(sums.code == 0, "\(sums.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: out).sorted() == [
        "SHA256SUMS", "delivered.csv", "events.csv", "journal.sqlite", "prescription-1.yaml",
        "rig.json", "summary.json",
      ])
    #expect(sums.output.split(separator: "\n").count == 6)
    let replay = try Programs.run("pumpsim", "replay", out)
    #expect(replay.code == 0, "\(replay.errors)")
    #expect(replay.output.contains("all as recorded"))

    let rows = try pump.folder.table("out/delivered.csv")
    #expect(
      rows[0] == [
        "utc", "monotonic_ns", "start", "tick", "not_before_tick", "step", "volume",
        "cumulative_volume",
      ])
    #expect(rows[1] == ["", "ns", "1", "1", "1", "1", "nL", "nL"])
    let data = rows.dropFirst(2)
    #expect(data.count == steps)
    #expect(data.map { $0[5] } == (1...steps).map { "\($0)" })
    #expect(data.allSatisfy { $0[6] == "15.625" })
    // 15.625 nL a step, exactly.
    #expect(data.prefix(4).map { $0[7] } == ["15.625", "31.25", "46.875", "62.5"])
    let ticks = data.compactMap { Int64($0[3]) }
    #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(data.allSatisfy { Int64($0[4]) ?? .max <= Int64($0[3]) ?? 0 })

    let events = try pump.folder.table("out/events.csv")
    #expect(events[0] == ["id", "utc", "monotonic_ns", "start", "tick", "kind", "text"])
    let summary = try pump.folder.object("out/summary.json")
    #expect(summary["entries"] as? Int == events.count - 1)
    #expect(summary["serial"] as? String == "BP-0001")
    #expect(summary["simulated"] as? Bool == true)
    #expect(summary["steps_confirmed"] as? Int64 == steps)
    #expect(summary["starts_planned"] as? Int == 1)
    #expect(summary["starts_unplanned"] as? Int == 1)
    #expect(summary["first_broken_entry"] is NSNull)
    let rig = try pump.folder.object("out/rig.json")
    #expect(rig["volume_per_revolution_picolitres"] as? Int == 50_000_000)
    #expect(rig["pump_tubing_picolitres"] as? Int == 250_000_000)
    #expect(rig["catheter_picolitres"] as? Int == 154_000_000)
    #expect(rig["line_mixing_permille"] as? Int == 200)
    #expect(rig["prime_rate_picolitres_per_day"] as? Int == 24_000_000_000)
    #expect(rig["max_prime_dose_nanograms"] as? Int == 600_000)

    // What was in force can be programmed again.
    #expect(try pump.control("resume").code == 0)
    let again = try pump.control("program", out + "/prescription-1.yaml")
    #expect(again.code == 0, "\(again.errors)")
  }

  @Test("R-040 an export is refused where something is, and leaves nothing behind")
  func isWholeOrNothing() throws {
    let pump = try RunningPump()
    try pump.program()
    let out = pump.folder.path("out")
    #expect(try pump.control("export", out).code == 0)
    let before = try pump.folder.checkSums(of: "out")
    let second = try pump.control("export", out)
    #expect(second.code == 69)
    #expect(second.errorLines.count == 1)
    #expect(second.errors.contains("is not empty; name a folder that does not exist"))
    #expect(try pump.folder.checkSums(of: "out").output == before.output)
    // An empty one will do.
    let empty = pump.folder.path("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    #expect(try pump.control("export", empty + "/").code == 0)
    let orphan = try pump.control("export", pump.folder.path("nothing/out"))
    #expect(orphan.code == 66)
    #expect(orphan.errors.contains("make the folder above it first"))
    let file = try pump.folder.write("file", "text")
    #expect(try pump.control("export", file).code == 69)
    #expect(try pump.folder.leftovers() == [])
  }

  @Test("R-040 an export that cannot be written is one line and no folder")
  func leavesNothingWhereItCannotWrite() throws {
    let pump = try RunningPump()
    try pump.liveThroughAKill()
    // As on a full disk: a file of more than a kilobyte cannot be written.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""
    let control = Programs.path("pumpctl")
    let outcome = try Programs.run(
      "/bin/sh",
      ["-c", script, control, "export", pump.folder.path("out"), "--state", pump.state])
    #expect(outcome.code == 69)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("cannot write"), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: pump.folder.path("out")))
    #expect(try pump.folder.leftovers() == [])
  }
}

extension TemporaryFolder {
  /// The rows of a table in which no field of interest holds a comma.
  fileprivate func table(_ name: String) throws -> [[String]] {
    try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  fileprivate func object(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path(name)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  fileprivate func checkSums(of name: String) throws -> Outcome {
    try Programs.run("/bin/sh", "-c", "cd \"$0\" && exec sha256sum -c SHA256SUMS", path(name))
  }

  /// Folders that were begun and not finished.
  fileprivate func leftovers() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0.contains("partial") }
  }
}
