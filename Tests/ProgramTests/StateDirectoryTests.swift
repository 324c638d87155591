import Foundation
import GRDB
import Testing

/// What a start makes of what it finds in the state directory.
@Suite struct StateDirectoryTests {
  private func names(in pump: KilledPump) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: pump.state)
  }

  private func remove(_ prefix: String, from pump: KilledPump) throws {
    for name in try names(in: pump) where name.hasPrefix(prefix) {
      try FileManager.default.removeItem(atPath: "\(pump.state)/\(name)")
    }
  }

  /// The one line with which a start is refused.
  private func refusal(_ pump: KilledPump, _ more: String...) throws -> String {
    let outcome = try Programs.run("pumpd", pump.arguments + more)
    #expect(outcome.code == 69)
    // What comes before it are lines of the log, which tell what rig it is.
    let lines = outcome.errorLines.filter { !$0.contains(" SIMULATED ") }
    #expect(lines.count == 1, "\(outcome.errors)")
    return String(lines.last ?? "")
  }

  @Test("R-084 basal that ran goes on by itself after a kill, and after an end in order")
  func goesOn() throws {
    let pump = try KilledPump.ended()
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "continuous")
    try pump.waitForSteps(3)
    pump.kill()
    #expect(try pump.start())
    try pump.waitForSteps(3)
    #expect(try pump.account() == [])
  }

  @Test("R-088 a pump that has a history cannot be started as a new one")
  func refusesNew() throws {
    let pump = try KilledPump.ended()
    #expect(try refusal(pump, "--new").contains("holds the history of a pump"))
    #expect(try pump.start())
    try pump.waitForSteps(3)
    pump.terminate()
  }

  @Test("R-089 without its journal a pump goes on with safe basal and no extra doses")
  func losesJournal() throws {
    let pump = try KilledPump.ended()
    try remove("journal.sqlite", from: pump)
    #expect(try pump.start())
    try judgeSafeBasal(pump)
    #expect(try pump.acknowledge() == .accepted)
    try waitUntil("what is prescribed") { try pump.status()?.mode == "continuous" }
    pump.terminate()
  }

  private func judgeSafeBasal(_ pump: KilledPump) throws {
    let status = try #require(try pump.status())
    #expect(status.mode == "safe-basal")
    #expect(status.alarms.contains("history-incomplete"))
    try pump.waitForSteps(3)
    guard case .refused = try pump.bolus(nanograms: 1_000, seconds: 60) else {
      Issue.record("an extra dose without a history")
      return
    }
  }

  @Test("R-089 R-084 without its journal a pump that was stopped stays stopped")
  func losesJournalWhileStopped() throws {
    let pump = try KilledPump()
    #expect(try pump.start(isNew: true))
    #expect(try pump.program(KillTexts.first) == .accepted)
    #expect(try pump.stop() == .accepted)
    pump.kill()
    try remove("journal.sqlite", from: pump)
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "stopped-by-command")
    pump.terminate()
  }

  @Test("R-088 without anything a pump delivers nothing until somebody says what was given")
  func losesEverything() throws {
    let pump = try KilledPump.ended()
    try FileManager.default.removeItem(atPath: pump.state)
    #expect(try pump.start())
    let status = try #require(try pump.status())
    #expect(status.mode == "no-history")
    #expect(status.alarms.contains("no-history"))
    let before = pump.trace.pulses.count
    guard case .refused = try pump.program(KillTexts.first) else {
      Issue.record("a program without a history")
      return
    }
    #expect(pump.trace.pulses.count == before)
    #expect(try pump.beginHistory() == .accepted)
    #expect(try pump.program(KillTexts.first) == .accepted)
    try pump.waitForSteps(3)
    pump.terminate()
  }

  @Test("R-088 R-094 what a pump was told of the last day does not end its basal after a kill")
  func isKilledAfterItsHistoryBegan() throws {
    let pump = try KilledPump()
    #expect(try pump.start())
    // More steps than the interlock lets pass in a minute, all of which count as given now.
    #expect(try pump.beginHistory(delivered: "0.06 mL") == .accepted)
    #expect(try pump.program(KillTexts.first) == .accepted)
    try pump.waitForSteps(3)
    pump.kill()
    #expect(try pump.start())
    try pump.waitForSteps(3)
    #expect(try pump.status()?.mode == "continuous")
    pump.terminate()
  }

  @Test("R-093 R-089 a damaged journal is put aside, and safe basal goes on", arguments: [1, 2, 4])
  func journalIsDamaged(from page: Int) throws {
    let pump = try KilledPump.ended()
    try overwrite("\(pump.state)/journal.sqlite", from: UInt64(page * 4096))
    #expect(try pump.start())
    #expect(pump.log.contains("it was put aside"))
    #expect(try names(in: pump).contains { $0.contains("damaged") })
    try judgeSafeBasal(pump)
    pump.terminate()
  }

  private func overwrite(_ path: String, from start: UInt64) throws {
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    defer { try? file.close() }
    let end = try file.seekToEnd()
    try #require(end > start)
    try file.seek(toOffset: start)
    try file.write(contentsOf: Data(repeating: 0xa5, count: Int(end - start)))
  }

  @Test("R-093 the journal of another pump is refused in one line that says whose it is")
  func refusesOtherSerial() throws {
    let pump = try KilledPump.ended()
    let rig = KillTexts.rig.replacingOccurrences(of: "BP-0001", with: "BP-0002")
    try pump.folder.write("rig.yaml", rig)
    #expect(try refusal(pump).contains("belongs to pump BP-0001"))
  }

  @Test("R-093 a file that is no journal is refused in one line and left as it is")
  func refusesGarbage() throws {
    let pump = try KilledPump.ended()
    try remove("journal.sqlite", from: pump)
    // With a copy of this pump it would go on from there.
    try remove("safe-basal", from: pump)
    let garbage = String(repeating: "no journal\n", count: 1000)
    try garbage.write(
      toFile: "\(pump.state)/journal.sqlite", atomically: false, encoding: .utf8)
    #expect(try refusal(pump).contains("not the journal of a pump"))
    let left = try String(contentsOfFile: "\(pump.state)/journal.sqlite", encoding: .utf8)
    #expect(left == garbage)
  }

  @Test("R-093 the journal of a newer version is refused in one line that names the remedy")
  func refusesNewerSchema() throws {
    let pump = try KilledPump.ended()
    let journal = try DatabaseQueue(path: "\(pump.state)/journal.sqlite")
    try journal.write { database in
      try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('9999 what is to come')")
    }
    try journal.close()
    #expect(try refusal(pump).contains("newer version; use that version"))
  }

  @Test("R-095 with another rig file the committed rig runs, and nobody gets an extra dose")
  func hasOtherRig() throws {
    let pump = try KilledPump.ended()
    let other = KillTexts.rig.replacingOccurrences(of: "max_rate: 24", with: "max_rate: 12")
    try pump.folder.write("rig.yaml", other)
    #expect(try pump.start())
    let status = try #require(try pump.status())
    #expect(status.mode == "continuous")
    #expect(status.alarms.contains("other-rig"))
    try pump.waitForSteps(3)
    guard case .refused = try pump.bolus(nanograms: 3_000, seconds: 60) else {
      Issue.record("an extra dose on another rig")
      return
    }
    pump.terminate()
    try pump.folder.write("rig.yaml", KillTexts.rig)
    #expect(try pump.start())
    #expect(try pump.status()?.alarms.contains("other-rig") == false)
    #expect(try pump.account() == [])
  }
}
