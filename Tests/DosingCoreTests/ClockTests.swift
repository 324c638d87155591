import Quantities
import Testing

@testable import DosingCore

@Suite struct ClockTests {
  /// 10 ug/h in the night, 18 ug/h from 06:30 on.
  private let flex = Prescription.flex(
    [[(minute: 0, rate: microgramsPerDay(240)), (minute: 390, rate: microgramsPerDay(432))]],
    safeBasal: microgramsPerDay(100))

  private func at(_ hour: Int, _ minute: Int = 0) -> WeekTime {
    WeekTime(weekday: 2, minute: hour * 60 + minute)
  }

  private func clock(of pump: Pump) -> WeekTime { WeekTime(sinceMonday: pump.report().clock) }

  /// After a start of the machine at which nobody vouches for UTC.
  private func started(_ order: Prescription, _ clock: WeekTime) throws -> Pump {
    let pump = try Pump(order, clock: clock)
    pump.run(for: .minutes(1))
    try pump.comeBack(from: pump.record())
    var facts = Restart(at: Tick(pump.now + 100), leaseEnd: pump.account.steps)
    facts.isOtherBoot = true
    pump.restart(facts)
    return pump
  }

  @Test("R-090 A clock that is vouched for moves no more, whoever vouches: it is told")
  func clockThatRuns() throws {
    let pump = try Pump(flex, clock: at(1))
    for (behind, differs) in [
      (Nanoseconds.seconds(59), false), (.seconds(61), true), (.hours(-8), true), (.zero, false),
    ] {
      let before = clock(of: pump)
      pump.vouch(behind: behind)
      pump.run(to: pump.now + 1)
      #expect(clock(of: pump) == before + pump.rig.tick)
      #expect((pump.alarms[.clockDiffers]?.priority == .medium) == differs, "\(behind)")
      #expect(pump.report().clockBehind == behind)
      #expect(pump.mode == .flex)
    }
    // It is told as long as it lasts, though nobody vouches any more.
    pump.vouch(behind: .hours(1))
    pump.run(to: pump.now + 1)
    pump.vouch(behind: .zero, .nobody)
    pump.run(to: pump.now + 1)
    #expect(pump.alarms[.clockDiffers] != nil && pump.report().clockSource == .nobody)
  }

  @Test("R-090 UTC that is vouched for is local time by the offset of the pump")
  func offset() throws {
    let pump = try started(flex, at(1))
    let safe = pump.mode
    #expect(safe == .safeBasal)
    pump.ask(.clock(ClockChange(utcOffset: .hours(2))))
    // An offset alone vouches for nothing.
    #expect(pump.mode == .safeBasal)
    let utc = pump.utcAtTickZero
    pump.vouch(behind: .zero)
    pump.run(to: pump.now + 1)
    #expect(pump.mode == .flex)
    #expect(
      clock(of: pump) == WeekTime(ofUTC: utc) + Nanoseconds(pump.now * pump.rig.tick.count)
        + .hours(2))
  }

  @Test("R-090 What a person says of UTC is believed, until the machine is started again")
  func statedUTC() throws {
    let pump = try started(flex, at(1))
    let tick = Tick(pump.now)
    let utc = pump.utcAtTickZero + Nanoseconds.hours(9).count
    let change = ClockChange(
      utcOffset: .minutes(-210), stated: ClockChange.StatedUTC(utc: utc, tick: Tick(0)))
    #expect(pump.ask(.propose(.clock(change))).isAccepted && pump.mode == .safeBasal)
    #expect(pump.ask(.clock(change)).isAccepted)
    #expect(pump.mode == .flex && pump.report().clockSource == .person)
    #expect(pump.report().utcOffset == .minutes(-210))
    let shown = clock(of: pump)
    #expect(
      shown == WeekTime(ofUTC: utc) + Nanoseconds(pump.now * pump.rig.tick.count)
        - .minutes(210))
    #expect(tick.number <= pump.now)
    try pump.comeBack(from: pump.record())
    #expect(pump.mode == .flex && pump.report().utcOffset == .minutes(-210))
    var facts = Restart(at: Tick(pump.now + 1), leaseEnd: pump.account.steps)
    facts.isOtherBoot = true
    pump.restart(facts)
    #expect(pump.mode == .safeBasal && pump.report().utcOffset == .minutes(-210))
  }

  /// 12 h of 20 ug/h, which are over, and 12 h of 5 ug/h: a day has 300 ug, and 330 ug is the limit.
  private func afterTheBusyHalf() throws -> Pump {
    let order = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(480)), (minute: 720, rate: microgramsPerDay(120))]],
      maxDose24h: micrograms(330), safeBasal: microgramsPerDay(100))
    let pump = try Pump(order, clock: at(0))
    pump.run(for: .hours(12))
    return pump
  }

  @Test("R-090 Another clock whose schedule would meet a limit is refused until it fits")
  func clockAgainstLimits() throws {
    let pump = try afterTheBusyHalf()
    // Back to midnight: the 12 h once more would make 480 ug.
    let back = ClockChange(utcOffset: .hours(-12))
    guard case .refused(let refusal) = pump.ask(.clock(back)) else {
      Issue.record("it was granted")
      return
    }
    #expect(refusal.reason == .doseLimit24h)
    let allowed = try #require(refusal.allowedAt)
    #expect(clock(of: pump) < at(13))
    pump.run(to: allowed.number)
    #expect(pump.ask(.clock(back)).isAccepted)
    pump.run(for: .hours(48))
    #expect(pump.alarms[.basalRefusedByLimit] == nil)
    #expect(pump.account.deficit(.limit) == 0)
  }

  @Test("R-090 Vouched for again, flex waits until the windows have room for it")
  func adoptionAgainstLimits() throws {
    let pump = try afterTheBusyHalf()
    try pump.comeBack(from: pump.record())
    var facts = Restart(at: Tick(pump.now + 1), leaseEnd: pump.account.steps)
    facts.isOtherBoot = true
    pump.restart(facts)
    // It was off for 12 h that nobody counted: the hours of 20 ug/h begin again.
    pump.vouch(behind: .hours(12))
    pump.run(for: .minutes(5))
    #expect(pump.mode == .safeBasal && pump.alarms[.clockUncertain] != nil)
    pump.run(for: .hours(36))
    #expect(pump.mode == .flex && pump.alarms[.clockUncertain] == nil)
    #expect(pump.alarms[.basalRefusedByLimit] == nil && pump.account.deficit(.limit) == 0)
  }

  /// A day of 20 ug/h, and then the least limits that 10 ug/h up to noon and 5 ug/h after it fit into.
  private func afterTighterLimits(_ clock: WeekTime) throws -> Pump {
    let pump = try Pump(
      .continuous(microgramsPerDay(480), maxDose1h: micrograms(40), maxDose24h: micrograms(500)),
      clock: clock)
    pump.run(for: .hours(24))
    let lower = Prescription.flex(
      [[(minute: 0, rate: microgramsPerDay(240)), (minute: 720, rate: microgramsPerDay(120))]],
      maxDose1h: micrograms(11), maxDose24h: micrograms(183), safeBasal: microgramsPerDay(100))
    #expect(try pump.program(lower).isAccepted)
    pump.run(for: .hours(2))
    try pump.comeBack(from: pump.record(), inForce: lower)
    var facts = Restart(at: Tick(pump.now + 1), leaseEnd: pump.account.steps)
    facts.isOtherBoot = true
    pump.restart(facts)
    return pump
  }

  @Test("R-090 R-118 What was given under higher limits keeps no flex from coming back")
  func adoptionUnderRaisedCeiling() throws {
    let pump = try afterTighterLimits(at(0))
    pump.vouch(behind: .seconds(1))
    pump.run(to: pump.now + 1)
    #expect(pump.mode == .flex && pump.alarms[.clockUncertain] == nil)
    pump.run(for: .hours(48))
    #expect(pump.alarms[.basalRefusedByLimit] == nil && pump.account.deficit(.limit) == 0)
  }

  @Test("R-090 R-118 Nor does it let more pass than the ceiling: the busy half twice waits")
  func adoptionAgainstRaisedCeiling() throws {
    // It is 14:00, as the pump has it, and 02:00, as somebody says who vouches: the busy half is not over.
    let pump = try afterTighterLimits(at(0))
    pump.run(for: .hours(8))
    pump.vouch(behind: .zero)
    pump.run(to: pump.now + 1)
    #expect(pump.mode == .flex)
    pump.run(for: .hours(4))
    let back = ClockChange(utcOffset: .hours(-12))
    let refusal = try #require(pump.ask(.clock(back)).refusal)
    #expect(refusal.reason == .doseLimit24h)
    let allowed = try #require(refusal.allowedAt)
    pump.run(to: allowed.number)
    #expect(pump.ask(.clock(back)).isAccepted)
    pump.run(for: .hours(48))
    #expect(pump.alarms[.basalRefusedByLimit] == nil && pump.account.deficit(.limit) == 0)
  }

  @Test("R-090 A day without power that becomes known only later is told as one that was known")
  func lateKnownGap() throws {
    for (off, tells) in [(Nanoseconds.hours(23), false), (.hours(25), true)] {
      let pump = try started(.continuous(microgramsPerDay(300)), at(1))
      pump.vouch(behind: off, wasOff: off)
      pump.run(to: pump.now + 1)
      #expect((pump.alarms[.longInterruption]?.priority == .high) == tells)
    }
  }
}
