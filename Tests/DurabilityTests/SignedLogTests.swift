import DosingCore
import Durability
import Journal
import Quantities
import Simulation
import Testing

/// What the pump signs of its log, and when, in virtual time; and what senders may write into it.
@Suite struct SignedLogTests {
  private static let signer = HeadSigner(key: KeyID(5)) { sha256(of: [5] + $0) }
  private static let verifier = HeadVerifier(key: KeyID(5)) { $1 == sha256(of: [5] + $0) }

  private func start(
    _ history: CrashHistory, isNew: Bool, after last: SimulatedPump? = nil
  ) throws -> SimulatedPump {
    let memory = try PumpMemory(
      of: PumpMemory.Pump(
        rig: history.rig, serial: "BP-1", isSimulated: true,
        clock: WeekTime(sinceMonday: .zero)),
      on: history.machine, at: history.machine.clocks, isNew: isNew, firstTickIn: .milliseconds(50))
    return try SimulatedPump(memory, on: history.machine, head: last?.head)
  }

  private func run(_ pump: SimulatedPump, _ time: Nanoseconds) {
    let end = pump.next + time.count / CrashHistory.tick
    while pump.run(until: end) != nil {}
  }

  @Test(
    "R-125 The log is signed at each start, every hour, and at a clean end",
    arguments: [true, false])
  func hourly(delivers: Bool) throws {
    let history = try CrashHistory(seed: 3, plan: CrashHistory.Plan(lives: 0, powerCuts: 0))
    history.machine.signer = Self.signer
    try liveThroughAKill(history, delivers: delivers)

    let hour = Nanoseconds.hours(1).count / CrashHistory.tick
    try history.inspect { journal in
      var (ends, starts, newest): ([Bool], Int, Int64?) = ([], 0, nil)
      try journal.forEachEntry { _, entry in
        if let before = newest { #expect(entry.tick - before <= hour, "tick \(entry.tick)") }
        switch entry.content {
        case .started:
          starts += 1
          newest = entry.tick
        case .signed(let head):
          ends.append(head.isEnd)
          newest = entry.tick
        default: break
        }
        return true
      }
      #expect(starts == 2)
      // At most two in an hour: each start, each hour, one end.
      #expect((7...9).contains(ends.count), "\(ends.count)")
      #expect(ends.last == true && !ends.dropLast().contains(true))
      let report = try journal.verify(Self.verifier)
      #expect(report.firstBroken == nil && report.signatures?.fault == nil)
      #expect(report.signatures?.behind == 0)
    }
  }

  /// Four hours to a kill, and one and a half to an end in order.
  private func liveThroughAKill(_ history: CrashHistory, delivers: Bool) throws {
    var pump = try start(history, isNew: true)
    if delivers {
      run(pump, .seconds(1))
      #expect(pump.ask(.program(history.orders[0])).answer.isAccepted)
    }
    run(pump, .hours(4))
    history.machine.disk.kill()
    history.machine.disk.setFaults()
    pump = try start(history, isNew: false, after: pump)
    run(pump, .minutes(90))
    pump.end()
  }

  @Test("R-125 A signature that could not be written is made with what is written next")
  func signatureFails() throws {
    let bench = try KeeperBench(signer: Self.signer)
    bench.disk.setFaults(writes: 1_000)
    for _ in 0..<3 { bench.runFailing(3) }
    bench.disk.setFaults()
    bench.run(3)
    #expect(try bench.journal.verify(Self.verifier).signatures?.signatures == 1)
    bench.end()
    let report = try bench.journal.verify(Self.verifier)
    #expect(report.signatures?.fault == nil && report.signatures?.signatures == 2)
  }

  // MARK: Budgets

  @Test(
    "R-096 What one sender has refused, or stops again, is counted beyond his budget of an hour")
  func budget() throws {
    let bench = try KeeperBench(signer: Self.signer)
    try bench.program()
    #expect(bench.ask(.stop).isAccepted && bench.ask(.acknowledge).isAccepted)
    bench.run(2)
    let commits = bench.keeper.durableCommit
    for _ in 0..<500 {
      #expect(bench.ask(.stop).isAccepted)
      bench.run(1)
    }
    for _ in 0..<200 {
      #expect(!bench.ask(.acknowledge).isAccepted)
      bench.run(1)
    }
    // Neither has cost a commit.
    bench.run(1)
    #expect(bench.keeper.durableCommit == commits)
    #expect(bench.ask(.resume).isAccepted)
    bench.run(3)
    // It changes something: it is written down, whatever was before it.
    #expect(bench.ask(.stop).isAccepted)
    bench.run(3)
    bench.end()
    var (stops, refused, counted) = (0, 0, Int64(0))
    try bench.journal.forEachEntry { _, entry in
      switch entry.content {
      case .requested(let requested) where requested.reason != 0: refused += 1
      case .requested(let requested):
        if (try? FrameHeader.read(requested.frame.span))?.kind == .stop { stops += 1 }
      case .requestsCounted(let more): counted += more.count
      default: break
      }
      return true
    }
    #expect(stops + refused == 62 && Int64(stops + refused) + counted == 702)
    let report = try Replay(bench.journal).run()
    #expect(report.difference == nil && report.entriesSkipped == 0)
  }

  @Test("R-105 A stop of a stopped pump is as durable as the stop before it")
  func stopAgain() throws {
    let history = try CrashHistory(seed: 3, plan: CrashHistory.Plan(lives: 0, powerCuts: 0))
    let pump = try start(history, isNew: true)
    run(pump, .seconds(1))
    #expect(pump.ask(.program(history.orders[0])).answer.isAccepted)
    run(pump, .seconds(5))
    pump.storageDelay = .seconds(1)
    let first = pump.ask(.stop).commit
    #expect(first > pump.durableCommit)
    // In the same tick, and in a later one while the first is not written yet.
    #expect(pump.ask(.stop).commit == first)
    run(pump, .milliseconds(500))
    #expect(pump.ask(.stop).commit == first && pump.durableCommit < first)
    run(pump, .seconds(3))
    #expect(pump.durableCommit >= first)
    #expect(pump.ask(.stop).commit <= pump.durableCommit)
  }
}
