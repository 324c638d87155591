import ChildProcess
import Foundation
import GRDB
import Testing

/// What a pump makes of a state directory that was altered, before its start or while it runs.
@Suite(.serialized) struct StorageTests {
  private static let files = FileManager.default

  private func awaitAlarm(_ code: String, on isOn: Bool = true, _ pump: KilledPump) throws {
    try waitUntil("\(code) \(isOn)") { try pump.status()?.alarms.contains(code) == isOn }
  }

  private func journal(_ pump: KilledPump) -> String { "\(pump.state)/journal.sqlite" }

  private func zero(_ path: String, count: Int? = nil) throws {
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    defer { try? file.close() }
    let size = try count ?? Int(file.seekToEnd())
    try file.seek(toOffset: 0)
    try file.write(contentsOf: Data(count: size))
  }

  private func page(_ pump: KilledPump) throws -> String? {
    try Self.files.contentsOfDirectory(atPath: pump.folder.url.path)
      .first { $0.hasPrefix("pumpd-") && !$0.hasSuffix(".new") }.map { pump.folder.path($0) }
  }

  private func copyAside(_ pump: KilledPump, _ names: [String]) throws {
    for name in names {
      try Self.files.copyItem(
        atPath: "\(pump.state)/\(name)", toPath: pump.folder.path("old-\(name)"))
    }
  }

  private func putBack(_ pump: KilledPump, _ names: [String]) throws {
    for name in names {
      for suffix in ["", "-wal", "-shm"] {
        try? Self.files.removeItem(atPath: "\(pump.state)/\(name)\(suffix)")
      }
      try Self.files.copyItem(
        atPath: pump.folder.path("old-\(name)"), toPath: "\(pump.state)/\(name)")
    }
  }

  private func isPutAside(_ pump: KilledPump) throws -> Bool {
    try Self.files.contentsOfDirectory(atPath: pump.state).contains { $0.contains(".damaged-") }
  }

  private func expectSafeBasal(_ pump: KilledPump) throws {
    let status = try #require(try pump.status())
    #expect(status.mode == "safe-basal" && status.alarms.contains("history-incomplete"))
    try pump.waitForSteps(2)
    guard case .refused = try pump.patientBolus() else {
      Issue.record("a bolus without a history")
      return
    }
  }

  // MARK: Before a start

  enum Damage: CaseIterable { case firstPage, all, applicationID, text }

  private func damage(_ path: String, _ damage: Damage) throws {
    switch damage {
    case .firstPage: try zero(path, count: 4096)
    case .all: try zero(path)
    case .applicationID:
      let file = try #require(FileHandle(forUpdatingAtPath: path))
      try file.seek(toOffset: 68)
      try file.write(contentsOf: Data([0x48]))
      try file.close()
    case .text:
      try String(repeating: "no journal\n", count: 1000)
        .write(toFile: path, atomically: false, encoding: .utf8)
    }
  }

  @Test(
    "R-089 R-093 a journal that is none any more is put aside, and what the copies say goes on",
    arguments: Damage.allCases)
  func damagedWithCopies(_ kind: Damage) throws {
    let pump = try KilledPump.ended()
    try damage(journal(pump), kind)
    #expect(try pump.start())
    #expect(try isPutAside(pump))
    try expectSafeBasal(pump)
    pump.kill()
    // What was begun anew is the same history: the next start has nothing to put aside.
    #expect(try pump.start())
    #expect(!pump.log.contains("put aside"))
    pump.terminate()
  }

  @Test("R-088 R-093 a wiped journal without copies: nothing is known, nothing is delivered")
  func wipedWithoutCopies() throws {
    let pump = try KilledPump.ended()
    try zero(journal(pump))
    for copy in ["a", "b"] {
      try Self.files.removeItem(atPath: "\(pump.state)/safe-basal.\(copy)")
    }
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "no-history")
    #expect(try isPutAside(pump))
    pump.terminate()
  }

  @Test("R-089 R-093 the journal of another pump is put aside where the copies are this one's")
  func foreignWithCopies() throws {
    let pump = try KilledPump.ended()
    let database = try DatabaseQueue(path: journal(pump))
    try database.write { try $0.execute(sql: "UPDATE pump SET serial = 'BP-0009'") }
    try database.close()
    #expect(try pump.start())
    #expect(pump.log.contains("belongs to pump BP-0009"))
    #expect(try isPutAside(pump))
    try expectSafeBasal(pump)
    pump.terminate()
  }

  @Test(
    "R-093 the root page of the events is damaged: a new journal of the same history while it runs")
  func eventsAreDamaged() throws {
    let pump = try KilledPump.ended()
    let database = try DatabaseQueue(path: journal(pump))
    let root = try database.read {
      try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'events'")
    }
    try database.close()
    let file = try #require(FileHandle(forUpdatingAtPath: journal(pump)))
    try file.seek(toOffset: UInt64((try #require(root) - 1) * 4096))
    try file.write(contentsOf: Data(repeating: 0xa5, count: 4096))
    try file.close()
    #expect(try pump.start())
    try waitUntil("a new journal") { try isPutAside(pump) }
    let before = try #require(try pump.status()).durableCommit
    try waitUntil("it is leased") { try (pump.status()?.durableCommit ?? 0) > before + 1 }
    let status = try #require(try pump.status())
    #expect(status.mode == "continuous" && status.alarms.isEmpty)
    // The key came along: whoever was enrolled is obeyed.
    #expect(try pump.patientBolus() == .accepted)
    pump.kill()
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "continuous")
    let log = try Programs.run("pumpctl", "log", "--state", pump.state, "--kind", "journal")
    #expect(log.output.contains("was damaged and put aside"), "\(log)")
    pump.terminate()
  }

  @Test("R-089 a journal alone put back after a bolus is seen: no bolus for a day")
  func journalPutBack() throws {
    let pump = try KilledPump.ended()
    try copyAside(pump, ["journal.sqlite"])
    #expect(try pump.start())
    #expect(try pump.patientBolus() == .accepted)
    pump.terminate()
    try putBack(pump, ["journal.sqlite"])
    #expect(try pump.start())
    #expect(pump.log.contains("the journal is older than what was done"))
    try expectSafeBasal(pump)
    #expect(try pump.acknowledge() == .accepted)
    guard case .refused = try pump.patientBolus() else {
      Issue.record("a bolus within the lockout")
      return
    }
    pump.terminate()
  }

  @Test("R-089 copies that were put back: the journal is believed, and they are written anew")
  func copiesPutBack() throws {
    let pump = try KilledPump.ended()
    try copyAside(pump, ["safe-basal.a", "safe-basal.b"])
    #expect(try pump.start())
    #expect(try pump.stop() == .accepted)
    pump.terminate()
    try putBack(pump, ["safe-basal.a", "safe-basal.b"])
    #expect(try pump.start())
    #expect(pump.log.contains("older than the journal, and is written anew"))
    let status = try #require(try pump.status())
    #expect(status.mode == "stopped-by-command" && !status.alarms.contains("history-incomplete"))
    pump.kill()
    #expect(try pump.start())
    #expect(!pump.log.contains("older than the journal"))
    pump.terminate()
  }

  @Test(
    "R-089 R-093 a copy that is a directory is an alarm, and nothing else", arguments: ["a", "b"])
  func copyIsDirectory(copy: String) throws {
    let pump = try KilledPump.ended()
    let path = "\(pump.state)/safe-basal.\(copy)"
    try Self.files.removeItem(atPath: path)
    try Self.files.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(try pump.start())
    try awaitAlarm("copy-fails", pump)
    #expect(try pump.status()?.mode == "continuous")
    #expect(try pump.patientBolus() == .accepted)
    #expect(try pump.stop() == .accepted)
    // Mended, it is written within a second, and the alarm ends by itself.
    try Self.files.removeItem(atPath: path)
    try awaitAlarm("copy-fails", on: false, pump)
    #expect(Self.files.fileExists(atPath: path))
    pump.terminate()
  }

  // MARK: While it runs

  @Test("R-093 a state directory that is taken away is an alarm; put back, it heals")
  func directoryTakenAway() throws {
    let pump = try KilledPump.delivering()
    let away = pump.folder.path("away")
    #expect(unsafe rename(pump.state, away) == 0)
    // The socket went with it.
    func alarms() throws -> [String] {
      let outcome = try Programs.run("pumpctl", "status", "--json", "--state", away)
      return outcome.code == 0 ? try KilledStatus(outcome.output).alarms : []
    }
    try waitUntil("storage-lost") { try alarms().contains("storage-lost") }
    // Where nobody will look for it, nothing counts as written.
    try waitUntil("storage-failed") { try alarms().contains("storage-failed") }
    try pump.waitForSteps(3)
    #expect(unsafe rename(away, pump.state) == 0)
    let before = try #require(try pump.status()).durableCommit
    try waitUntil("commits") { try (pump.status()?.durableCommit ?? 0) > before }
    // It stays on until somebody has seen it.
    #expect(try pump.status()?.alarms.contains("storage-lost") == true)
    #expect(try pump.acknowledge() == .accepted)
    try awaitAlarm("storage-lost", on: false, pump)
    pump.kill()
    #expect(try pump.start())
    #expect(try pump.status()?.mode == "continuous")
    pump.terminate()
  }

  @Test("R-093 R-084 a journal that is removed while it runs is begun anew, with all that is known")
  func journalRemoved() throws {
    let pump = try KilledPump.delivering()
    for suffix in ["", "-wal", "-shm"] {
      try? Self.files.removeItem(atPath: journal(pump) + suffix)
    }
    try awaitAlarm("storage-lost", pump)
    try waitUntil("a new journal") { Self.files.fileExists(atPath: journal(pump)) }
    let before = try #require(try pump.status()).durableCommit
    try waitUntil("commits") { try (pump.status()?.durableCommit ?? 0) > before }
    // It is signed from its first commit on, with what it goes on after.
    let report = try Programs.run(
      "pumpctl", ["log", "--verify", "--state", pump.state],
      environment: ["PUMPCTL_PUMPS=\(pump.folder.path("no-pumps"))"])
    #expect(report.code == 0 && report.output.contains("signed up to"), "\(report.errors)")
    #expect(try pump.stop() == .accepted)
    pump.kill()
    #expect(try pump.start())
    let status = try #require(try pump.status())
    #expect(status.mode == "stopped-by-command" && !status.alarms.contains("history-incomplete"))
    #expect(try pump.resume() == .accepted)
    let log = try Programs.run("pumpctl", "log", "--state", pump.state, "--kind", "journal")
    #expect(log.output.contains("taken away while the pump ran; goes on after event"), "\(log)")
    pump.terminate()
  }

  @Test(
    "R-083 R-093 a run page that is removed is made anew: a kill then leaves a step in doubt at most"
  )
  func pageRemoved() throws {
    let pump = try KilledPump.delivering()
    let path = try #require(try page(pump))
    try Self.files.removeItem(atPath: path)
    try awaitAlarm("storage-lost", pump)
    try waitUntil("a new page") { Self.files.fileExists(atPath: path) }
    try pump.waitForSteps(3)
    pump.kill()
    #expect(try pump.start())
    #expect(!pump.log.contains("the run page is gone"))
    #expect(try #require(try pump.status()).stepsInDoubt <= 1)
    pump.terminate()
  }

  @Test("R-083 a kill where the run page has gone says why steps are in doubt")
  func pageGone() throws {
    let pump = try KilledPump.delivering()
    pump.kill()
    try Self.files.removeItem(atPath: try #require(try page(pump)))
    #expect(try pump.start())
    #expect(pump.log.contains("the run page is gone"))
    #expect(try #require(try pump.status()).stepsInDoubt > 1)
    pump.terminate()
  }

  @Test("R-083 an end in order leaves no run page, and a kill does")
  func pageEnds() throws {
    let pump = try KilledPump.delivering()
    #expect(try page(pump) != nil)
    pump.kill()
    #expect(try page(pump) != nil)
    #expect(try pump.start())
    pump.terminate()
    #expect(try page(pump) == nil)
  }

  @Test("R-083 pages of pumps whose directory is gone are removed at a start, and no other")
  func leftPages() throws {
    let dead = try KilledPump.delivering()
    dead.kill()
    let left = try #require(try page(dead))
    let pump = try KilledPump.ended()
    let name = URL(fileURLWithPath: left).lastPathComponent
    try Self.files.copyItem(atPath: left, toPath: pump.folder.path(name))
    #expect(try pump.start())
    #expect(Self.files.fileExists(atPath: pump.folder.path(name)))
    pump.terminate()
    try Self.files.removeItem(atPath: dead.state)
    #expect(try pump.start())
    #expect(!Self.files.fileExists(atPath: pump.folder.path(name)))
    pump.terminate()
  }

  @Test("R-083 a copy of a state directory that runs at the same time does not share the run page")
  func copyRunsToo() throws {
    let pump = try KilledPump.ended()
    let other = pump.folder.path("other")
    try Self.files.copyItem(atPath: pump.state, toPath: other)
    try? Self.files.removeItem(atPath: "\(other)/pumpd.sock")
    #expect(try pump.start())
    let first = try page(pump)
    let child = try Child(
      Programs.path("pumpd"), ["--rig", pump.folder.path("rig.yaml"), "--state", other],
      output: "/dev/null", errors: pump.folder.path("other-log"),
      environment: ["RUNTIME_DIRECTORY=\(pump.folder.url.path)"])
    func pages() throws -> Int {
      try Self.files.contentsOfDirectory(atPath: pump.folder.url.path)
        .count { $0.hasPrefix("pumpd-") }
    }
    try waitUntil("a page of its own") { try pages() == 2 }
    #expect(first != nil)
    child.kill(SIGKILL)
    _ = child.wait()
    try pump.waitForSteps(3)
    pump.kill()
    #expect(try pump.start())
    #expect(try pump.account() == [])
  }

  @Test("R-093 a socket that is removed is made again")
  func socketRemoved() throws {
    let pump = try KilledPump.delivering()
    try Self.files.removeItem(atPath: "\(pump.state)/pumpd.sock")
    try waitUntil("the socket") { try pump.status() != nil }
    #expect(pump.log.contains("was taken away; it was made again"))
    pump.terminate()
    #expect(!Self.files.fileExists(atPath: "\(pump.state)/pumpd.sock"))
  }

  @Test("R-093 the directory itself is locked: by whichever path, a second pump is refused")
  func lockedDirectory() throws {
    let pump = try KilledPump.delivering()
    let link = pump.folder.path("link")
    unsafe symlink(pump.state, link)
    #expect(!Self.files.fileExists(atPath: "\(pump.state)/lock"))
    let errors = pump.folder.path("second")
    let second = try Child(
      Programs.path("pumpd"), ["--rig", pump.folder.path("rig.yaml"), "--state", link],
      output: "/dev/null", errors: errors)
    try waitUntil("the second one ends") { second.hasEnded }
    #expect(second.wait() == 69)
    #expect(try String(contentsOfFile: errors, encoding: .utf8).contains("another pumpd holds"))
    pump.terminate()
  }
}
