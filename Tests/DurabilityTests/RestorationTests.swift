import DosingCore
import Durability
import Engine
import Journal
import Quantities
import Simulation
import Testing

@Suite struct RestorationTests {
  /// A history with a program in force, and its newest journal and safe-basal record.
  private func lived(
    stopped: Bool = false, _ look: (CrashHistory, JournalState, SafeBasalRecord) throws -> Void
  ) throws {
    // The first history that ends so.
    for seed in UInt64(1)...50 {
      let history = try CrashHistory(seed: seed, plan: CrashHistory.Plan(lives: 6, powerCuts: 0))
      try history.run()
      #expect(history.oracle.faults == [])
      var state: JournalState?
      try history.inspect { journal in state = try journal.newestState() }
      let record = try #require(SafeBasalCopies(history.machine.copies).record)
      guard record.isStopped == stopped else { continue }
      return try look(history, try #require(state), record)
    }
    Issue.record("no history ends with stopped \(stopped)")
  }

  private func restoration(
    _ history: CrashHistory, safeBasal: SafeBasalRecord?, utc: Int64? = nil,
    otherBoot: Bool = true, witness: Bool = true
  ) -> Restoration {
    var now = history.machine.clocks.now
    if otherBoot {
      now.bootID = [UInt8](repeating: 200, count: 16)
      now.boot = 9_000_000_000
    }
    now.utc = utc ?? now.utc
    return Restoration(
      rig: history.rig, clock: WeekTime(sinceMonday: .zero),
      time: ClockReading(
        now: now, witnesses: ClockWitnesses(battery: witness ? now.utc : nil)),
      trace: { _ in nil }, safeBasal: safeBasal, firstTickIn: .milliseconds(50))
  }

  @Test("R-084 R-106 A stop that no tick decided is kept in the copies, and holds after a restart")
  func stopWithoutTick() throws {
    try lived { history, state, record in
      #expect(!record.isStopped)
      let journal = try Journal(
        path: history.machine.journalPath, serial: "BP-1", makesNew: true)
      let pump = restoration(history, safeBasal: record, otherBoot: false).restore(state)
      #expect(seen(pump.core).mode == .continuous)
      let start = PumpStart(
        pump, history.machine.clocks, after: state, isSimulated: true)
      let copies = SafeBasalCopies(history.machine.copies)
      let keeper = Keeper(
        TickRecord(), journal: journal, copies: copies, start: start,
        readClock: { history.machine.clocks }, report: { _ in })
      keeper.keepStop()
      // Nothing was proposed: there is no tick.
      #expect(keeper.turn())
      // What the link tells has to wait: no event stands before its start.
      #expect(keeper.tell(LinkChanges(), at: 0, isUrgent: true) == 1)
      #expect(keeper.turn())
      #expect(keeper.durableTicket == 0)
      let kept = try #require(SafeBasalCopies(history.machine.copies).record)
      #expect(kept.isStopped && kept.generation > record.generation)
      let again = restoration(history, safeBasal: kept, otherBoot: false).restore(state)
      #expect(seen(again.core).mode == .stoppedByCommand)
    }
  }

  @Test("R-087 What ran in this boot ran before now, though nothing of this boot was written down")
  func traceOfOtherBoot() throws {
    try lived { history, state, record in
      // The pump came back after a power cut, could write nothing, and was killed a minute later.
      let cut = restoration(history, safeBasal: record).restore(state)
      var core = cut.core
      let last = core.now + TickCount(600)
      core.learn(TickFacts(tick: last))
      let trace = core.trace(stepIsUnderWay: false)
      for witness in [true, false] {
        var killed = restoration(history, safeBasal: record, witness: witness)
        killed.trace = { _ in trace }
        let pump = killed.restore(state)
        #expect(pump.core.now >= last)
        let lastRan = pump.bootOfTickZero + last.number * CrashHistory.tick
        #expect(lastRan <= killed.time.now.boot)
      }
    }
  }

  @Test("R-089 A journal that is gone: the order of the safe-basal record, no extra doses")
  func journalGone() throws {
    try lived { history, _, record in
      var record = record
      record.isStopped = false
      var pump = restoration(history, safeBasal: record).restore(nil)
      #expect(seen(pump.core).mode == .safeBasal)
      #expect(seen(pump.core).alarms[.historyIncomplete]?.priority == .high)
      #expect(pump.generation == record.generation)
      // What its clock was is not in the record: somebody has to vouch for it.
      let isTrusted = pump.core.clockIsTrusted
      let unsure = restoration(history, safeBasal: record, witness: false).restore(nil)
      let alone = unsure.core.clockIsTrusted
      #expect(isTrusted && !alone)
      // What is vouched for is the time of the first tick, not that of the start of the machine.
      let utc = WeekTime(ofUTC: history.machine.clocks.now.utc)
      let ahead = pump.core.clock(at: pump.core.now).distance(from: utc)
      #expect(abs(ahead.count) < 1_000_000_000)
      let tick = pump.core.now + TickCount(1)
      #expect(reason(pump.core.decide(.patientBolus, at: tick)) == .safeBasal)
      // Seen and acknowledged, it goes on as prescribed; the unknown day still bars extra doses.
      #expect(reason(pump.core.decide(.acknowledge, at: tick)) == nil)
      #expect(seen(pump.core).mode == .continuous)
      #expect(reason(pump.core.decide(.patientBolus, at: tick)) == .doseLimit1h)
      record.isStopped = true
      let stopped = restoration(history, safeBasal: record).restore(nil)
      #expect(seen(stopped.core).mode == .stoppedByCommand)
      record.isHardStopped = true
      let hard = restoration(history, safeBasal: record).restore(nil)
      #expect(seen(hard.core).mode == .hardStop)
    }
  }

  @Test("R-089 A journal older than the safe-basal record is a rollback")
  func rolledBack() throws {
    try lived { history, state, record in
      var newer = record
      newer.generation = state.generation + 1
      newer.isStopped = false
      newer.leaseEnd = state.leaseEnd + 50
      let pump = restoration(history, safeBasal: newer).restore(state)
      #expect(seen(pump.core).alarms[.historyIncomplete] != nil)
      #expect(pump.outcome.stepsInDoubt >= 50)
      newer.isStopped = true
      let stopped = restoration(history, safeBasal: newer).restore(state)
      #expect(seen(stopped.core).mode == .stoppedByCommand)
      // The order that was committed last is that of the newer one.
      let place = try #require(history.place(of: pump.core.therapy))
      let other = history.orders[1 - place].prescription.recordBytes
      let reordered = SafeBasalRecord(
        generation: newer.generation, lineage: record.lineage, isStopped: false,
        isHardStopped: false, rig: record.rig, prescription: other, tick: record.tick,
        leaseEnd: record.leaseEnd)
      let another = restoration(history, safeBasal: reordered).restore(state)
      #expect(history.place(of: another.core.therapy) == 1 - place)
      #expect(seen(another.core).mode == .safeBasal)
      // One as old as the journal is none, and an older one still less.
      let same = restoration(history, safeBasal: record).restore(state)
      #expect(seen(same.core).alarms[.historyIncomplete] == nil)
    }
  }

  @Test("R-088 Nothing at all: no delivery until somebody says what was given")
  func nothing() throws {
    try lived { history, _, _ in
      let pump = restoration(history, safeBasal: nil).restore(nil)
      #expect(seen(pump.core).mode == .noHistory)
      #expect(seen(pump.core).alarms[.noHistory]?.priority == .high)
      let new = restoration(history, safeBasal: nil).newPump()
      #expect(seen(new.core).mode == .noTherapy)
      #expect(seen(new.core).alarms.highest == nil)
      // Its first start is no restart that somebody would have to explain.
      let (isPlanned, generation) = (new.isPlanned, new.generation)
      #expect(isPlanned && generation == 0)
      // A new pump is judged like any other: it says so where nobody vouches for its clock.
      let unsure = restoration(history, safeBasal: nil, witness: false).newPump()
      let isTrusted = unsure.core.clockIsTrusted
      #expect(!isTrusted)
      // It goes on from what is written down of it.
      let raised = seen(unsure.core).alarms.on
      let start = PumpStart(
        unsure, history.machine.clocks, after: nil, isSimulated: true)
      let core = try #require(start.core())
      #expect(seen(core).alarms.on == raised)
    }
  }

  @Test("R-095 Another rig file: the committed rig runs")
  func otherRig() throws {
    try lived { history, state, record in
      var restoration = restoration(history, safeBasal: record)
      restoration.rig.pump.maxRate = FlowRate(picolitresPerDay: 6_000_000_000)
      let pump = restoration.restore(state)
      #expect(seen(pump.core).rig == history.rig.recordBytes)
      #expect(seen(pump.core).alarms[.otherRig]?.priority == .high)
    }
  }

  @Test(
    "R-122 Another rig file: the rig that was committed last for a start runs, if it is that of the file"
  )
  func committedRig() throws {
    try lived { history, state, record in
      var restoration = restoration(history, safeBasal: record)
      restoration.rig.pump.maxRate = FlowRate(picolitresPerDay: 6_000_000_000)
      let wanted = restoration.rig.recordBytes
      let before = restoration.restore(state)
      restoration.committedRig = { wanted }
      let pump = restoration.restore(state)
      #expect(seen(pump.core).rig == wanted)
      #expect(seen(pump.core).alarms[.otherRig] == nil)
      // What was given, ordered and stopped stays what it was.
      #expect(pump.core.account.steps == before.core.account.steps)
      #expect(pump.core.account.prescribed == before.core.account.prescribed)
      #expect(pump.core.now == before.core.now && pump.bootOfTickZero == before.bootOfTickZero)
      #expect(seen(pump.core).mode == seen(before.core).mode)
      // A start on it goes on from what it wrote down.
      let start = PumpStart(pump, history.machine.clocks, after: state, isSimulated: true)
      #expect(start.rig.recordBytes == wanted)
      let core = try #require(start.core())
      #expect(core.account.steps == before.core.account.steps)
    }
  }

  @Test("R-122 A rig that was committed runs in no other file, on no other head, below no basal")
  func rigThatDoesNotFit() throws {
    try lived { history, state, record in
      var tight = history.rig
      tight.maxVolume24h = tight.pump.volumePerRevolution
      tight.maxVolume1h = tight.maxVolume24h
      var head = history.rig
      head.pump.stepsPerRevolution /= 2
      var rate = history.rig
      rate.pump.maxRate = FlowRate(picolitresPerDay: 6_000_000_000)
      for (file, committed) in [(tight, tight), (head, head), (rate, head), (head, rate)] {
        var restoration = restoration(history, safeBasal: record)
        restoration.rig = file
        restoration.committedRig = { committed.recordBytes }
        let pump = restoration.restore(state)
        #expect(seen(pump.core).rig == history.rig.recordBytes)
        #expect(seen(pump.core).alarms[.otherRig]?.priority == .high)
      }
    }
  }

  @Test("R-090 Time without power counts only where somebody vouches for it")
  func attestedTime() throws {
    try lived { history, state, record in
      let (day, period) = (Int64(86_400_000_000_000), CrashHistory.tick)
      func passed(_ since: Int64, _ witness: Bool) -> (ticks: Int64, trusted: Bool) {
        let pump = restoration(
          history, safeBasal: record, utc: state.utc + since, witness: witness
        ).restore(state)
        return (pump.core.now.number - state.tick, pump.core.clockIsTrusted)
      }
      for days in [Int64(1), 29] {
        let (ticks, trusted) = passed(days * day, true)
        // A clock with a battery tells whole seconds: the last one may not be over.
        #expect(ticks == (days * day - 1_000_000_000) / period && trusted)
      }
      // Beyond 30 days, before the record, or said by nobody.
      for (since, witness) in [(31 * day, true), (-2_000_000_000, true), (day, false)] {
        let (ticks, trusted) = passed(since, witness)
        #expect(ticks == 0 && !trusted, "\(since)")
      }
    }
  }

  @Test("R-083 What may have run after the newest record, and wrote nothing, counts as basal")
  func unrecordedTime() throws {
    try lived { history, state, record in
      var (killed, settled) = (state, state)
      (killed.isSettled, settled.isSettled) = (false, true)
      // An hour, attested, in which an engine may have run without being able to write.
      let utc = state.utc + 3_600_000_000_000
      let pump = restoration(history, safeBasal: record, utc: utc).restore(killed)
      let therapy = try #require(pump.core.therapy)
      let rate = therapy.prescription.patterns[0].steps[0].rate
      let hour = rate.nanogramsPerDay / 24 * 1_000 / 7_813
      #expect(seen(pump.core).alarms[.accountUncertain] != nil)
      #expect(pump.outcome.stepsInDoubt >= hour)
      // Not where it ended in order.
      let ended = restoration(history, safeBasal: record, utc: utc).restore(settled)
      #expect(seen(ended.core).alarms[.accountUncertain] == nil)
      #expect(ended.outcome.stepsInDoubt < hour)
    }
  }

  @Test("R-090 Within a boot UTC means nothing: the ticks go on by powered time")
  func withinABoot() throws {
    try lived { history, state, record in
      var wanted: Int64?
      for utc in [Int64(0), state.utc - 3_600_000_000_000, state.utc, 4_000_000_000_000_000_000] {
        let pump = restoration(history, safeBasal: record, utc: utc, otherBoot: false)
          .restore(state)
        let isTrusted = pump.core.clockIsTrusted
        #expect(isTrusted)
        #expect(wanted == nil || wanted == pump.core.now.number)
        wanted = pump.core.now.number
        // The grid of ticks is that of the last life.
        #expect((pump.bootOfTickZero - state.boot) % CrashHistory.tick == 0)
      }
    }
  }

  /// What a test may look at: a state itself cannot be copied into an expectation.
  private struct Seen {
    var mode: DeliveryMode
    var alarms: FaultBoard
    var rig: [UInt8]
  }

  private func seen(_ core: borrowing DosingState) -> Seen {
    Seen(mode: core.mode, alarms: core.board, rig: core.rig.recordBytes)
  }

  private func reason(_ answer: Answer) -> RefusalReason? {
    if case .refused(let refusal) = answer { refusal.reason } else { nil }
  }
}
