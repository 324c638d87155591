import Fixtures
import Journal
import Quantities
import Testing

@testable import DosingCore

/// Bodies of `DosingState` that the first layout holds, and what each says, in `Fixtures/layout-1/bodies`.
@Suite struct FirstLayoutTests {
  static let names = Fixture.names("layout-1/bodies/index.json")

  @Test("R-119 What an earlier version wrote is read: there are 28 states")
  func all() { #expect(Self.names.count == 28) }

  @Test("R-119 What an earlier version wrote is read: a state, exactly", arguments: names)
  func body(name: String) throws {
    let path = "layout-1/bodies/\(name)"
    let facts = try Fixture.facts("\(path).json")["state"]
    let body = try Fixture.bytes("\(path).state.bin")
    let rig = try #require(Rig(recordBytes: try Fixture.bytes("\(path).rig.bin")))
    var therapy: Therapy?
    if Fixture.exists("\(path).prescription.bin") {
      let order = try #require(
        Prescription(recordBytes: try Fixture.bytes("\(path).prescription.bin")))
      therapy = Therapy.inForce(order, on: rig)
    }
    #expect((therapy == nil) == facts["scale"].isNull)
    let units = Units(old: facts["scale"]["per_nanogram"].number, therapy)
    #expect(!DosingState.isOfNewestLayout(body))
    let core = try #require(DosingState.restored(body, rig, therapy))
    OldState(facts: facts, units: units).check(core)

    // Written by this version it is of this version's layout, and says the same.
    let again = core.written
    #expect(DosingState.isOfNewestLayout(again))
    let second = try #require(DosingState.restored(again, rig, therapy))
    OldState(facts: facts, units: units).check(second)
    #expect(second.written == again)
    // No record is read that is cut, or longer than it should be.
    for wrong in [Array(body.dropLast()), body + [0], Array(again.dropLast()), again + [0]] {
      #expect(DosingState.restored(wrong, rig, therapy) == nil)
    }
  }

  /// The states above have no priority that does not follow from the row of its fault, and from time.
  @Test(
    "R-119 A fault is read with the priority and the time that were written",
    arguments: [14, FaultCode.count])
  func priorities(count: Int) throws {
    var writer = RecordWriter()
    // Today's layout says of how many faults it tells; the first one told of 14.
    if count == FaultCode.count {
      var number = UInt8(count)
      writer.field(&number)
    }
    for index in 0..<count {
      var (priority, raised) = (UInt8(index % 4), Int64(index % 4 > 0 ? 1_000 + index : 0))
      writer.field(&priority)
      writer.field(&raised)
    }
    var (reader, board) = (RecordReader(writer.written.span), FaultBoard())
    if count == FaultCode.count {
      board.layout(&reader)
    } else {
      board.layout(&reader, count: count)
    }
    #expect(reader.isComplete)
    for index in 0..<FaultCode.count {
      let isOn = index < count && index % 4 > 0
      #expect(board[index].map { Int($0.priority.rawValue) } == (isOn ? index % 4 : nil))
      #expect(board[index]?.raised.number == (isOn ? Int64(1_000 + index) : nil))
    }
    guard count == FaultCode.count else { return }
    var again = RecordWriter()
    board.layout(&again)
    // This version knows of more faults.
    #expect(again.written[0] == UInt8(FaultCode.count))
    #expect(again.written.dropFirst().starts(with: writer.written.dropFirst()))
  }
}

/// What an earlier version said of a state.
private struct OldState {
  let facts: Facts
  let units: Units

  func check(_ core: DosingState) {
    #expect(Int64(core.mode.rawValue) == facts["mode_raw"].number)
    #expect(core.now.number == facts["now_tick"].number)
    #expect(core.clock(at: core.now).sinceMonday.count == facts["clock_now_ns_since_monday"].number)
    #expect(
      core.clock(at: Tick(0)).sinceMonday.count
        == facts["clock_at_tick_zero_ns_since_monday"].number)
    #expect(core.clockIsTrusted == facts["clock_is_trusted"].isTrue)
    #expect(core.ticksMissed == facts["ticks_missed"].number)
    #expect(core.stepsInDoubt == facts["steps_in_doubt"].number)
    #expect(core.ledger.stepsUpper == facts["steps_upper"].number)
    #expect(core.reservoirContents.picolitres == facts["reservoir_contents_picolitres"].number)
    checkAccount(core.account, core.therapy)
    checkToday(core.ledger.today, core.account)
    checkWindow(core.hour, facts["hour"])
    checkWindow(core.day, facts["day"])
    checkFaults(core)
    checkDoses(core)
    // What is withheld while the gate is closed is a deficit now; it was not even prescribed.
    #expect(units.areSame(core.unitsPerTick.basal, facts["basal_units_per_tick"].number))
    // What the first layout did not know is as if it never was.
    #expect(core.stated == nil && !core.driveIsFailing && !core.hasWaiting)
    var ledger = core.ledger
    ledger.checkInvariants()
  }

  private func checkAccount(_ account: Account, _ therapy: Therapy?) {
    let old = facts["account"]
    if therapy != nil { #expect(units.areSame(account.perStep, old["per_step_units"].number)) }
    #expect(account.steps == old["steps"].number)
    #expect(units.areSame(account.pending, old["pending"].units))
    #expect(units.areSame(account.prescribed, old["prescribed"].units))
    #expect(units.areSame(account.extra, old["extra"].units))
    #expect(units.areSame(account.deficit, old["deficit_sum"].units))
    #expect(old["deficits"].keys.count == 5)
    for reason in Account.Deficit.allCases {
      // What is newer than the first layout is nothing.
      let before = reason.rawValue < 5 ? old["deficits"]["\(reason)"].units : 0
      #expect(units.areSame(account.deficit(reason), before), "\(reason)")
    }
  }

  private func checkToday(_ today: DayCount, _ account: Account) {
    #expect(today.ends.number == facts["today"]["ends_tick"].number)
    let steps = Int128(facts["today"]["steps"].number ?? -1)
    #expect(today.delivered(account) == steps * account.perStep)
    #expect(units.areSame(today.prescribed(account), facts["today"]["prescribed"].units))
  }

  private func checkWindow<let count: Int>(_ past: RollingWindow<count>, _ old: Facts) {
    var window = past
    #expect(window.currentNumber == old["current_bucket"].number)
    #expect(window.stepsTotal == old["steps_total"].number)
    #expect(window.doubtTotal == old["doubt_total"].number)
    #expect(units.areSame(window.extraTotal, old["extra_total"].units))
    var buckets: [Int64: [Int64]] = [:]
    for bucket in old["buckets_number_steps_extra_units_doubts"].list {
      let numbers = bucket.list.compactMap(\.number)
      if numbers.count == 4 { buckets[numbers[0]] = numbers }
    }
    for back in 0..<count {
      let (bucket, number) = (window.bucket(back: back), window.currentNumber - Int64(back))
      let wanted = buckets.removeValue(forKey: number) ?? [number, 0, 0, 0]
      #expect(bucket.steps == wanted[1] && bucket.doubts == wanted[3], "bucket \(number)")
      #expect(units.areSame(bucket.extraUnits, wanted[2]), "bucket \(number)")
    }
    #expect(buckets.isEmpty)
  }

  private func checkFaults(_ core: DosingState) {
    var bits: UInt128 = 0
    for alarm in facts["alarms"].list {
      let raw = Int(alarm["raw"].number ?? 99)
      bits |= 1 << UInt128(raw)
      let fault = core.board[raw]
      #expect(fault.map { "\($0.code)" } == alarm["code"].text)
      #expect(fault.map { "\($0.priority)" } == alarm["priority"].text, "fault \(raw)")
      #expect(fault?.raised.number == alarm["raised_tick"].number, "fault \(raw)")
    }
    #expect(UInt128(facts["alarm_bits"].number ?? -1) == bits)
    // This version says of an order in force that it would refuse it; the first one knew no such thing.
    if let therapy = core.therapy, !therapy.isValid {
      bits |= 1 << UInt128(FaultCode.orderNotValid.rawValue)
    }
    #expect(core.board.on.bits == bits)
    #expect(core.board.on[.stopped] == facts["stopped_by_command"].isTrue)
  }

  private func checkDoses(_ core: DosingState) {
    let (running, last) = (facts["running_extra_dose"], facts["last_extra_dose"])
    #expect((core.extraDose == nil) == running.isNull)
    #expect((core.lastExtraDose == nil) == last.isNull)
    if let dose = core.extraDose {
      #expect("\(dose.kind)" == running["kind"].text)
      #expect(dose.start.number == running["start_tick"].number)
      #expect(dose.end.number == running["end_tick"].number)
      #expect(dose.ticks == running["ticks"].number)
      #expect(dose.ticksLeft == running["ticks_left"].number)
      #expect(units.areSame(dose.units, running["dose"].units))
      #expect(units.areSame(dose.unitsLeft, running["left"].units))
    }
    if let dose = core.lastExtraDose {
      #expect("\(dose.kind)" == last["kind"].text)
      #expect(dose.start.number == last["start_tick"].number)
      #expect(dose.end.number == last["end_tick"].number)
      #expect(units.areSame(dose.units, last["dose"].units))
      #expect(units.areSame(dose.discarded, last["discarded"].units))
    }
    #expect(Int64(core.patientBolusesIn24h) == facts["patient_boluses_in_24h"].number)
    // A time that has passed is told as now.
    let allowed = facts["patient_bolus_allowed_at_tick"].number
    #expect(core.patientBolusAllowedAt?.number == allowed.map { max(core.now.number, $0) })
  }
}
