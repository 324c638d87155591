import DosingCore
import Durability
import Engine
import Hardware
import Journal
import Quantities
import Simulation
import Testing

@Suite struct KeeperTests {
  @Test("R-086 R-093 A commit that fails is written again whole: no event is missing or twice")
  func failedCommits() throws {
    let bench = try KeeperBench()
    // Nothing was written yet, so nothing has failed.
    #expect(!bench.keeper.isFailing)
    try bench.program()
    bench.run(200)
    bench.disk.setFaults(writes: 1_000)
    #expect(bench.ask(.stop).isAccepted)
    for _ in 0..<3 { bench.runFailing(20) }
    #expect(bench.ask(.resume).isAccepted)
    bench.runFailing(5)
    let durable = bench.keeper.durableCommit
    bench.disk.setFaults()
    bench.run(200)
    #expect(bench.keeper.durableCommit > durable && !bench.keeper.isFailing)
    #expect(bench.core.mode == .continuous)
    // So that all that was made is written down.
    bench.end()

    var (steps, asked) = (0, 0)
    try bench.journal.forEachEntry { _, entry in
      switch entry.content {
      case .steps(let ticks): steps += ticks.count
      case .requested: asked += 1
      default: break
      }
      return true
    }
    #expect(asked == 3)
    #expect(Int64(steps) == bench.core.account.steps && steps > 4)
    let chain = try bench.journal.verify()
    #expect(chain.firstBroken == nil && chain.events > 10)
    let report = try Replay(bench.journal).run()
    #expect(report.difference == nil && report.entriesSkipped == 0)
    #expect(report.decisions > 2 && report.ticks >= 400)
  }

  @Test("R-093 Whether anything can be written is asked by a write that counts for nothing")
  func touch() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(20)
    let state = try bench.journal.newestState()
    for _ in 0..<2 {
      bench.disk.setFaults(writes: 1_000)
      for _ in 0..<2 { #expect(throws: JournalError.self) { try bench.journal.touch() } }
      bench.disk.setFaults()
      for _ in 0..<2 { try bench.journal.touch() }
    }
    #expect(try bench.journal.newestState() == state)
    #expect(try bench.journal.verify().firstBroken == nil)
  }

  @Test("R-091 What the link tells, and fails to be written, leaves the chain whole")
  func failedLinkEntries() throws {
    let bench = try KeeperBench()
    bench.run(3)
    bench.disk.setFaults(writes: 1_000)
    let used = bench.key(number: 1)
    let refused = Entry.Content.keyChanged(KeyChange())
    let ticket = bench.keeper.tell(used, [refused], at: 3, isUrgent: true)
    for _ in 0..<3 { #expect(!bench.keeper.turn()) }
    #expect(bench.keeper.durableTicket < ticket)
    bench.disk.setFaults()
    #expect(bench.keeper.turn())
    #expect(bench.keeper.durableTicket == ticket)
    bench.run(3)
    bench.end()
    #expect(try bench.journal.verify().firstBroken == nil)
    var told = 0
    try bench.journal.forEachEntry { _, entry in
      if case .keyChanged = entry.content { told += 1 }
      return true
    }
    #expect(told == 1)
  }

  @Test("R-101 Of two commands of a key before a commit the second one's number is durable")
  func newestNumber() throws {
    let bench = try KeeperBench()
    bench.run(3)
    // Between two turns, and over a turn that fails.
    for (first, second) in [(1, 2), (3, 4)] as [(Int64, Int64)] {
      bench.keeper.tell(bench.key(number: first), at: 3, isUrgent: false)
      if first == 3 {
        bench.disk.setFaults(writes: 1_000)
        #expect(bench.ask(.stop).isAccepted)
        bench.runFailing(2)
        bench.disk.setFaults()
      }
      bench.keeper.tell(bench.key(number: second), at: 3, isUrgent: true)
      #expect(bench.keeper.turn())
      let keys = try bench.journal.linkMemory().keys
      #expect(keys.map(\.newestNumber) == [second])
    }
  }

  @Test("R-106 Who stopped the pump is durable with the stop, though no tick commits anything")
  func stopIsUrgent() throws {
    let bench = try KeeperBench()
    bench.run(3)
    let ticket = bench.keeper.tell(bench.key(number: 1), at: 3, isUrgent: false)
    #expect(bench.keeper.turn())
    #expect(bench.keeper.durableTicket < ticket)
    bench.keeper.keepStop()
    #expect(bench.keeper.turn())
    #expect(bench.keeper.durableTicket == ticket)
    #expect(try bench.journal.linkMemory().keys.map(\.newestNumber) == [1])
    #expect(bench.copies.both.allSatisfy { $0?.isStopped == true })
  }

  @Test("R-080 R-089 No lease is granted while what a lost journal would need cannot be written")
  func copiesFail() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(50)
    let (durable, lease) = (bench.keeper.durableCommit, bench.core.leaseEnd)
    bench.copies.fails = true
    #expect(bench.ask(.stop).isAccepted)
    bench.runFailing(10)
    #expect(bench.keeper.isFailing && bench.keeper.durableCommit == durable)
    #expect(bench.core.leaseEnd == lease)
    bench.copies.fails = false
    bench.run(10)
    #expect(!bench.keeper.isFailing && bench.keeper.durableCommit > durable)
    #expect(bench.copies.both.allSatisfy { $0?.isStopped == true })
  }

  @Test("R-084 A hard stop reaches both copies, whether or not the pump was stopped before")
  func hardStopIsKept() throws {
    for isStopped in [false, true] {
      let bench = try KeeperBench()
      try bench.program()
      bench.run(50)
      bench.publish { $0.isStopped = isStopped }
      #expect(bench.keeper.turn())
      bench.publish { ($0.isStopped, $0.isHardStopped) = (isStopped, true) }
      #expect(bench.keeper.turn())
      for copy in bench.copies.both {
        let copy = try #require(copy)
        #expect(copy.isHardStopped && copy.isStopped == isStopped)
      }
      // And it is told anew where it ends.
      bench.publish { ($0.isStopped, $0.isHardStopped) = (isStopped, false) }
      #expect(bench.keeper.turn())
      #expect(bench.copies.both.allSatisfy { $0?.isHardStopped == false })
    }
  }

  @Test("R-084 R-112 A stop that only the copies can keep does not take a hard stop out of them")
  func stopKeepsHardStop() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(50)
    bench.publish { $0.isHardStopped = true }
    #expect(bench.keeper.turn())
    bench.keeper.keepStop()
    #expect(bench.keeper.turn())
    for copy in bench.copies.both {
      let copy = try #require(copy)
      #expect(copy.isStopped && copy.isHardStopped)
    }
  }

  @Test("R-084 R-093 A stop between two tries of a journal that fails is in the copies at once")
  func stopBetweenTries() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(50)
    bench.disk.setFaults(writes: 1_000)
    // Something small fails: nobody is stopped yet.
    bench.publish { _ in }
    #expect(!bench.keeper.turn())
    #expect(bench.copies.both.allSatisfy { $0?.isStopped == false })
    bench.publish { $0.isStopped = true }
    bench.keeper.gather()
    #expect(bench.copies.both.allSatisfy { $0?.isStopped == true })
  }

  /// What a pump with so much room writes down of nine stops and resumes that wait for the disk.
  private func entries(withRoomFor waitingMax: Int) throws -> [Entry.Content] {
    let bench = try KeeperBench(waitingMax: waitingMax)
    try bench.program()
    bench.disk.setFaults(writes: 1_000)
    for number in 0..<9 {
      #expect(bench.ask(number.isMultiple(of: 2) ? .stop : .resume).isAccepted)
      bench.runFailing(2)
    }
    bench.disk.setFaults()
    bench.run(3)
    bench.end()
    #expect(try bench.journal.verify().firstBroken == nil)
    var contents: [Entry.Content] = []
    try bench.journal.forEachEntry { _, entry in
      contents.append(entry.content)
      return true
    }
    return contents
  }

  @Test(
    "R-091 R-093 What memory has no room for while nothing can be written is counted, each once")
  func noRoom() throws {
    let all = try entries(withRoomFor: 200_000)
    for room in [8, 9, 20] {
      let kept = try entries(withRoomFor: room)
      let lost = kept.compactMap { if case .eventsLost(let count) = $0 { count } else { nil } }
      #expect(lost.count == 1 && lost.allSatisfy { $0 > 1 })
      #expect(kept.count - 1 + Int(lost[0]) == all.count, "\(room)")
    }
  }

  @Test("R-093 One copy that fails is told and tried again, and no failed storage")
  func oneCopyFails() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(5)
    bench.copies.failing = [1]
    let durable = bench.keeper.durableCommit
    #expect(bench.ask(.stop).isAccepted)
    bench.run(3)
    #expect(bench.keeper.durableCommit > durable && bench.core.board[.copyFails] != nil)
    #expect(bench.copies.both.map { $0?.isStopped } == [true, false])
    // The copies tell of the commit after which a journal is one that was put back.
    #expect(bench.copies.both[0]?.commit == durable + 1)
    bench.copies.failing = []
    #expect(bench.ask(.resume).isAccepted)
    bench.run(3)
    #expect(bench.core.board[.copyFails] == nil)
    #expect(bench.copies.both.allSatisfy { $0?.isStopped == false })
    bench.end()
    #expect(try Replay(bench.journal).run().difference == nil)
  }

  @Test("R-084 A hard stop that the journal cannot hold is kept in the copies, over a stop")
  func hardStopWithoutJournal() throws {
    let bench = try KeeperBench()
    try bench.program()
    bench.run(50)
    bench.publish { $0.isStopped = true }
    #expect(bench.keeper.turn())
    let generation = try #require(bench.copies.both[0]).generation
    bench.disk.setFaults(writes: 1_000)
    bench.publish { ($0.isStopped, $0.isHardStopped) = (true, true) }
    #expect(!bench.keeper.turn())
    for copy in bench.copies.both {
      let copy = try #require(copy)
      #expect(copy.isStopped && copy.isHardStopped && copy.generation > generation)
    }
  }
}

/// The tick loop of a new pump, and the keeper that makes durable what it does, on a disk and copies that
/// can fail.
final class KeeperBench {
  let journal: Journal
  let keeper: Keeper
  let copies = MemoryCopies()
  private let record = TickRecord()
  private let hardware: HardwareRig
  private var loop: RecordedLoop
  private let epoch: Int64
  private var next: Int64
  private var lastID: Int64 = 0
  private var commit: Int64 = 1_000
  /// Last, so that its disk goes after the journal on it.
  let history: CrashHistory

  init(signer: HeadSigner? = nil, waitingMax: Int = 200_000) throws {
    history = try CrashHistory(seed: 3, plan: CrashHistory.Plan(lives: 0, powerCuts: 0))
    let reading = history.machine.clocks
    journal = try Journal(
      path: history.machine.journalPath, serial: "BP-1", makesNew: true)
    let restoration = Restoration(
      rig: history.rig, clock: WeekTime(sinceMonday: .zero),
      time: reading, trace: { _ in nil }, safeBasal: nil, firstTickIn: .milliseconds(50))
    let pump = restoration.newPump()
    next = pump.core.now.number + 1
    let start = PumpStart(pump, reading, after: nil, isSimulated: true)
    let core = try #require(start.core())
    epoch = start.timeOfTickZero.boot
    hardware = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    hardware.virtualClock.set(Nanoseconds(reading.now.boot))
    try hardware.load(core)
    try hardware.seal(for: history.rig, epoch: Nanoseconds(epoch))
    keeper = Keeper(
      record, journal: journal, copies: SafeBasalCopies(copies), start: start, signer: signer,
      waitingMax: waitingMax, readClock: { reading }, report: { _ in })
    loop = RecordedLoop(
      TickLoop(core: core, drive: hardware.drive, annunciator: hardware.annunciator),
      record: record, commits: start.commits)
  }

  var core: DosingState { loop.loop.core }
  var disk: SimulatedDisk { history.machine.disk }

  func tick() {
    hardware.virtualClock.set(Nanoseconds(epoch + next * CrashHistory.tick))
    loop.begin(next, missed: 0)
    _ = loop.tick(next)
    next += 1
  }

  /// Runs so many ticks; what each proposes is durable before the next one.
  func run(_ count: Int) {
    for _ in 0..<count {
      tick()
      #expect(keeper.turn())
    }
  }

  /// Runs so many ticks while something cannot be written.
  func runFailing(_ count: Int) {
    for _ in 0..<count {
      tick()
      keeper.turn()
    }
    #expect(keeper.isFailing)
  }

  /// Decided in the next tick.
  func ask(_ request: Request) -> Answer {
    lastID += 1
    var requested = Requested()
    requested.id = lastID
    requested.frame = request.frame(number: 1).array
    keeper.remember(requested)
    hardware.virtualClock.set(Nanoseconds(epoch + next * CrashHistory.tick))
    loop.begin(next, missed: 0)
    return loop.decide(request, id: lastID, at: next).answer
  }

  func program() throws {
    run(3)
    let order = history.orders[0]
    #expect(ask(.program(order)).isAccepted)
    run(3)
    #expect(core.mode == .continuous)
  }

  /// A key that has used up this number.
  func key(number: Int64) -> LinkChanges {
    var record = KeyRecord.blank
    record.id = KeyID(7)
    record.newestNumber = number
    var changes = LinkChanges()
    changes.keys[record.id] = record
    return changes
  }

  /// Proposes the state of now as a tick would, with something changed.
  func publish(_ change: (inout CommitProposal) -> Void) {
    commit += 1
    var proposal = CommitProposal()
    (proposal.commit, proposal.tick) = (commit, next - 1)
    proposal.leaseEnd = core.leaseEnd
    proposal.account = core.account
    var state = core
    state.layout(&proposal.state)
    state.writeHeld(to: &proposal.held)
    if var ordered = state.therapy?.prescription { ordered.layout(&proposal.prescription) }
    change(&proposal)
    record.proposals.publish { $0 = proposal }
  }

  /// Ends in order.
  func end() {
    loop.settle(at: next - 1)
    #expect(keeper.turn())
  }
}

/// Copies of the safe-basal record in memory, which cannot be written for a while.
final class MemoryCopies: CopyStorage {
  private var bytes: [[UInt8]?] = [nil, nil]
  var fails = false
  /// Those that cannot be written.
  var failing: Set<Int> = []

  func read(_ copy: Int) -> [UInt8]? { bytes[copy] }

  func write(_ copy: Int, _ new: [UInt8]) throws(JournalError) {
    if fails || failing.contains(copy) { throw .inputOutput(5) }
    bytes[copy] = new
  }

  var both: [SafeBasalRecord?] { bytes.map { $0.flatMap { SafeBasalRecord($0) } } }
}

extension Answer {
  var isAccepted: Bool { if case .accepted = self { true } else { false } }
}
