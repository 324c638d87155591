import Documents
import Glibc
import Testing

@testable import Commissioning

@Suite struct StateDiagnosisTests {
  private func diagnosis(_ facts: StateFacts) -> Diagnosis { .stateDirectory("/s", facts) }

  @Test("a directory is seen as it is, and nothing is made")
  func facts() {
    let folder = Folder()
    let file = folder.write("file", "x")
    #expect(StateFacts(folder.path) == .there(isWritable: true, lock: .free))
    #expect(
      StateFacts(folder.path + "/new") == .missing(parentIsThere: true, canBeMade: true))
    #expect(
      StateFacts(folder.path + "/new/") == .missing(parentIsThere: true, canBeMade: true))
    #expect(
      StateFacts(folder.path + "/no/new") == .missing(parentIsThere: false, canBeMade: false))
    #expect(StateFacts(file) == .notADirectory)
    #expect(StateFacts("no-such-folder") == .missing(parentIsThere: true, canBeMade: true))
  }

  @Test(
    "R-062 what others than the pump's user may reach is named with its mode, and nothing else is")
  func openFiles() throws {
    let folder = Folder()
    #expect(unsafe chmod(folder.path, 0o700) == 0)
    let (own, open) = (folder.write("own", "x"), folder.write("journal.sqlite", "x"))
    #expect(unsafe chmod(own, 0o600) == 0)
    #expect(unsafe chmod(open, 0o600) == 0)
    #expect(Diagnosis.openFiles(OpenFiles(in: folder.path)) == nil)
    #expect(unsafe chmod(open, 0o644) == 0)
    #expect(OpenFiles(in: folder.path).names == ["journal.sqlite 0644"])
    #expect(unsafe chmod(folder.path, 0o750) == 0)
    #expect(OpenFiles(in: folder.path).names == ["the directory 0750", "journal.sqlite 0644"])
    let diagnosis = try #require(Diagnosis.openFiles(OpenFiles(in: folder.path)))
    #expect(diagnosis.state == .warning && diagnosis.found.contains("journal.sqlite 0644"))
    #expect(diagnosis.remedy?.contains("0700") == true)
    #expect(Diagnosis.openFiles(OpenFiles(in: folder.path + "/missing")) == nil)
  }

  @Test("a lock that is held is seen, and not taken")
  func lock() {
    let folder = Folder()
    let lock = unsafe open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { _ = close(lock) }
    #expect(StateFacts(folder.path).pumpRuns == false)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    #expect(StateFacts(folder.path) == .there(isWritable: true, lock: .held))
    #expect(StateFacts(folder.path).pumpRuns == true)
    #expect(flock(lock, LOCK_UN) == 0)
    #expect(StateFacts(folder.path) == .there(isWritable: true, lock: .free))
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
  }

  @Test("a user who may not look does not take it that no pump runs")
  func hidden() {
    #expect(StateFacts.hidden.pumpRuns == nil)
    #expect(StateFacts.there(isWritable: true, lock: .hidden).pumpRuns == nil)
    #expect(StateFacts.missing(parentIsThere: true, canBeMade: true).pumpRuns == false)
    expect(
      diagnosis(.hidden), .error, found: "may not look", remedy: "the user that runs pumpd",
      code: .noPermission)
  }

  @Test func directories() {
    expect(diagnosis(.there(isWritable: true, lock: .free)), .ok, found: "/s", "no pumpd")
    expect(diagnosis(.there(isWritable: true, lock: .held)), .ok, found: "a pumpd runs")
    // Another user's pump runs well where this one may not write.
    expect(diagnosis(.there(isWritable: false, lock: .held)), .ok, found: "a pumpd runs")
    expect(diagnosis(.missing(parentIsThere: true, canBeMade: true)), .ok, found: "pumpd makes it")
    expect(
      diagnosis(.there(isWritable: false, lock: .free)), .error, found: "may not write",
      remedy: "the user that runs pumpd", code: .noPermission)
    expect(
      diagnosis(.there(isWritable: true, lock: .hidden)), .error, found: "may not see",
      remedy: "the user that runs pumpd", code: .noPermission)
    expect(
      diagnosis(.missing(parentIsThere: true, canBeMade: false)), .error, found: "may not make it",
      remedy: "--state", code: .noPermission)
    expect(
      diagnosis(.missing(parentIsThere: false, canBeMade: false)), .error,
      found: "directory above", remedy: "--state", code: .unavailable)
    expect(
      diagnosis(.notADirectory), .error, found: "no directory", remedy: "--state",
      code: .unavailable)
  }
}

@Suite struct SocketDiagnosisTests {
  private func diagnosis(
    _ facts: SocketFacts, _ answer: SocketAnswer?, pumpRuns: Bool = true
  ) -> Diagnosis {
    .socket("/s/pumpd.sock", facts, answer: answer, pumpRuns: pumpRuns)
  }

  private func socket(_ mode: UInt32) -> SocketFacts {
    .socket(mode: mode, owner: "pump", group: "programmers")
  }

  @Test func facts() throws {
    let folder = Folder()
    #expect(SocketFacts(folder.path + "/none") == .missing)
    let file = folder.write("file", "x")
    #expect(SocketFacts(file) == .other)
    #expect(SocketFacts(file + "/below") == .missing)
  }

  @Test func whoMayConnect() {
    expect(
      diagnosis(socket(0o660), .connected), .ok, found: "a pump listens",
      "user pump and group programmers")
    expect(diagnosis(socket(0o600), .connected), .ok, found: "user pump may connect")
    expect(
      diagnosis(socket(0o666), .connected), .ok, found: "everybody may connect, and it asks")
    expect(
      diagnosis(socket(0o660), .noPermission), .error, found: "this user may not connect",
      "group programmers", remedy: "group", code: .noPermission)
  }

  @Test func nobodyIsThere() {
    expect(diagnosis(.missing, .nobodyListens, pumpRuns: false), .ok, found: "not there yet")
    expect(
      diagnosis(.missing, .nobodyListens), .warning, found: "although a pumpd runs",
      remedy: "--socket")
    expect(
      diagnosis(socket(0o660), .nobodyListens, pumpRuns: false), .warning, found: "left over",
      remedy: "replaces it")
  }

  @Test func cannotBeUsed() {
    expect(
      diagnosis(.missing, .pathTooLong), .error, found: "107 bytes", remedy: "--socket",
      code: .unavailable)
    expect(
      diagnosis(.other, nil), .error, found: "no socket", remedy: "--socket", code: .unavailable)
    expect(
      diagnosis(.hidden, .noPermission), .error, found: "may not look",
      remedy: "the user that runs pumpd", code: .noPermission)
    expect(
      diagnosis(socket(0o660), .failed("connect: Protocol wrong type for socket")), .error,
      found: "wrong type", remedy: "log", code: .unavailable)
  }
}
