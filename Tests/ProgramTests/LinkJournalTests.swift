import ChildProcess
import DosingCore
import Foundation
import GRDB
import ProgrammerLink
import RawLink
import Synchronization
import Testing

/// The journal of a pump that runs: its alone, and read over the link in the words of one that rests.
@Suite struct LinkJournalTests {
  // MARK: The same over the link and at rest

  private static let options: [[String]] = [
    [], ["--all"], ["--json"], ["--json", "--all"], ["--last", "1"], ["--last", "7", "--all"],
    ["--last", "5", "--kind", "request"], ["--last", "3", "--kind", "key", "started", "--json"],
    ["--last", "100000"], ["--kind", "steps", "lease", "commit"], ["--since", "2026-01-01"],
    ["--since", "2199-01-01"], ["--kind", "ended"], ["--verify"],
  ]

  private static let exported = [
    "delivered.csv", "events.csv", "prescription-1.yaml", "rig.json", "summary.json",
  ]

  @Test("R-091 Log and export say over the link what they say at rest, byte for byte")
  func isTheSame() throws {
    let pump = try RunningPump()
    try pump.liveThroughAKill()
    #expect(try pump.control("stop").code == 0)
    // Nothing may be written down between the two looks: then they are made once more.
    for attempt in 1...10 {
      let before = try pump.control("log", "--json", "--all").output
      let live = try Self.options.map { try pump.log($0) }
      let out = pump.folder.path("live-\(attempt)")
      let export = try pump.control("export", out)
      #expect(export.code == 0 && export.errors.isEmpty, "\(export.errors)")
      pump.process.kill(SIGKILL)
      #expect(pump.process.wait() == 128 + SIGKILL)
      guard try pump.control("log", "--json", "--all").output == before else {
        try pump.startAgain()
        continue
      }
      for (options, outcome) in zip(Self.options, live) {
        let rest = try pump.log(options)
        #expect(outcome.output == rest.output, "\(options)")
        #expect(outcome.code == 0 && rest.code == 0 && outcome.errors.isEmpty, "\(options)")
      }
      try compare(out, pump, export.output)
      return
    }
    Issue.record("the pump wrote something down whenever it was looked at")
  }

  private func compare(_ live: String, _ pump: RunningPump, _ said: String) throws {
    let rest = pump.folder.path("rest")
    let outcome = try pump.control("export", rest)
    #expect(outcome.output.replacing(rest, with: live) == said)
    for name in Self.exported {
      let wanted = try String(contentsOfFile: "\(rest)/\(name)", encoding: .utf8)
      #expect(
        try String(contentsOfFile: "\(live)/\(name)", encoding: .utf8) == wanted && !wanted.isEmpty,
        "\(name)")
    }
    let events = try String(contentsOfFile: "\(live)/events.csv", encoding: .utf8)
    // Whose key it is, and the order of time within a start.
    #expect(events.contains("accepted; test ("))
    try expectOrderOfTime(events)
    for folder in [live, rest] {
      let replay = try Programs.run("pumpsim", "replay", folder)
      #expect(replay.code == 0 && replay.output.contains("all as recorded"), "\(replay.errors)")
      let sums = try Programs.run("/bin/sh", "-c", "cd \"$0\" && sha256sum -c SHA256SUMS", folder)
      #expect(sums.code == 0, "\(sums.errors)")
    }
    // It is a journal without keys.
    let copy = try DatabaseQueue(path: "\(live)/journal.sqlite")
    #expect(try copy.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM keys") } == 0)
  }

  private func expectOrderOfTime(_ events: String) throws {
    var newest: (start: Int64, tick: Int64) = (0, .min)
    for line in events.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",", maxSplits: 6, omittingEmptySubsequences: false)
      let start = try #require(Int64(fields[3]))
      let tick = try #require(Int64(fields[4]))
      #expect((start, tick) >= newest, "\(line)")
      newest = (start, tick)
    }
  }

  @Test("R-091 Who follows a pump misses nothing, under load, over its end and its next start")
  func followsUnderLoad() throws {
    let pump = try RunningPump()
    try pump.program()
    let output = pump.folder.path("followed")
    let errors = pump.folder.path("follow-errors")
    let log = try Child(
      Programs.path("pumpctl"), ["log", "--follow", "--all", "--json", "--state", pump.state],
      output: output, errors: errors, environment: pump.clinician.environment)
    func followed() -> String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
    // Equal stops would be one.
    let both = [FrameKind.resume, .stop].map {
      writeFrame($0, number: 1, body: EmptyBody()).array
    }
    try withThrowingRaws(4, pump) { clients in
      for _ in 0..<8 {
        for client in clients { for frame in both { _ = client.ask(frame) } }
      }
    }
    #expect(pump.end() == 0)
    // Short starts: what is looked up of one may be asked for when it is over.
    for _ in 0..<4 {
      try pump.startAgain()
      #expect(pump.end() == 0)
    }
    try pump.startAgain()
    #expect(try pump.control("resume", "--unsigned").code == 0)
    #expect(pump.end() == 0)
    let all = try pump.log(["--all", "--json"]).output
    try pump.waitUntil("all is shown") { log.hasEnded || followed().utf8.count >= all.utf8.count }
    #expect(try String(contentsOfFile: errors, encoding: .utf8) == "")
    #expect(followed() == all)
    #expect(all.split(separator: "\n").count > 40)
    #expect(!log.hasEnded)
    log.kill(SIGTERM)
    #expect(log.wait() == 128 + SIGTERM)
    #expect(try String(contentsOfFile: errors, encoding: .utf8).isEmpty)
  }

  private func withThrowingRaws(
    _ count: Int, _ pump: RunningPump, _ work: ([RawClient]) throws -> Void
  ) throws {
    try work((0..<count).map { _ in try RawClient(path: pump.socket) })
  }

  @Test("R-091 At rest an end that was cut, and an event behind the end, are found")
  func ends() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(pump.end() == 0)
    let newest = try #require(try pump.entries("--all").last?["id"] as? Int)
    func verify(_ sql: String, _ broken: Int) throws {
      do {
        let journal = try DatabaseQueue(path: pump.state + "/journal.sqlite")
        try journal.write { try $0.execute(sql: sql) }
      }
      let outcome = try pump.control("log", "--verify")
      #expect(outcome.code == 65 && outcome.errors.contains("event \(broken) is broken"))
      let out = pump.folder.path("out-\(broken)")
      #expect(try pump.control("export", out).code == (broken > newest ? 0 : 65))
    }
    try verify(
      "INSERT INTO events SELECT id + 1, tick, utc_ns, monotonic_ns, kind, body, hash, layout "
        + "FROM events WHERE id = \(newest)", newest + 1)
    let summary = try String(
      contentsOfFile: pump.folder.path("out-\(newest + 1)/summary.json"), encoding: .utf8)
    #expect(summary.contains("\"first_broken_entry\" : \(newest + 1)"))
    try verify("DELETE FROM events WHERE id >= \(newest)", newest)
  }

  @Test("R-105 The journal of a pump elsewhere is read through ssh")
  func throughSSH() throws {
    let pump = try RunningPump()
    try pump.program()
    let outcome = try pump.remote("log", "--kind", "request")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.output.contains("commit of proposal"))
    #expect(try pump.remote("log", "--verify").output.contains("events linked, from 1"))
    #expect(try pump.remote("export", pump.folder.path("out")).code == 0)
  }

  // MARK: Whom one believes

  @Test("R-105 Records that were altered, or that another question had, are refused")
  func crookedAnswers() throws {
    let pump = try RunningPump()
    try pump.program()
    for trick in CrookedPump.Trick.allCases {
      let socket = pump.folder.path("crooked.sock")
      let crooked = try CrookedPump(socket, of: pump.socket, trick)
      let outcome = try Programs.run(
        "pumpctl", ["log", "--socket", socket], environment: pump.clinician.environment)
      #expect(crooked.end() > 0)
      #expect(outcome.code == (trick == .none ? 0 : 77), "\(trick): \(outcome.errors)")
      #expect(outcome.output.isEmpty == (trick != .none), "\(trick)")
      #expect(outcome.errorLines.count == (trick == .none ? 0 : 1))
    }
    // Who trusts no pump yet is told so, and can read.
    let stranger = try Programs.run(
      "pumpctl", ["log", "--state", pump.state],
      environment: ["PUMPCTL_PUMPS=\(pump.folder.path("no-pumps"))"])
    #expect(stranger.code == 0 && stranger.output.contains("accepted; test ("))
    #expect(stranger.errorLines.count == 1 && stranger.errors.contains("nobody vouches"))
  }
}

/// Stands in a pump's place, asks it whatever it is asked, and gives other answers about its journal.
private final class CrookedPump: LinkAnswering, Sendable {
  enum Trick: CaseIterable {
    case none, alter, forge, repeatFirst
  }

  private let pump: RawClient
  private let trick: Trick
  private let ending = Atomic<Bool>(false)
  private let hasEnded = Atomic<Bool>(false)
  private let records = Mutex<[[UInt8]]>([])

  init(_ path: String, of socket: String, _ trick: Trick) throws {
    pump = try RawClient(path: socket)
    self.trick = trick
    let server = try LinkServer(path: path)
    let own = Mutex<LinkServer?>(server)
    Thread.detachNewThread { [self] in
      var server = own.withLock { $0.take() }
      server?.run(self)
      server = nil
      hasEnded.store(true, ordering: .releasing)
    }
  }

  /// Returns how many answers about the journal there were.
  func end() -> Int {
    ending.store(true, ordering: .releasing)
    while !hasEnded.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.01) }
    return records.withLock { $0.count }
  }

  var endAsked: Bool { ending.load(ordering: .acquiring) }

  func isRefused(_ fault: FrameFault, from peer: Peer) {}

  func admits(_ peer: Peer) -> Bool { true }

  func takeFinished() -> (client: ClientID, frame: FrameWriter)? { nil }

  func answer(
    _ header: FrameHeader, _ frame: Span<UInt8>, from sender: LinkSender
  ) -> FrameWriter? {
    guard var answer = pump.ask(frame.indices.map { frame[$0] }) else { return nil }
    if header.kind == .askRecords { answer = turned(answer) }
    var writer = FrameWriter()
    for var byte in answer { writer.field(&byte) }
    return writer
  }

  private func turned(_ answer: [UInt8]) -> [UInt8] {
    let first = records.withLock { records in
      records.append(answer)
      return records[0]
    }
    switch trick {
    case .none: return answer
    case .alter:
      var altered = answer
      altered[answer.count / 2] ^= 1
      return altered
    case .forge:
      // The whole answer, by another key.
      var body = RecordsBody()
      guard let header = try? FrameHeader.read(answer.span),
        (try? readBody(answer.span, into: &body)) != nil, let seal = try? Seal.read(answer.span)
      else { return answer }
      let frame = writeFrame(.records, number: header.number, body: body, seal: seal)
      return SigningKey().signed(frame)?.array ?? answer
    case .repeatFirst:
      // With the number of the question in its head, which no signature of another question covers.
      var repeated = first
      repeated.replaceSubrange(12..<16, with: answer[12..<16])
      return records.withLock { $0.count } > 1 ? repeated : answer
    }
  }
}

extension RunningPump {
  fileprivate func log(_ options: [String]) throws -> Outcome {
    try control(["log"] + options, as: clinician)
  }
}
