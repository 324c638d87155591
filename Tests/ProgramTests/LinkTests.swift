import CKernelWorld
import ChildProcess
import DosingCore
import Foundation
import Glibc
import ProgrammerLink
import Quantities
import RawLink
import Testing

@Suite struct LinkTests {
  @Test(
    "R-100 R-101 R-104 R-105 Through a relay that cheats, therapy changes only by what was signed, once",
    arguments: [1, 2] as [UInt64])
  func crookedRelay(seed: UInt64) throws {
    print("a relay that cheats, seed \(seed)")
    let story = try LinkStory(seed: seed)
    story.play(rounds: Int(ProcessInfo.processInfo.environment["PUMP_ROUNDS"] ?? "") ?? 150)
    #expect(try story.violations() == [])
    // The story is one of changes and of tricks, not of silence.
    #expect(story.accepted.values.reduce(0, +) > 20)
    #expect(story.refused > 5 && story.unanswered > 5)
    for trick in CrookedRelay.Trick.allCases {
      #expect(story.relay.tricks[trick, default: 0] > 0, "\(trick)")
    }
    print(
      "accepted \(story.accepted.values.reduce(0, +)), refused \(story.refused), no answer "
        + "\(story.unanswered), tricks \(story.relay.tricks)")

    // All that was ever sent, once more, to the pump that comes after a kill.
    let before = try story.carriedOut()
    story.pump.process.kill(SIGKILL)
    #expect(story.pump.process.wait() == 128 + SIGKILL)
    try story.pump.startAgain()
    let pump = try RawClient(path: story.pump.socket)
    for request in story.relay.requests { _ = pump.ask(request) }
    #expect(try story.carriedOut() == before)
    #expect(try story.violations() == [])
    #expect(story.pump.end() == 0)
  }

  @Test("R-101 The number of a command is durable: after a kill it is still used up")
  func durableNumber() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control("bolus", "--yes", "--dose", "10 ug", "--duration", "10 min").code == 0)
    let number = try pump.newestNumber()
    #expect(number == 3)
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    try pump.startAgain()
    #expect(try pump.newestNumber() == number)
    #expect(try pump.control("stop", "--signed").code == 0)
    #expect(try pump.newestNumber() == number + 1)
  }

  @Test("R-103 Frames that are refused are counted in the status and in the journal")
  func countsRefusals() throws {
    let pump = try RunningPump()
    try pump.program()
    let raw = try RawClient(path: pump.socket)
    let bolus = writeFrame(.bolus, number: 1, body: BolusBody()).array
    for _ in 0..<50 {
      let answer = try #require(raw.ask(bolus))
      var body = RejectedBody()
      try readBody(answer.span, into: &body)
      #expect(body.fault == .notPermitted)
    }
    #expect(try pump.number("frames_refused") == 50)
    #expect(pump.end() == 0)
    let entries = try pump.entries("--kind", "refused-frames")
    let counts = entries.compactMap { ($0["frames_refused"] as? [String: Int])?["unsigned"] }
    // The first at once; the others when a minute has passed, or at the end.
    #expect(counts.count <= 2 && counts.reduce(0, +) == 50)
    // As many as there are, they take few lines.
    #expect(pump.log.split(separator: "\n").count { $0.contains("refused bolus") } < 10)
  }

  @Test("R-106 R-107 Stop works when all keys are lost, and root resumes what was stopped so")
  func stopWithoutKeys() throws {
    let pump = try RunningPump()
    try pump.program()
    let key = try pump.keys().prefix(16)
    #expect(try pump.control("key", "revoke", "--unsigned", String(key)).code == 0)
    #expect(try pump.control("resume").code == 77)
    #expect(try pump.control("stop").code == 0)
    #expect(try pump.word("mode") == "stopped-by-command")
    #expect(pump.log.contains("unsigned: accepted"))
    // A kill between does not make it another stop.
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    try pump.startAgain()
    #expect(try pump.word("mode") == "stopped-by-command")
    #expect(try pump.control("resume").code == 77)
    #expect(try pump.control("resume", "--unsigned").code == 0)
    #expect(try pump.word("mode") == "continuous")
  }

  private static let mayFreeze = KillPoints.isPermitted

  @Test(
    "R-084 R-106 A stop that a hung tick thread never decides holds after the kill",
    .enabled(if: mayFreeze, "needs the permission to trace a process"))
  func stopWhileTheTickHangs() throws {
    let pump = try RunningPump()
    try pump.program()
    let tick = try pump.thread("tick")
    #expect(ckw_stop_thread(tick) == 0)
    // The interlock is shut; what the tick will make of it nobody knows.
    #expect(try pump.control("stop").code == 69)
    #expect(try pump.word("mode") == "continuous")
    pump.process.kill(SIGKILL)
    // Whoever traces a thread has to see its end.
    var status: Int32 = 0
    _ = unsafe waitpid(tick, &status, Int32(bitPattern: UInt32(__WALL)))
    #expect(pump.process.wait() == 128 + SIGKILL)
    try pump.startAgain()
    #expect(try pump.word("mode") == "stopped-by-command")
    #expect(try pump.control("resume", "--unsigned").code == 0)
  }

  @Test("R-107 A stop with a key is resumed with a key alone, whoever stops it once more without")
  func signedStop() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control("stop", "--signed").code == 0)
    #expect(try pump.control("stop").code == 0)
    #expect(try pump.control("resume", "--unsigned").code == 77)
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    try pump.startAgain()
    #expect(try pump.control("resume", "--unsigned").code == 77)
    #expect(try pump.control("resume").code == 0)
  }

  @Test("R-106 Through a relay root itself cannot stop the pump unsigned, and a key can")
  func relayedStop() throws {
    let pump = try RunningPump()
    try pump.program()
    let raw = try RawClient(path: pump.socket)
    _ = raw.ask(writeFrame(.relayed, number: 0, body: EmptyBody()).array)
    let stop = writeFrame(.stop, number: 1, body: EmptyBody()).array
    let answer = try #require(raw.ask(stop))
    var body = RejectedBody()
    try readBody(answer.span, into: &body)
    #expect(body.fault == .notPermitted)
    #expect(try pump.word("mode") == "continuous")
    // The connection cannot take back what it said, and its steps go on.
    #expect(try pump.remote("stop").code == 0)
    #expect(try pump.word("mode") == "stopped-by-command")
  }

  @Test("R-106 The relay itself says that it is one: nothing unsigned passes, though root runs it")
  func throughTheRelay() throws {
    let pump = try RunningPump()
    try pump.program()
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    #expect(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0)
    let (near, far, path) = (ends[0], ends[1], pump.socket)
    let relay = Thread {
      var relay = try? LinkRelay(path: path)
      try? relay?.run(input: far, output: far)
      _ = close(far)
    }
    relay.start()
    var client = LinkClient(stream: near)
    for kind in [FrameKind.stop, .resume, .enroll, .revoke] {
      guard case .rejected(.notPermitted) = try client.ask(kind).reply else {
        Issue.record("\(kind) passed")
        continue
      }
    }
    guard case .status(let status) = try client.ask(.askStatus).reply else {
      Issue.record("no status")
      return
    }
    #expect(status.mode == .continuous)
  }

  @Test("R-107 A stop with a key that meets a resume on its way is still a stop with a key")
  func stopMeetsResume() throws {
    let pump = try RunningPump()
    try pump.program()
    let key = SigningKey()
    try pump.enroll(key, role: "technician", name: "tom")
    for _ in 0..<10 {
      #expect(try pump.control("stop", "--signed").code == 0)
      var asker = try LinkClient(path: pump.socket)
      guard case .status(let status) = try asker.ask(.askStatus, as: key.id).reply else { return }
      func frame(_ kind: FrameKind, _ step: Int64) throws -> [UInt8] {
        var seal = Seal()
        (seal.serial, seal.key) = (status.serial, key.id)
        (seal.number, seal.challenge) = (status.newestNumber + step, status.challenge)
        let frame = writeFrame(kind, number: 1, body: EmptyBody(), seal: seal)
        return try #require(key.signed(frame)).array
      }
      let (first, second) = (try RawClient(path: pump.socket), try RawClient(path: pump.socket))
      #expect(first.send(try frame(.resume, 1)))
      #expect(second.send(try frame(.stop, 2)))
      _ = (first.receive(), second.receive())
      // Whichever came first, who has no key may not end it; the pump stands.
      #expect(try pump.control("stop").code == 0)
      #expect(try pump.control("resume", "--unsigned").code == 77)
      #expect(try pump.control("resume").code == 0)
    }
  }

  @Test("R-105 Nothing is signed for another pump, or another patient, than was shown")
  func anotherPump() throws {
    let pump = try RunningPump()
    try pump.program()
    let other = try RunningPump(
      rig: Texts.rig.replacingOccurrences(of: "BP-0001", with: "BP-0002"))
    try other.program(Texts.prescription.replacingOccurrences(of: "BENCH-01", with: "BENCH-02"))
    let key = SigningKey()
    var pumps: [(serial: Label, key: VerifyingKey)] = []
    for running in [pump, other] {
      try running.enroll(key, role: "clinician", name: "anna")
      var client = try LinkClient(path: running.socket)
      let answered = try client.ask(.askKeys)
      guard case .keys(let keys) = answered.reply else { return }
      pumps.append((answered.seal.serial, try #require(VerifyingKey(bytes: keys.pumpKey))))
    }
    let known = pumps
    var programmer = Programmer(try LinkClient(path: pump.socket), key: key) { serial in
      known.first { $0.serial == serial }?.key
    }
    #expect(try programmer.status().serial.count > 0)
    programmer.reconnect(try LinkClient(path: other.socket))
    #expect(throws: LinkError.otherPump) {
      try programmer.order(.bolus, BolusBody(dose: Mass(nanograms: 10_000), duration: .minutes(10)))
    }
    #expect(try other.status()["extra_dose"] == nil)
  }

  @Test("R-103 A pump whose identity or keys are damaged goes on delivering")
  func damagedIdentity() throws {
    let pump = try RunningPump()
    try pump.program()
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    try "xyz".write(toFile: pump.state + "/identity", atomically: true, encoding: .utf8)
    try pump.startAgain(code: 77)
    let status = try pump.programmerWithoutTrust("status", "--json")
    #expect(status.contains("\"mode\":\"continuous\""))
    // Nobody takes it for the old one before he says so.
    #expect(try pump.control("stop", "--signed").code == 77)
    #expect(try pump.control("key", "trust").code == 0)
    #expect(try pump.control("stop", "--signed").code == 0)
  }

  @Test("R-105 A pump elsewhere is programmed through ssh; an impostor is not believed")
  func throughSSH() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.remote("status").output.contains("signed by the pump"))
    #expect(try pump.remote("patient-bolus").code == 0)
    #expect(try pump.control("stop").code == 0)
    #expect(try pump.remote("resume", "--unsigned").code == 77)
    #expect(try pump.control("resume", "--unsigned").code == 0)
    // Another pump with the same serial in its place.
    let other = try RunningPump()
    for command in [
      ["status"], ["stop"], ["bolus", "--yes", "--dose", "10 ug", "--duration", "10 min"],
    ] {
      let outcome = try other.control(command, as: pump.clinician)
      #expect(outcome.code == (command[0] == "stop" ? 69 : 77), "\(command): \(outcome.errors)")
      #expect(outcome.errorLines.count == 1)
    }
  }

  @Test("R-104 A script commits what it has seen, and nothing else")
  func yesAndDigest() throws {
    let pump = try RunningPump()
    let file = try pump.folder.write("prescription.yaml", Texts.prescription)
    let seen = try pump.control(["program", file], as: pump.clinician, input: "/dev/null")
    #expect(seen.code == 0 && seen.errors.contains("nothing was changed"))
    #expect(try pump.word("mode") == "no-therapy")
    let digest = try #require(
      seen.output.split(separator: "\n").first { $0.hasPrefix("digest") }?.split(separator: " ")
        .last)
    #expect(try pump.control("program", file, "--yes").code == 64)
    #expect(try pump.control("program", file, "--digest", String(digest)).code == 64)
    let wrong = String(digest.dropLast()) + (digest.last == "0" ? "1" : "0")
    #expect(try pump.control("program", file, "--yes", "--digest", wrong).code == 65)
    #expect(try pump.word("mode") == "no-therapy")
    #expect(try pump.control("program", file, "--yes", "--digest", String(digest)).code == 0)
    #expect(try pump.word("mode") == "continuous")
    // Beside the order that is in force now it is another change.
    #expect(try pump.control("program", file, "--yes", "--digest", String(digest)).code == 65)
  }

  @Test("R-108 A patient asks for the prescribed bolus, and for nothing else")
  func patient() throws {
    let pump = try RunningPump()
    try pump.program()
    let patient = try pump.programmer(role: "patient")
    for command in [
      ["bolus", "--yes", "--dose", "10 ug", "--duration", "10 min"], ["stop", "--signed"],
      ["resume"],
      ["acknowledge"], ["new", "--delivered-24h", "0 mL"], ["key", "revoke", "0123456789abcdef"],
      ["program", pump.folder.path("prescription.yaml")],
    ] {
      #expect(try pump.control(command, as: patient).code == 77, "\(command)")
    }
    #expect(try pump.control(["patient-bolus"], as: patient).code == 0)
    #expect(try pump.word("extra_dose") == "patient-bolus")
  }

  @Test("R-109 Nobody but root enrolls a key, not even the pump's own user or a relay of root")
  func enrolling() throws {
    let pump = try RunningPump()
    let raw = try RawClient(path: pump.socket)
    _ = raw.ask(writeFrame(.relayed, number: 0, body: EmptyBody()).array)
    let enroll = writeFrame(
      .enroll, number: 1,
      body: EnrollBody(role: .clinician, publicKey: SigningKey().verifying.bytes)
    ).array
    let answer = try #require(raw.ask(enroll))
    #expect(try FrameHeader.read(answer.span).kind == .rejected)
    #expect(try pump.keys().split(separator: "\n").count == 1)
    for (arguments, code) in [
      (["--role", "king", "--name", "x", Enrolment.publicKey], 64),
      (["--role", "clinician", "--name", "", Enrolment.publicKey], 64),
      (["--role", "clinician", "--name", "x", "12ab"], 65),
      (["--role", "clinician", "--name", "x", Enrolment.publicKey], 65),
    ] {
      let outcome = try Programs.run("pumpd", ["enroll", "--state", pump.state] + arguments)
      #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
      #expect(outcome.errorLines.count == 1)
    }
  }
}
