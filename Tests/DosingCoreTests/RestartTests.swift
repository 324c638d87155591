import Quantities
import Testing

@testable import DosingCore

@Suite struct RestartTests {
  private let order = Prescription.continuous(
    microgramsPerDay(300), patientBolus: .usual(lockout: .hours(1)))

  /// What is known after a kill, `later` ticks after the last one.
  private func killed(_ pump: Pump, trace: TickTrace?, leaseEnd: Int64, later: Int64 = 50)
    -> Restart
  {
    var facts = Restart(at: Tick(pump.now + later), leaseEnd: leaseEnd)
    facts.trace = trace
    return facts
  }

  @Test("R-083 R-087 After a kill the account goes on exactly, and the gap is a deficit")
  func exactAfterKill() throws {
    let pump = try Pump(order)
    pump.run(for: .minutes(3))
    let record = pump.record()
    pump.run(for: .seconds(20))
    let (account, trace) = (pump.account, pump.trace)
    let facts = killed(pump, trace: trace, leaseEnd: account.steps + 20, later: 600)
    try pump.comeBack(from: record)
    let outcome = pump.restart(facts)
    #expect(outcome.stepsInDoubt == 0)
    #expect(pump.account.steps == account.steps)
    #expect(pump.account.pending == account.pending)
    #expect(outcome.notDelivered == 600 * pump.unitsPerTick.basal)
    #expect(pump.account.deficit(.notRunning) == outcome.notDelivered)
    #expect(pump.now == facts.at.number)
    #expect(pump.windows.hour == account.steps && pump.windows.day == account.steps)
    // It goes on where it was: the next step is due when the fraction is full.
    let left = account.perStep - account.pending
    let ticks = (left + pump.unitsPerTick.basal - 1) / pump.unitsPerTick.basal
    pump.runToStep()
    #expect(Int128(pump.now) == Int128(facts.at.number) + ticks)
  }

  @Test("R-083 A step that was under way is neither counted nor made again; it is in doubt")
  func stepUnderWay() throws {
    let pump = try Pump(order)
    pump.run(for: .minutes(1))
    let record = pump.record()
    pump.runToStep()
    let (account, trace) = (pump.account, pump.traceInTheMiddle)
    let facts = killed(pump, trace: trace, leaseEnd: account.steps + 20)
    try pump.comeBack(from: record)
    #expect(pump.restart(facts).stepsInDoubt == 1)
    #expect(pump.account.steps == account.steps - 1)
    #expect(pump.account.pending == account.pending)
    #expect(pump.stepsInDoubt == 1)
    let before = pump.now
    pump.runToStep()
    // A whole step's time passes before the next one.
    #expect(pump.now - before > 20)
  }

  @Test("R-083 A step in doubt stays so where the next process dies before it could write it down")
  func doubtIsCarriedOn() throws {
    let pump = try Pump(order)
    pump.run(for: .minutes(1))
    let record = pump.record()
    pump.runToStep()
    let first = killed(pump, trace: pump.traceInTheMiddle, leaseEnd: pump.account.steps + 20)
    try pump.comeBack(from: record)
    pump.restart(first)
    pump.run(to: pump.now + 3)
    let second = killed(pump, trace: pump.trace, leaseEnd: pump.account.steps + 20)
    try pump.comeBack(from: record)
    #expect(pump.restart(second).stepsInDoubt == 1)
    #expect(pump.stepsInDoubt == 1 && pump.doubts.hour == 1 && pump.doubts.day == 1)
  }

  @Test("R-083 Without a trace the rest of the lease is in doubt, and the fraction is given up")
  func powerCut() throws {
    let pump = try Pump(order)
    // 80 steps and a part of the next one.
    pump.run(for: .seconds(181))
    let (record, account) = (pump.record(), pump.account)
    #expect(account.pending > 0)
    pump.run(for: .seconds(20))
    let facts = killed(pump, trace: nil, leaseEnd: account.steps + 20)
    try pump.comeBack(from: record)
    #expect(pump.restart(facts).stepsInDoubt == 20)
    #expect(pump.account.steps == account.steps)
    #expect(pump.account.pending == 0)
    #expect(pump.doubts.hour == 20 && pump.doubts.day == 20)
    #expect(pump.windows.hour == account.steps)
    #expect(pump.mode == .continuous)
  }

  @Test("R-083 A trace that does not go on from the record is not believed")
  func foreignTrace() throws {
    let pump = try Pump(order)
    let early = pump.trace
    pump.run(for: .minutes(3))
    let (record, steps) = (pump.record(), pump.account.steps)
    try pump.comeBack(from: record)
    #expect(pump.restart(killed(pump, trace: early, leaseEnd: steps + 7)).stepsInDoubt == 7)
  }

  @Test("R-083 Doubt binds extra doses and the reservoir, not programs and not basal")
  func doubtBindsExtras() throws {
    // The hour's limit is as tight as basal allows, and a bolus of 10 steps.
    let tight = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: Mass(nanograms: 12_900))
    let pump = try Pump(tight)
    pump.run(for: .minutes(10))
    let (record, steps) = (pump.record(), pump.account.steps)
    try pump.comeBack(from: record)
    #expect(pump.bolus(Mass(nanograms: 79), .minutes(1)).isAccepted)
    try pump.comeBack(from: record)
    pump.restart(killed(pump, trace: nil, leaseEnd: steps + 40))
    #expect(pump.bolus(Mass(nanograms: 79), .minutes(1)).reason == .doseLimit1h)
    #expect(try pump.program(tight).isAccepted)
    let before = pump.reservoirContents
    #expect(before < pump.rig.reservoir.volume - pump.rig.volume(ofSteps: steps + 39))
    pump.run(for: .hours(2))
    #expect(pump.alarms[.basalRefusedByLimit] == nil)
    #expect(pump.account.deficit(.limit) == 0)
    #expect(pump.doubts.hour == 0 && pump.doubts.day == 40)
  }

  @Test("R-084 A stop and its escalation survive, and so does what only the trace knows")
  func stopSurvives() throws {
    let pump = try Pump(order)
    pump.run(for: .minutes(1))
    let before = pump.record()
    pump.ask(.stop)
    let (after, trace) = (pump.record(), pump.trace)
    for (record, trace) in [(after, nil), (after, trace), (before, trace)] {
      try pump.comeBack(from: record)
      pump.restart(killed(pump, trace: trace, leaseEnd: 0))
      #expect(pump.mode == .stoppedByCommand)
      #expect(pump.alarms[.stopped]?.priority == .medium)
      let steps = pump.account.steps
      pump.run(for: .minutes(61))
      #expect(pump.account.steps == steps)
      #expect(pump.alarms[.stopped]?.priority == .high)
      #expect(pump.ask(.resume).isAccepted)
      #expect(pump.mode == .continuous)
    }
  }

  @Test("R-084 A resume that was not durable is none")
  func resumeIsDurable() throws {
    let pump = try Pump(order)
    pump.ask(.stop)
    let record = pump.record()
    pump.ask(.resume)
    let facts = killed(pump, trace: pump.trace, leaseEnd: 0)
    try pump.comeBack(from: record)
    pump.restart(facts)
    #expect(pump.mode == .stoppedByCommand)
  }

  @Test("R-084 A hard stop survives, and so does what only the trace knows")
  func hardStopSurvives() throws {
    let pump = try Pump(order)
    pump.run(for: .minutes(1))
    let before = pump.record()
    pump.hardStop()
    let (after, trace) = (pump.record(), pump.trace)
    for (record, trace) in [(after, nil), (after, trace), (before, trace)] {
      try pump.comeBack(from: record)
      pump.restart(killed(pump, trace: trace, leaseEnd: 0))
      #expect(pump.mode == .hardStop)
      #expect(pump.ask(.resume).reason == .hardStop)
    }
  }

  @Test("R-085 A bolus is given up, and its lockout counts from the restart")
  func bolusIsGivenUp() throws {
    let pump = try Pump(order)
    pump.ask(.patientBolus)
    pump.run(for: .minutes(4))
    let record = pump.record()
    let facts = killed(pump, trace: pump.trace, leaseEnd: 0, later: 1_200)
    try pump.comeBack(from: record)
    #expect(pump.restart(facts).discardedExtraDose)
    #expect(pump.extraDose == nil)
    let ended = try #require(pump.lastExtraDose)
    #expect(ended.end == facts.at)
    // Six of ten minutes are left.
    #expect(ended.discarded > ended.units * 59 / 100 && ended.discarded < ended.units * 61 / 100)
    let refusal = pump.ask(.patientBolus).refusal
    #expect(refusal?.reason == .lockout)
    #expect(refusal?.allowedAt == facts.at + TickCount(pump.ticks(.hours(1))))
    #expect(pump.unitsPerTick.extra == 0)
  }

  @Test("R-086 A record holds everything: what comes back goes on as what went")
  func recordIsWhole() throws {
    let pump = try busyPump()
    pump.ask(.stop)
    pump.run(for: .minutes(1))
    pump.ask(.resume)
    pump.run(for: .hours(2))
    let twin = try busyPump()
    try twin.comeBack(from: pump.record())
    #expect(twin.record() == pump.record())
    for _ in 0..<3 {
      pump.run(for: .hours(1))
      twin.run(for: .hours(1))
      #expect(twin.record() == pump.record())
      #expect(pump.ask(.patientBolus).reason == twin.ask(.patientBolus).reason)
    }
    #expect(twin.stepTicks.suffix(1_000) == pump.stepTicks.suffix(1_000))
  }

  @Test("R-086 A record that was altered anywhere is refused or read whole, never trapped on")
  func alteredRecord() throws {
    let pump = try busyPump()
    let record = pump.record()
    for place in record.indices {
      for byte in [UInt8(0), 0xff, 0x80] {
        var altered = record
        altered[place] = byte
        _ = DosingState.restored(from: altered.span, rig: pump.rig, therapy: pump.therapy)
      }
    }
    var cutIsRead = true
    if DosingState.restored(
      from: Array(record.dropLast()).span, rig: pump.rig, therapy: pump.therapy) == nil
    {
      cutIsRead = false
    }
    #expect(!cutIsRead)
  }

  @Test("R-086 The windows go on: a limit that was used up stays used up")
  func windowsGoOn() throws {
    let pump = try Pump(.continuous(microgramsPerDay(300), maxDose1h: micrograms(30)))
    #expect(pump.bolus(micrograms(16), .minutes(5)).isAccepted)
    pump.run(for: .minutes(6))
    let record = pump.record()
    try pump.comeBack(from: record)
    pump.restart(killed(pump, trace: nil, leaseEnd: 0))
    let refusal = pump.bolus(micrograms(4), .minutes(2)).refusal
    #expect(refusal?.reason == .doseLimit1h)
    // And it ages by powered time.
    #expect(pump.ask(.bolus(dose: micrograms(4), duration: .minutes(2)), at: 38_000).isAccepted)
  }

  @Test("R-083 More than three unplanned restarts in 10 min are an alarm that bars extra doses")
  func restartedOften() throws {
    let pump = try Pump(order)
    func restart(after time: Nanoseconds, isPlanned: Bool = false) throws {
      pump.run(for: time)
      var facts = Restart(at: Tick(pump.now), leaseEnd: 0)
      facts.isPlanned = isPlanned
      try pump.comeBack(from: pump.record())
      pump.restart(facts)
    }
    for _ in 0..<8 { try restart(after: .minutes(1), isPlanned: true) }
    for _ in 0..<3 { try restart(after: .minutes(3)) }
    #expect(pump.alarms[.restartedOften] == nil)
    try restart(after: .minutes(4))
    #expect(pump.alarms[.restartedOften] == nil)
    try restart(after: .minutes(2))
    #expect(pump.alarms[.restartedOften]?.priority == .high)
    #expect(pump.mode == .continuous)
    #expect(pump.ask(.patientBolus).reason == .highAlarm)
    #expect(pump.ask(.acknowledge).isAccepted)
    #expect(pump.ask(.patientBolus).isAccepted)
  }

  @Test("R-087 After a gap of more than a day safe basal runs until somebody acknowledges")
  func longInterruption() throws {
    let order = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(240)), (minute: 390, rate: microgramsPerDay(432))]],
      safeBasal: microgramsPerDay(100))
    for (hours, isLong) in [(Int64(24), false), (25, true)] {
      let pump = try Pump(order)
      pump.run(for: .minutes(1))
      try pump.comeBack(from: pump.record())
      let facts = killed(pump, trace: nil, leaseEnd: 0, later: pump.ticks(.hours(hours)))
      let outcome = pump.restart(facts)
      #expect((pump.alarms[.longInterruption] != nil) == isLong)
      #expect(pump.mode == (isLong ? .safeBasal : .flex))
      #expect(pump.account.deficit(.notRunning) >= outcome.notDelivered)
      // A day of it is 240 x 6.5 / 24 + 432 x 17.5 / 24 = 380 ug.
      let scale = try #require(pump.therapy).scale
      #expect(scale.mass(outcome.notDelivered, rounded: .down) >= micrograms(379))
      if isLong { #expect(pump.ask(.acknowledge).isAccepted) }
      #expect(pump.mode == .flex)
      #expect(pump.ask(.acknowledge).reason == .nothingToAcknowledge)
    }
  }

  @Test("R-083 Time in which it may have run without being able to write counts as basal")
  func unrecordedTime() throws {
    let pump = try Pump(order)
    pump.run(for: .minutes(1))
    let (record, steps) = (pump.record(), pump.account.steps)
    // A lease of 27 steps lasts 60.75 s, and 10 s more until the storage has failed.
    for (seconds, isLong) in [(Int64(70), false), (3_600, true)] {
      try pump.comeBack(from: record)
      let ticks = pump.ticks(.seconds(seconds))
      var facts = killed(pump, trace: nil, leaseEnd: steps + 27, later: ticks)
      facts.mayHaveRun = TickCount(ticks)
      #expect(pump.restart(facts).stepsInDoubt == (isLong ? 27 + 1_600 : 27))
      #expect((pump.alarms[.accountUncertain] != nil) == isLong)
    }
    #expect(pump.ask(.patientBolus).reason == .accountUncertain)
    pump.run(for: .hours(24))
    #expect(pump.alarms[.accountUncertain] == nil)
    #expect(pump.ask(.patientBolus).isAccepted)
  }

  @Test("R-083 What may have run unrecorded counts at safe basal where the schedule is below it")
  func unrecordedTimeBelowSafeBasal() throws {
    let flex = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(100)), (minute: 390, rate: microgramsPerDay(432))]],
      safeBasal: microgramsPerDay(200))
    let pump = try Pump(flex)
    pump.run(for: .minutes(1))
    let (record, steps) = (pump.record(), pump.account.steps)
    try pump.comeBack(from: record)
    var facts = killed(pump, trace: nil, leaseEnd: steps + 9, later: pump.ticks(.hours(1)))
    facts.mayHaveRun = TickCount(pump.ticks(.hours(1)))
    // An hour of 200 ug/d is 8.333 ug, and a step 7.8125 ng.
    #expect(pump.restart(facts).stepsInDoubt == 9 + 1_067)
    #expect(pump.alarms[.accountUncertain] != nil)
  }

  @Test("R-088 Without history nothing is delivered until somebody says what was given")
  func noHistory() throws {
    let pump = try Pump(nil)
    pump.loseHistory()
    #expect(pump.mode == .noHistory)
    #expect(try pump.program(order).reason == .noHistory)
    let said = Request.new(deliveredIn24h: microlitres(100), deliveredIn1h: microlitres(99))
    #expect(pump.ask(said).isAccepted)
    // 6,400 steps of 15.625 nL; what somebody remembers binds extra doses alone.
    #expect(pump.windows.hour == 0 && pump.windows.day == 0)
    #expect(pump.doubts.hour == 6_336 && pump.doubts.day == 6_400)
    #expect(try pump.program(order).isAccepted)
    // 99 uL of 500 ug/mL are 49.5 ug, of the hour's 60.
    #expect(pump.ask(.patientBolus).reason == .doseLimit1h)
    let corrected = Request.new(deliveredIn24h: microlitres(100), deliveredIn1h: .zero)
    #expect(pump.ask(corrected).isAccepted)
    #expect(pump.doubts.hour == 0 && pump.doubts.day == 6_400)
    #expect(pump.ask(.patientBolus).isAccepted)
    #expect(try Pump(order).ask(corrected).reason == .hasHistory)
  }

  @Test("R-090 Flex without a trusted clock runs safe basal; continuous does not care")
  func uncertainClock() throws {
    let flex = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(240)), (minute: 390, rate: microgramsPerDay(432))]],
      safeBasal: microgramsPerDay(100))
    for (order, mode) in [(flex, DeliveryMode.safeBasal), (order, .continuous)] {
      let pump = try Pump(order)
      pump.run(for: .minutes(1))
      try pump.comeBack(from: pump.record())
      var facts = killed(pump, trace: nil, leaseEnd: 0, later: 0)
      facts.isOtherBoot = true
      pump.restart(facts)
      #expect(pump.mode == mode)
      #expect((pump.alarms[.clockUncertain]?.priority == .medium) == (mode == .safeBasal))
      let clock = pump.report().clock
      pump.vouch(behind: .hours(3))
      pump.run(to: pump.now + 1)
      #expect(pump.alarms[.clockUncertain] == nil)
      #expect(pump.mode == (mode == .safeBasal ? .flex : .continuous))
      #expect(pump.report().clock == clock + .hours(3) + pump.rig.tick)
    }
  }

  @Test("R-090 When the clock is vouched for, today ends at the midnight that it shows")
  func midnightOfTrustedClock() throws {
    let pump = try Pump(order, clock: WeekTime(weekday: 2, minute: 18 * 60))
    pump.run(for: .minutes(1))
    try pump.comeBack(from: pump.record())
    var facts = killed(pump, trace: nil, leaseEnd: 0, later: 0)
    facts.isOtherBoot = true
    pump.restart(facts)
    pump.vouch(behind: .hours(3))
    pump.run(for: .seconds(10))
    func sinceMidnight() -> Nanoseconds {
      WeekTime(sinceMonday: pump.report().clock).sinceMidnight
    }
    // 21:01:10; the hours that were not run are no part of today.
    pump.run(for: .days(1) - sinceMidnight() - .seconds(1))
    #expect(pump.report().deliveredToday > micrograms(37))
    pump.run(for: .seconds(1))
    #expect(sinceMidnight() == .zero)
    // A step that this tick makes is of today.
    #expect(pump.report().deliveredToday < Mass(nanograms: 10))
    #expect(pump.report().prescribedToday < Mass(nanograms: 10))
    pump.run(for: .hours(1))
    #expect(pump.report().deliveredToday > micrograms(12))
  }

  @Test("R-095 Another rig file bars extra doses until it is the committed one again")
  func otherRig() throws {
    let pump = try Pump(order)
    var facts = killed(pump, trace: nil, leaseEnd: 0)
    facts.isOtherRig = true
    pump.restart(facts)
    #expect(pump.alarms[.otherRig]?.priority == .high)
    #expect(pump.mode == .continuous)
    #expect(pump.ask(.patientBolus).reason == .highAlarm)
    pump.restart(killed(pump, trace: nil, leaseEnd: 0))
    #expect(pump.alarms[.otherRig] == nil)
  }

  @Test("R-094 The interlock is told every confirmed step of both windows, by its bucket")
  func pastBuckets() throws {
    let pump = try Pump(order)
    pump.run(for: .hours(7))
    pump.ask(.patientBolus)
    pump.run(for: .minutes(57))
    let told = pump.pastBuckets()
    for (buckets, length, full) in [
      (told.hour, pump.ticks(.minutes(1)), Int64(60)), (told.day, pump.ticks(.minutes(15)), 96),
    ] {
      let oldest = pump.now / length - full
      let steps = pump.stepTicks.filter { $0 / length >= oldest }
      let made = Dictionary(grouping: steps) { $0 / length }.mapValues { Int64($0.count) }
      #expect(buckets == made)
    }
    #expect(told.day.values.reduce(0, +) == pump.account.steps)
    pump.run(for: .hours(40))
    #expect(pump.pastBuckets().hour.values.reduce(0, +) == pump.windows.hour)
    #expect(pump.pastBuckets().day.values.reduce(0, +) == pump.windows.day)
  }

  @Test("R-083 R-094 Steps in doubt are not told to the interlock")
  func doubtsAreNotTold() throws {
    let pump = try Pump(order)
    pump.run(for: .minutes(90))
    let before = pump.pastBuckets().day
    let outcome = pump.restart(killed(pump, trace: nil, leaseEnd: pump.account.steps + 5))
    #expect(outcome.stepsInDoubt == 5)
    #expect(pump.pastBuckets().day == before)
  }
}
