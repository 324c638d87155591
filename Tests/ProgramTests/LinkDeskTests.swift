import DosingCore
import Durability
import Engine
import Foundation
import Hardware
import Journal
import ProgrammerLink
import Quantities
import Testing

@testable import pumpd

/// The link thread's side, with a storage that writes only when it is told to.
@Suite(.serialized) struct LinkDeskTests {
  @Test("R-104 While a commit is on its way no other is taken: what it replaces is not known")
  func commitWhileOneIsOnItsWay() throws {
    let bench = try DeskBench()
    let first = try bench.propose(microgramsPerDay: 300)
    #expect(bench.send(.commit, CommitBody(digest: first)) == nil)
    #expect(bench.isQuiet)
    // Shown beside the order of before, of which nobody knows whether it is still in force.
    let second = try bench.propose(microgramsPerDay: 200)
    let refused = try #require(bench.send(.commit, CommitBody(digest: second)))
    #expect(refused.fault == .noSuchProposal)
    bench.isWriting = true
    #expect(try bench.outcome().isAccepted)
    #expect(bench.wait { bench.status.mode == .continuous })
    // Once it is durable the next one is compared with it, and taken.
    let third = try bench.propose(microgramsPerDay: 200)
    #expect(bench.send(.commit, CommitBody(digest: third)) == nil)
    #expect(try bench.outcome().isAccepted)
  }

  @Test("R-104 R-122 A proposal is void once the clock beside which it was shown is another one")
  func clockBetween() throws {
    let bench = try DeskBench()
    bench.isWriting = true
    try bench.program(microgramsPerDay: 300)
    // Of two keys, so that the second proposal does not take the place of the first.
    let shown = try bench.propose(microgramsPerDay: 200)
    let clock = ProposedChange.clock(ClockChange(utcOffset: .hours(2)))
    let moved = try bench.propose(clock, bySecond: true)
    #expect(bench.send(.commit, CommitBody(digest: moved), bySecond: true) == nil)
    #expect(try bench.outcome().isAccepted)
    let refused = try #require(bench.send(.commit, CommitBody(digest: shown)))
    #expect(refused.fault == .noSuchProposal)
    // Shown once more, it is committed.
    let again = try bench.propose(microgramsPerDay: 200)
    #expect(again.indices.contains { again[$0] != shown[$0] })
    #expect(bench.send(.commit, CommitBody(digest: again)) == nil)
    #expect(try bench.outcome().isAccepted)
  }

  @Test(
    "R-122 A rig that is told as accepted is in the journal, and changes nothing before a start")
  func rigForTheNextStart() throws {
    let bench = try DeskBench()
    bench.isWriting = true
    try bench.program(microgramsPerDay: 300)
    var other = DeskBench.rig
    other.pump.maxRate = FlowRate(picolitresPerDay: other.pump.maxRate.picolitresPerDay / 2)
    let digest = try bench.propose(.rig(other))
    #expect(try bench.rigForNextStart == nil)
    #expect(bench.send(.commit, CommitBody(digest: digest)) == nil)
    #expect(try bench.outcome().isAccepted)
    #expect(try bench.rigForNextStart == other.recordBytes)
    #expect(bench.status.mode == .continuous)
    // One in which the history of the pump would mean something else is refused, and never committed.
    other.pump.stepsPerRevolution *= 2
    #expect(bench.send(.propose, ProposedChange.rig(other)) == nil)
    #expect(try bench.outcome() == DeskBench.Reply(refusal: .otherHead))
    #expect(try bench.rigForNextStart != other.recordBytes)
  }

  @Test("R-081 A request that was taken back is told as not durable, and as nothing else")
  func takenBack() throws {
    let bench = try DeskBench()
    bench.isWriting = true
    try bench.program(microgramsPerDay: 300)
    bench.isWriting = false
    let bolus = BolusBody(dose: Mass(nanograms: 1_000), duration: .minutes(10))
    #expect(bench.send(.bolus, bolus) == nil)
    #expect(try bench.outcome().fault == .notDurable)
    // Neither is it when its commit turns out to be durable after all.
    bench.isWriting = true
    #expect(bench.wait { !bench.keeperIsFailing && bench.status.alarms == 0 })
    #expect(bench.isQuiet && bench.status.extraDose == nil)
    #expect(bench.send(.bolus, bolus) == nil)
    #expect(try bench.outcome().isAccepted)
  }

  @Test("R-107 A resume that is told after the next stop leaves the right that this stop gave")
  func resumeToldLate() throws {
    let bench = try DeskBench()
    bench.isWriting = true
    try bench.program(microgramsPerDay: 300)
    #expect(bench.sendUnsigned(.stop) == nil)
    #expect(try bench.outcome().isAccepted)
    #expect(bench.send(.resume) == nil)
    // It acts; nobody has looked for its answer yet.
    #expect(bench.isQuiet)
    #expect(bench.wait { bench.status.mode == .continuous })
    #expect(bench.sendUnsigned(.stop) == nil)
    #expect(try bench.outcome().isAccepted)
    #expect(try bench.outcome().isAccepted)
    #expect(bench.wait { bench.status.mode == .stoppedByCommand })
    // Root stopped it without a key, and may resume it so.
    #expect(bench.sendUnsigned(.resume) == nil)
    #expect(try bench.outcome().isAccepted)
    #expect(bench.wait { bench.status.mode == .continuous })
  }
}

extension LinkDeskTests {
  @Test("R-093 R-111 Who asks for the journal while its thread is stuck gets one clear answer")
  func journalIsStuck() throws {
    let bench = try DeskBench()
    // As many as may wait; the next one is told so at once.
    for _ in 0..<JournalPages.questionsMax {
      #expect(bench.sendUnsigned(.askRecords, AskRecordsBody()) == nil)
    }
    #expect(bench.sendUnsigned(.askRecords, AskRecordsBody())?.fault == .recordsBusy)
    // The engine does not wait for any of them.
    #expect(bench.sendUnsigned(.stop) == nil)
    bench.isWriting = true
    #expect(try bench.outcome().isAccepted)
    for _ in 0..<JournalPages.questionsMax {
      #expect(try bench.outcome().fault == .recordsUnavailable)
    }
    #expect(bench.sendUnsigned(.askRecords, AskRecordsBody()) == nil)
  }
}

extension LinkDeskTests {
  @Test("R-103 Stops that come while the first is on its way share its answer, and its entry")
  func stopsShareAnAnswer() throws {
    let bench = try DeskBench()
    bench.isWriting = true
    try bench.program(microgramsPerDay: 300)
    for _ in 0..<3 { #expect(bench.sendUnsigned(.stop) == nil) }
    for _ in 0..<3 { #expect(try bench.outcome().isAccepted) }
    #expect(bench.status.mode == .stoppedByCommand)
    // So does one that comes when all is done.
    #expect(bench.sendUnsigned(.stop) == nil)
    #expect(try bench.outcome().isAccepted)
    #expect(try bench.requests().count { $0 == .stop } == 1)
    // A clinician's is another one: it takes the right to resume from root. Said again it is none.
    for _ in 0..<2 {
      #expect(bench.send(.stop) == nil)
      #expect(try bench.outcome().isAccepted)
    }
    #expect(bench.sendUnsigned(.resume)?.fault == .notPermitted)
    // On record at once, though no commit of the engine holds it.
    #expect(bench.wait { (try? bench.requests().count { $0 == .stop }) == 2 })
    #expect(try bench.origin == .signed)
    // After a resume nothing stands, and the next stop is done.
    #expect(bench.send(.resume) == nil)
    #expect(try bench.outcome().isAccepted)
    #expect(bench.wait { bench.status.mode == .continuous })
    #expect(bench.sendUnsigned(.stop) == nil)
    #expect(try bench.outcome().isAccepted)
    #expect(bench.status.mode == .stoppedByCommand)
    #expect(try bench.requests().count { $0 == .stop } == 3)
  }

  @Test("R-104 A wrong digest takes nobody's proposal away, and is on record")
  func wrongDigest() throws {
    let bench = try DeskBench()
    bench.isWriting = true
    let digest = try bench.propose(microgramsPerDay: 300)
    var wrong = digest
    wrong[0] ^= 1
    #expect(bench.send(.commit, CommitBody(digest: wrong))?.fault == .noSuchProposal)
    #expect(bench.send(.commit, CommitBody(digest: digest)) == nil)
    #expect(try bench.outcome().isAccepted)
    let refused = try bench.entries().compactMap { content -> RefusedOrder? in
      if case .orderRefused(let order) = content { order } else { nil }
    }
    #expect(refused.count == 1 && refused.first?.why == .fault(.noSuchProposal))
    let frame = try #require(refused.first?.frame)
    #expect(try FrameHeader.read(frame.span).kind == .commit)
  }

  @Test("R-111 One sender has few places in the line; a stop needs none")
  func fewPlaces() throws {
    let bench = try DeskBench()
    bench.isWriting = true
    try bench.program(microgramsPerDay: 300)
    bench.isWriting = false
    let bolus = BolusBody(dose: Mass(nanograms: 1_000), duration: .minutes(10))
    for _ in 0..<4 { #expect(bench.send(.bolus, bolus) == nil) }
    #expect(bench.send(.bolus, bolus)?.fault == .tooOften)
    // Another sender has his own.
    #expect(bench.sendUnsigned(.stop) == nil)
    bench.isWriting = true
    for _ in 0..<5 { _ = try bench.outcome() }
    #expect(bench.wait { bench.status.mode == .stoppedByCommand })
  }
}

/// A desk, its engine in real time, and a clinician's key.
private final class DeskBench {
  /// What a desk said.
  struct Reply: Equatable {
    var fault: FrameFault?
    var isAccepted = false
    var refusal: RefusalReason?
    var digest: [UInt8]?
  }

  struct Unexpected: Error { let kind: FrameKind }

  /// Whether what is proposed is made durable, whenever somebody looks.
  var isWriting = false

  private let folder: TemporaryFolder
  private let hardware: HardwareRig
  private let engine: RealTimeEngine
  private let journal: Journal
  private let keeper: Keeper
  private let desk: LinkDesk
  private let thread: RealTimeThread
  private let clinicians = [SigningKey(), SigningKey()]
  private let serial = Label(utf8: "BP-1".utf8) ?? .none
  private var number: Int64 = 0

  private static let patience = Nanoseconds.seconds(30)

  init() throws {
    folder = try TemporaryFolder()
    let rig = Self.rig
    let boot = RealTime.sinceBoot.count
    let reading = ClockReading(
      now: MachineTime(
        utc: 1_760_000_000_000_000_000, boot: boot, monotonic: RealTime.now.count,
        bootID: [UInt8](repeating: 1, count: 16)))
    let restoration = Restoration(
      rig: rig, clock: WeekTime(sinceMonday: .zero),
      clockIsStated: true, time: reading, trace: { _ in nil }, safeBasal: nil,
      firstTickIn: .milliseconds(50))
    let start = PumpStart(
      restoration.newPump(), reading, after: nil, isSimulated: true)
    let core = try #require(start.core())
    hardware = try HardwareRig(.simulated(virtualTime: false), heartbeat: TickLoop.heartbeat)
    try hardware.load(core)
    let zero = Nanoseconds(start.timeOfTickZero.boot)
    try hardware.seal(for: rig, epoch: zero)
    let loop = TickLoop(
      core: core, drive: hardware.drive, annunciator: hardware.annunciator)
    let engine = RealTimeEngine(
      loop: loop, commits: start.commits, drive: hardware.drive, start: zero,
      blank: Status(serial: serial), memoryLocked: false)
    self.engine = engine
    journal = try Journal(path: folder.path("journal.sqlite"), serial: "BP-1", makesNew: true)
    keeper = Keeper(
      engine.record, journal: journal,
      copies: SafeBasalCopies(CopyFiles(directory: folder.url.path)), start: start,
      readClock: { reading }, report: { _ in })
    let name = serial
    let keys = clinicians.map {
      KeyRecord(id: $0.id, role: .clinician, name: name, publicKey: $0.verifying.bytes)
    }
    desk = LinkDesk(
      engine: engine, keeper: keeper, hardware: hardware, rig: rig, history: [7],
      identity: PumpIdentity(serial: serial, key: SigningKey()),
      verifier: Verifier(
        serial: serial, keys: KeyTable(keys), stopOrigin: .none,
        groups: LinkGroups(owner: 900, status: 50, stop: nil), nonce: 7)
    ) { _ in }
    thread = try RealTimeThread(name: "tick", priority: 0) { engine.run() }
  }

  deinit {
    engine.end()
    thread.join()
  }

  static let rig = Rig.bench(tick: .milliseconds(10))

  // MARK: What is seen

  var status: (mode: DeliveryMode, extraDose: RunningExtraDose?, alarms: Int) {
    let status = engine.status.read()
    let alarms = status.faults.indices.count { status.faults[$0].priority > 0 }
    return (status.mode, status.extraDose, alarms)
  }

  var keeperIsFailing: Bool { keeper.isFailing }

  /// The requests in the journal, by the kinds of their frames.
  func requests() throws -> [FrameKind] {
    try entries().compactMap { content in
      guard case .requested(let requested) = content else { return nil }
      return try? FrameHeader.read(requested.frame.span).kind
    }
  }

  /// As the journal has it.
  var origin: StopOrigin { get throws { try journal.linkMemory().stopOrigin } }

  func entries() throws -> [Entry.Content] {
    try journal.entries(after: 0, atMost: 1_000).map(\.entry.content)
  }

  private func turn() {
    if isWriting { keeper.turn() }
    RealTime.sleep(until: RealTime.now + .milliseconds(1))
  }

  /// False where patience ended first.
  func wait(until condition: () -> Bool) -> Bool {
    let end = RealTime.now + Self.patience
    while !condition() {
      if RealTime.now > end { return false }
      turn()
    }
    return true
  }

  /// What is answered now, if anything.
  private func look() -> Reply? { desk.takeFinished().map { Self.read($0.frame) } }

  /// Whether nothing is answered now. Whoever looks also hands on what waits in line.
  var isQuiet: Bool { look() == nil }

  /// The next answer.
  func outcome() throws -> Reply {
    var reply: Reply?
    _ = wait {
      reply = look()
      return reply != nil
    }
    return try #require(reply)
  }

  private static func read(_ frame: FrameWriter) -> Reply {
    let bytes = frame.array
    var reply = Reply()
    do {
      switch try FrameHeader.read(bytes.span).kind {
      case .rejected:
        var body = RejectedBody()
        try readBody(bytes.span, into: &body)
        reply.fault = body.fault
      case .answer:
        var body = AnswerBody()
        try readBody(bytes.span, into: &body)
        switch body.answer {
        case .accepted: reply.isAccepted = true
        case .refused(let refusal): reply.refusal = refusal.reason
        }
      case .proposal:
        var body = ProposalBody()
        try readBody(bytes.span, into: &body)
        reply.digest = body.digest.indices.map { body.digest[$0] }
      case let other: throw Unexpected(kind: other)
      }
    } catch {
      Issue.record("an answer that cannot be read: \(error)")
    }
    return reply
  }

  // MARK: Asking

  /// As a clinician. Nil where the answer comes later.
  func send(
    _ kind: FrameKind, _ body: some FrameBody = EmptyBody(), bySecond: Bool = false
  ) -> Reply? {
    let clinician = clinicians[bySecond ? 1 : 0]
    number += 1
    var status = Status(serial: .none)
    var asked: [UInt8] = []
    let question = writeFrame(.askStatus, number: 1, body: EmptyBody())
    if let frame = answer(question) { asked = frame.array }
    #expect(throws: Never.self) { try readBody(asked.span, into: &status) }
    var seal = Seal()
    (seal.serial, seal.key, seal.number) = (serial, clinician.id, number)
    seal.challenge = status.challenge
    let frame = writeFrame(kind, number: 1, body: body, seal: seal)
    guard let signed = clinician.signed(frame) else { return nil }
    return answer(signed).map { Self.read($0) }
  }

  /// As root on the pump, without a key.
  func sendUnsigned(_ kind: FrameKind, _ body: some FrameBody = EmptyBody()) -> Reply? {
    answer(writeFrame(kind, number: 1, body: body)).map { Self.read($0) }
  }

  private func answer(_ frame: FrameWriter) -> FrameWriter? {
    let bytes = frame.array
    guard let header = try? FrameHeader.read(bytes.span) else { return nil }
    let root = LinkSender(
      client: ClientID(number: 1), peer: Peer(process: 1, user: 0, groups: [0]),
      isRelayed: false)
    return desk.answer(header, bytes.span, from: root)
  }

  /// The digest of a proposal of this basal.
  func propose(microgramsPerDay: Int64) throws -> InlineArray<32, UInt8> {
    let rate = DoseRate(nanogramsPerDay: microgramsPerDay * 1_000)
    var order = Prescription(
      patient: serial, drug: serial, concentration: Concentration(nanogramsPerMillilitre: 500_000),
      mode: .continuous, maxDose1h: Mass(nanograms: 60_000), maxDose24h: Mass(nanograms: 500_000))
    order.setContinuous(rate)
    order.safeBasal = rate
    return try propose(.program(order))
  }

  func propose(
    _ change: ProposedChange, bySecond: Bool = false
  ) throws -> InlineArray<32, UInt8> {
    #expect(send(.propose, change, bySecond: bySecond) == nil)
    let digest = try outcome().digest
    return try #require(digest.flatMap { InlineArray<32, UInt8>($0) })
  }

  /// What the journal holds of a rig for the next start.
  var rigForNextStart: [UInt8]? {
    get throws { try journal.newestRig() }
  }

  func program(microgramsPerDay: Int64) throws {
    let digest = try propose(microgramsPerDay: microgramsPerDay)
    #expect(send(.commit, CommitBody(digest: digest)) == nil)
    #expect(try outcome().isAccepted)
    #expect(wait { status.mode == .continuous })
  }
}
