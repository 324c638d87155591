import DosingCore
import Durability
import Engine
import Fixtures
import Foundation
import Hardware
import Journal
import Quantities
import Testing

/// State directories that an earlier version left behind, in `Fixtures/layout-1/states`, and what it made of
/// each at its next start.
@Suite struct FirstStateDirectoryTests {
  static let names = [
    "flex", "in-doubt", "in-doubt-again", "latched", "mid-bolus", "settled", "stopped",
    "stopped-signed",
  ]

  @Test("R-119 What an earlier version left is gone on from as by it", arguments: names)
  func nextStart(name: String) throws {
    let folder = try StateFolder(name)
    let journal = try folder.journal()
    let state = try #require(try journal.newestState())
    let rig = try #require(Rig(recordBytes: state.rig))
    let safeBasal = folder.copies().record
    #expect(folder.copies().hasDamage == false && safeBasal?.generation == state.generation)
    let chain = try journal.verify()
    #expect(chain.events == folder.stored["events"]["total"].number && chain.firstBroken == nil)
    let situations = folder.stored["next_start"]
    #expect(situations.keys.count == (name == "in-doubt" ? 3 : 4))
    for situation in situations.keys {
      let (start, wanted) = (situations[situation]["start"], situations[situation]["state"])
      let page = try folder.page(lineage: journal.lineage, bootID: state.bootID)
      var state = state
      #expect(state.witnesses == ClockWitnesses())
      // An earlier version did not say who vouched for its UTC, so nobody did. Had it, all is as then.
      if start["witness"].text == "synchronisedKernel" {
        let alone = Restoration(start, rig: rig, safeBasal: safeBasal, page: page).restore(state)
        // The first tick comes 50 ms after the start.
        #expect(alone.ticksNotRunning < 5, Comment(rawValue: situation))
        state.witnesses.kernel = state.utc
      }
      let pump = Restoration(start, rig: rig, safeBasal: safeBasal, page: page).restore(state)
      let (core, outcome) = (pump.core, situations[situation]["outcome"])
      let place = Comment(rawValue: situation)
      #expect("\(core.mode)" == wanted["mode"].text, place)
      #expect(core.now.number == wanted["now_tick"].number, place)
      #expect(core.account.steps == wanted["steps"].number, place)
      let resumed = resumed(core, outcome, since: state.tick)
      #expect(core.stepsInDoubt - resumed == wanted["steps_in_doubt"].number, place)
      #expect(core.clockIsTrusted == wanted["clock_is_trusted"].isTrue, place)
      let clock = core.clock(at: core.now)
      if state.witnesses.kernel != nil {
        // UTC is vouched for, and the therapy clock goes by it.
        let utc = WeekTime(ofUTC: start["utc_ns"].number ?? 0)
        #expect(abs(clock.distance(from: utc).count) < Nanoseconds.milliseconds(50).count, place)
      } else {
        #expect(
          clock.sinceMonday.count == wanted["clock_now_ns_since_monday"].number, place)
      }
      #expect(core.extraDose == nil && !wanted["extra_dose_runs"].isTrue, place)
      #expect(core.hour.stepsTotal == wanted["hour_steps"].number, place)
      #expect(core.day.stepsTotal == wanted["day_steps"].number, place)
      #expect(core.hour.doubtTotal - resumed == wanted["hour_doubts"].number, place)
      #expect(core.day.doubtTotal - resumed == wanted["day_doubts"].number, place)
      #expect(Int64(core.patientBolusesIn24h) == wanted["patient_boluses_in_24h"].number, place)
      expectAmounts(core, wanted, outcome, pump.outcome.notDelivered, folder, place)
      expectFaults(core, wanted, isResumed: resumed > 0, place)
      #expect(pump.outcome.stepsInDoubt - resumed == outcome["steps_in_doubt"].number, place)
      #expect(pump.outcome.discardedExtraDose == outcome["discarded_extra_dose"].isTrue, place)
      #expect(pump.ticksNotRunning == outcome["ticks_not_running"].number, place)
      #expect(pump.bootOfTickZero == outcome["boot_of_tick_zero_ns"].number, place)
      #expect(pump.commits == outcome["commits"].number, place)
      #expect(pump.generation == outcome["generation"].number, place)
      #expect(pump.isPlanned == outcome["is_planned"].isTrue, place)
    }
  }

  /// The steps of safe basal that a resume which was never written down may have made of a stop, with which the
  /// first version did not reckon.
  private func resumed(_ core: DosingState, _ outcome: Facts, since commit: Int64) -> Int64 {
    guard core.mode == .stoppedByCommand, let order = core.therapy?.prescription,
      let earlier = outcome["steps_in_doubt"].number, earlier > 0,
      let safe = order.safeBasal,
      let flow = FlowRate(of: safe, at: order.concentration, rounded: .up)
    else { return 0 }
    let days = Double(core.now.number - commit) / Double(core.rig.ticks(.days(1)))
    let perDay =
      Double(flow.picolitresPerDay) * Double(core.rig.pump.stepsPerRevolution)
      / Double(core.rig.pump.volumePerRevolution.picolitres)
    let made = Int64((perDay * days).rounded(.up))
    // As many as a lease held are in doubt in any case.
    return made > earlier ? made : 0
  }

  private func expectAmounts(
    _ core: DosingState, _ wanted: Facts, _ outcome: Facts, _ notDelivered: Int128,
    _ folder: StateFolder, _ situation: Comment
  ) {
    let old = folder.stored["state"]["scale"]["per_nanogram"].number ?? 0
    let new = core.therapy?.scale.perNanogram ?? 0
    func same(_ amount: Int128, _ earlier: Int64?) -> Bool {
      guard let earlier else { return false }
      let left = amount.multipliedFullWidth(by: Int128(old))
      let right = Int128(earlier).multipliedFullWidth(by: new)
      return left.high == right.high && left.low == right.low
    }
    #expect(old > 0 && new > 0)
    // What is ordered and withheld by a hard stop is a deficit now; it was not even prescribed.
    let isLatched = core.mode == .hardStop
    let ordered = folder.stored["prescription"]["patterns"].list[0].list[0]["nanograms_per_day"]
    let perTick = Int128(ordered.number ?? 0) * new / Int128(core.rig.ticks(.days(1)))
    let withheld = isLatched ? perTick * Int128(outcome["ticks_not_running"].number ?? 0) : 0
    let account = core.account
    #expect(same(account.perStep, wanted["per_step_units"].number), situation)
    #expect(same(account.extra, wanted["extra_units"].number), situation)
    #expect(same(account.pending, wanted["pending_units"].number), situation)
    #expect(same(account.prescribed - withheld, wanted["prescribed_units"].number), situation)
    #expect(same(core.hour.extraTotal, wanted["hour_extra_units"].number), situation)
    #expect(same(core.day.extraTotal, wanted["day_extra_units"].number), situation)
    #expect(same(notDelivered - withheld, outcome["not_delivered_units"].number), situation)
    for reason in Account.Deficit.allCases {
      let before = reason.rawValue < 5 ? wanted["deficit_units"]["\(reason)"].number : 0
      let more = reason == .notRunning ? withheld : 0
      #expect(same(account.deficit(reason) - more, before), situation)
    }
    let discarded = wanted["discarded_units"]
    #expect((core.lastExtraDose == nil) == discarded.isNull, situation)
    if let dose = core.lastExtraDose {
      // The first version told what was left at its newest commit, and not what the run page had counted since.
      let isRest = dose.discarded + account.extra == dose.units
      #expect(isRest || same(dose.discarded, discarded.number), situation)
    }
  }

  private func expectFaults(
    _ core: DosingState, _ wanted: Facts, isResumed: Bool, _ situation: Comment
  ) {
    var bits = UInt128(wanted["alarm_bits"].number ?? -1)
    #expect(wanted["alarms"].list.count == bits.nonzeroBitCount)
    // This version says of an order in force that it would refuse it; the first one knew no such thing.
    if let therapy = core.therapy, !therapy.isValid {
      bits |= 1 << UInt128(FaultCode.orderNotValid.rawValue)
    }
    if isResumed { bits |= 1 << UInt128(FaultCode.accountUncertain.rawValue) }
    #expect(core.board.on.bits == bits, situation)
  }

  @Test(
    "R-119 R-084 R-092 What an earlier version left runs on, and ends in the layout of today",
    arguments: names)
  func runsOn(name: String) throws {
    let folder = try StateFolder(name)
    let situations = folder.stored["next_start"]
    let situation =
      name == "in-doubt" ? "same_boot_5_s_later_without_run_page" : "same_boot_with_run_page"
    let start = situations[situation]["start"]
    let eventsBefore = try #require(folder.stored["events"]["total"].number)
    let rig: Rig
    var now = MachineTime(start)
    let (steps, doubt, mode): (Int64, Int64, DeliveryMode)
    do {
      let journal = try folder.journal()
      let state = try #require(try journal.newestState())
      rig = try #require(Rig(recordBytes: state.rig))
      let page = try folder.page(lineage: journal.lineage, bootID: now.bootID)
      let pump = Restoration(start, rig: rig, safeBasal: folder.copies().record, page: page)
        .restore(state)
      let life = try ShortLife(
        pump, now: now, journal: journal, copies: folder.copies(), page: page)
      expectRuns(life, on: rig, folder)
      (steps, doubt, mode) = (life.core.account.steps, life.core.stepsInDoubt, life.core.mode)
      // It is killed. Five seconds later, in the same boot, it starts again.
      let passed = life.boot + 5_000_000_000 - now.boot
      (now.boot, now.monotonic, now.utc) = (now.boot + passed, now.boot + passed, now.utc + passed)
    }
    do {
      let journal = try folder.journal()
      let state = try #require(try journal.newestState())
      #expect(isOfNewestLayout(state.body))
      #expect(try journal.verify().firstBroken == nil)
      let page = try folder.page(lineage: journal.lineage, bootID: now.bootID)
      let restoration = Restoration(
        rig: rig, clock: WeekTime(sinceMonday: .zero), time: ClockReading(now: now),
        trace: { page.read(unitsInUnit: $0) }, safeBasal: folder.copies().record,
        firstTickIn: .milliseconds(50))
      let pump = restoration.restore(state)
      // The page tells of every step, in the layout of today.
      #expect(pump.core.account.steps == steps && pump.core.stepsInDoubt == doubt)
      #expect(pump.outcome.stepsInDoubt == 0)
      #expect(pump.core.mode == mode)
      let life = try ShortLife(
        pump, now: now, journal: journal, copies: folder.copies(), page: page)
      life.run(1_000)
      life.end()
      #expect(life.core.mode == mode)
    }
    let journal = try folder.journal(isReader: true)
    let state = try #require(try journal.newestState())
    #expect(state.isSettled && isOfNewestLayout(state.body))
    let report = try Replay(journal).run()
    #expect(report.difference == nil)
    #expect(report.starts == 2 && report.ticks > 1_000 && report.decisions > 4)
    #expect(report.entriesSkipped == eventsBefore)
  }

  private func isOfNewestLayout(_ body: [UInt8]) -> Bool {
    DosingState.isOfNewestLayout(body.span)
  }

  @Test(
    "R-119 R-089 The safe-basal record of an earlier version, where the journal is gone",
    arguments: names)
  func journalGone(name: String) throws {
    let folder = try StateFolder(name)
    let record = try #require(folder.copies().record)
    let rig = try #require(Rig(recordBytes: record.rig))
    let start = folder.stored["next_start"]["other_boot_nobody_vouches"]["start"]
    let page = try folder.page(lineage: record.lineage, bootID: MachineTime(start).bootID)
    let pump = Restoration(start, rig: rig, safeBasal: record, page: page).restore(nil)
    let mode = folder.stored["state"]["mode"].text ?? ""
    #expect("\(pump.core.mode)" == (["flex", "continuous"].contains(mode) ? "safeBasal" : mode))
    #expect(pump.core.board[.historyIncomplete]?.priority == .high)
    #expect(pump.generation == folder.stored["safe_basal"]["generation"].number)
  }

  @Test(
    "R-119 R-106 A stop of an earlier version is ended as it was, and a hard stop is not",
    arguments: ["stopped", "stopped-signed", "latched"])
  func resumes(name: String) throws {
    let folder = try StateFolder(name)
    let start = folder.stored["next_start"]["same_boot_with_run_page"]["start"]
    let journal = try folder.journal()
    let state = try #require(try journal.newestState())
    let rig = try #require(Rig(recordBytes: state.rig))
    let page = try folder.page(lineage: journal.lineage, bootID: state.bootID)
    let pump = Restoration(start, rig: rig, safeBasal: folder.copies().record, page: page)
      .restore(state)
    let life = try ShortLife(
      pump, now: MachineTime(start), journal: journal, copies: folder.copies(), page: page)
    life.run(10)
    let answer = life.ask(.resume, .resume)
    life.run(rig.ticks(.minutes(1)))
    let before = folder.stored["run_page"]["newest"]["account"]["steps"].number ?? 0
    let made = life.core.account.steps - before
    if name == "latched" {
      guard case .refused(let refusal) = answer else {
        Issue.record("a hard stop was resumed")
        return
      }
      #expect(refusal.reason == .hardStop && made == 0)
      #expect(life.core.mode == .hardStop)
    } else {
      #expect(life.core.mode == .continuous && made > 10)
      #expect(folder.copies().record?.isStopped == false)
    }
  }

  /// Three minutes: what is prescribed is delivered, and nothing where it stands.
  private func expectRuns(_ life: ShortLife, on rig: Rig, _ folder: StateFolder) {
    let before = life.core
    let ticks = rig.ticks(.minutes(3))
    life.run(ticks)
    let (after, state) = (life.core, folder.stored["state"])
    let made = after.account.steps - before.account.steps
    let due =
      (state["basal_units_per_tick"].number ?? 0) * ticks
      / (state["account"]["per_step_units"].number ?? 1)
    #expect(after.mode == before.mode)
    if before.mode.delivers {
      #expect(due > 30 && abs(made - due) <= 2, "\(made) steps were made, \(due) were due")
    } else {
      // What stands by command, or is latched, stands on.
      #expect(due == 0 && made == 0)
      #expect("\(after.mode)" == state["mode"].text)
    }
    #expect(after.account.prescribed >= before.account.prescribed)
    #expect(after.account.deficit(.limit) == before.account.deficit(.limit))
    #expect(after.board.on == before.board.on)
  }
}
