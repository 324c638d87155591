import ChildProcess
import Foundation
import GRDB
import Testing

/// What a pump that runs has for itself.
@Suite struct OwnFilesTests {
  @Test("R-093 R-062 The files of a pump are its own, and no lock of others holds it up")
  func isItsOwn() throws {
    let pump = try RunningPump()
    try pump.program()
    let own = try pump.modes()
    #expect(own["."] == 0o700)
    for (name, mode) in own where name != "." && name != "pumpd.sock" {
      #expect(mode == 0o600, "\(name)")
    }
    #expect(own.keys.contains("journal.sqlite-wal") && !own.keys.contains("journal.sqlite-shm"))
    // Somebody tries what would once have stopped each commit: to read, and to hold locks.
    var reader = Configuration()
    reader.readonly = true
    #expect(throws: DatabaseError.self) {
      let journal = try DatabaseQueue(path: pump.state + "/journal.sqlite", configuration: reader)
      _ = try journal.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM events") }
    }
    let shared = pump.state + "/journal.sqlite-shm"
    let locks = [shared, pump.state + "/journal.sqlite-wal"].map { path in
      let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      for start in [0, 100, 120, 123] {
        var lock = flock()
        (lock.l_type, lock.l_whence) = (Int16(F_WRLCK), Int16(SEEK_SET))
        (lock.l_start, lock.l_len) = (off_t(start), 1)
        _ = unsafe fcntl(file, F_SETLK, &lock)
      }
      return file
    }
    defer { for file in locks { close(file) } }
    for _ in 0..<3 {
      #expect(try pump.control("stop").code == 0)
      #expect(try pump.control("resume").code == 0)
    }
    #expect(try pump.control("bolus", "--dose", "1 ug", "--duration", "2 min").code == 0)
    #expect(!(try pump.control("status").output.contains("storage")))
  }

  @Test(
    "R-062 What was open to others is the pump's alone from its next start on, and the log says so")
  func isTightened() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(pump.end() == 0)
    #expect(!pump.log.contains("was open to other users"))
    func open(_ name: String, _ mode: Int) throws {
      try FileManager.default.setAttributes(
        [.posixPermissions: mode], ofItemAtPath: pump.state + name)
    }
    try open("", 0o755)
    try open("/journal.sqlite", 0o644)
    try open("/safe-basal.b", 0o640)
    try pump.startAgain()
    let own = try pump.modes()
    #expect(own["."] == 0o700 && own["journal.sqlite"] == 0o600 && own["safe-basal.b"] == 0o600)
    let log = try String(contentsOfFile: pump.folder.path("log-again"), encoding: .utf8)
    #expect(
      log.contains("was open to other users (the directory, journal.sqlite, safe-basal.b)"),
      "\(log)")
    #expect(try pump.word("mode") == "continuous")
  }

  @Test("R-093 Who looks at a journal at rest keeps no pump from starting, and sees it go on")
  func startsWhileSomebodyLooks() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(pump.end() == 0)
    let output = pump.folder.path("followed")
    let log = try Child(
      Programs.path("pumpctl"), ["log", "--follow", "--state", pump.state], output: output,
      errors: "/dev/null", environment: pump.clinician.environment)
    func count(_ word: String) -> Int {
      let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
      return text.split(separator: "\n").count { $0.contains(word) }
    }
    try pump.waitUntil("the end is shown") { count(" ended ") == 1 }
    try pump.startAgain()
    try pump.waitUntil("the next start is shown") { count(" started ") == 2 }
    log.kill(SIGTERM)
    #expect(log.wait() == 128 + SIGTERM)
  }

  @Test("R-064 A journal whose pump does not answer is told in one line")
  func doesNotAnswer() throws {
    let pump = try RunningPump()
    let elsewhere = pump.folder.path("elsewhere.sock")
    #expect(pump.end() == 0)
    let process = try Child(
      Programs.path("pumpd"),
      ["--rig", pump.folder.path("rig.yaml"), "--state", pump.state, "--socket", elsewhere],
      output: "/dev/null", errors: "/dev/null")
    try pump.waitUntil("it listens") { FileManager.default.fileExists(atPath: elsewhere) }
    for command in [["log"], ["log", "--verify"], ["export", pump.folder.path("out")]] {
      let outcome = try pump.control(command, as: pump.clinician)
      #expect(outcome.code == 69 && outcome.output.isEmpty)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains("a pump holds it and does not answer"), "\(outcome.errors)")
      let answered = try pump.control(
        command + ["--socket", elsewhere], as: pump.clinician)
      #expect(answered.code == 0, "\(answered.errors)")
    }
    // Where no directory is meant, none is read in place of a pump.
    let other = try Programs.run("pumpctl", "log", "--socket", pump.folder.path("nobody"))
    #expect(other.code == 69 && other.errors.contains("no pump listens at"))
    process.kill(SIGTERM)
    #expect(process.wait() == 0)
  }
}

extension RunningPump {
  /// Who may do what with the state directory, `.`, and each of its files.
  fileprivate func modes() throws -> [String: Int] {
    var modes: [String: Int] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: state) + ["."] {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(state)/\(name)")
      modes[name] = attributes[.posixPermissions] as? Int
    }
    return modes
  }
}
