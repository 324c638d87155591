import Quantities
import Testing

@testable import DosingCore

/// Steps may have been made after the newest record, as many as nobody knows: where a boundary is nobody knows
/// either. At 300 ug/d a step of 500 ug/mL takes 2.25 s, one of 2,000 ug/mL 9 s; the line holds 2,560.
@Suite struct UncountedStepsTests {
  private static let length: Int64 = 2_560

  /// 800 steps of 500 ug/mL, or 200 of 2,000, after a refill with the other of the two; nil for none.
  private func pump(_ strength: Int64, refilled other: Int64?) throws -> Pump {
    let line = RigLine(pumpTubing: microlitres(20), catheter: microlitres(20))
    var order = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: micrograms(200), patientBolus: .usual())
    order.concentration = Concentration(nanogramsPerMillilitre: strength * 1_000)
    let pump = try Pump(order, on: .bench(residue: .zero, line: line))
    if let other { pump.refill(other) }
    pump.run(for: .minutes(30))
    return pump
  }

  /// The power goes and comes back; 20 steps are leased beyond the record.
  ///
  /// - Parameter ran: how long it may have run since; nil where nobody tells.
  private func cut(_ pump: Pump, ran: Nanoseconds? = nil, from record: [UInt8]? = nil) throws {
    var facts = Restart(at: Tick(pump.now + 50), leaseEnd: pump.account.steps + 20)
    facts.isOtherBoot = true
    facts.mayHaveRun = ran.map { TickCount(pump.ticks($0)) }
    try pump.comeBack(from: record ?? pump.record())
    facts.leaseEnd = pump.account.steps + 20
    pump.restart(facts)
    // The engine goes on from what is written down of that.
    try pump.comeBack(from: pump.record())
    pump.run(to: pump.now + 1)
  }

  /// Somebody vouches for UTC, and tells for how long the machine was off.
  private func tell(_ pump: Pump, wasOff: Nanoseconds) {
    pump.vouch(behind: wasOff, wasOff: wasOff)
    pump.run(to: pump.now + 1)
  }

  /// In uL/d.
  private func flow(_ pump: Pump) -> Int64 { pump.report().flow.picolitresPerDay / 1_000_000 }

  private func isUncertain(_ pump: Pump) -> Bool {
    pump.alarms[.lineUncertain]?.priority == .high
  }

  @Test(
    "R-083 R-126 After a cut of which nobody knows the length the strongest in the line is dosed for",
    arguments: [(500, 2_000), (2_000, 500)])
  func strongest(old: Int64, new: Int64) throws {
    let pump = try pump(old, refilled: new)
    let steps = pump.account.steps
    try cut(pump)
    #expect(isUncertain(pump) && flow(pump) == 150)
    #expect(pump.stepsInDoubt == 20 && pump.alarms[.accountUncertain] == nil)
    #expect(pump.bolus(micrograms(1), .minutes(1)).reason != nil)
    // 31.25 ng each.
    pump.run(for: .hours(1))
    #expect((399...400).contains(pump.account.steps - steps))
    // Until all of the line has been counted through.
    pump.run(
      for: .milliseconds(9_000 * (Self.length - 10)) - .hours(1) - .minutes(old == 500 ? 120 : 30))
    #expect(pump.account.steps < Self.length && isUncertain(pump) && flow(pump) == 150)
    pump.run(for: .hours(2) + .minutes(10))
    #expect(pump.account.steps >= Self.length && !isUncertain(pump))
    #expect(flow(pump) == 300_000 / new)
  }

  @Test(
    "R-083 R-126 When it is told how long it was, the doubt is what a start would have found, once",
    arguments: [(500, 2_000), (2_000, 500)], [(2, 54), (10, 267), (100, 2_667)] as [(Int64, Int64)])
  func told(strengths: (Int64, Int64), ran: (minutes: Int64, steps: Int64)) throws {
    let (old, new) = strengths
    let late = try pump(old, refilled: new)
    let (record, made) = (late.record(), late.account.steps)
    try cut(late)
    let least = flow(late)
    let (contents, doubts) = (late.reservoirContents, late.doubts)
    for _ in 0..<2 { tell(late, wasOff: .minutes(ran.minutes)) }
    let early = try pump(old, refilled: new)
    try cut(early, ran: .minutes(ran.minutes), from: record)
    tell(early, wasOff: .zero)
    // The rate is that of the schedule, of the weakest drug that is on its way.
    #expect(early.stepsInDoubt == 20 + ran.steps && late.stepsInDoubt == early.stepsInDoubt)
    #expect(late.doubts.hour - doubts.hour == ran.steps && late.doubts.day == early.doubts.day)
    #expect(contents - late.reservoirContents == late.rig.volume(ofSteps: ran.steps))
    #expect(late.reservoirContents == early.reservoirContents)
    #expect(late.alarms[.accountUncertain] != nil && early.alarms[.accountUncertain] != nil)
    // 5 % are 128 steps.
    #expect(isUncertain(late) == (ran.steps > 128) && isUncertain(early) == isUncertain(late))
    let mayHavePassed = made >= Self.length - 20 - ran.steps
    #expect(least == 150 && flow(late) == (old == 500 && !mayHavePassed ? 600 : 150))
    #expect(flow(late) == flow(early))
  }

  @Test(
    "R-083 Where the line holds one drug its place is in no doubt; the account is told all the same"
  )
  func oneDrug() throws {
    let pump = try pump(500, refilled: nil)
    try cut(pump)
    #expect(!isUncertain(pump) && flow(pump) == 600 && pump.stepsInDoubt == 20)
    tell(pump, wasOff: .minutes(100))
    #expect(!isUncertain(pump) && flow(pump) == 600 && pump.stepsInDoubt == 20 + 2_667)
    #expect(pump.alarms[.accountUncertain] != nil)
    // A storage that failed for less than 10 s let nothing pass without a lease.
    let short = try self.pump(500, refilled: 2_000)
    try cut(short)
    tell(short, wasOff: .seconds(10))
    #expect(!isUncertain(short) && short.stepsInDoubt == 20)
    #expect(short.alarms[.accountUncertain] == nil)
  }

  @Test("R-083 R-087 What the run page tells is in no doubt")
  func killed() throws {
    let pump = try pump(500, refilled: 2_000)
    let record = pump.record()
    pump.run(for: .minutes(10))
    var facts = Restart(at: Tick(pump.now + 50), leaseEnd: pump.account.steps + 20)
    facts.trace = pump.trace
    try pump.comeBack(from: record)
    pump.restart(facts)
    #expect(!isUncertain(pump) && flow(pump) == 600 && pump.stepsInDoubt == 0)
  }

  @Test(
    "R-083 R-087 R-126 A stop that is written down may have ended without that being written",
    arguments: [true, false])
  func resumed(isTold: Bool) throws {
    let pump = try pump(500, refilled: 2_000)
    pump.ask(.stop)
    try cut(pump, ran: isTold ? .minutes(100) : nil)
    if !isTold { tell(pump, wasOff: .minutes(100)) }
    // It stays stopped; what a resume may have made is not known.
    #expect(pump.alarms.on[.stopped] && flow(pump) == 0)
    #expect(pump.stepsInDoubt == 20 + 2_667 && isUncertain(pump))
    pump.ask(.resume)
    #expect(flow(pump) == 150)
    // Nothing runs for which there is no order.
    let new = try Pump(nil)
    try cut(new, ran: .hours(100))
    #expect(new.stepsInDoubt == 20)
  }

  @Test("R-083 R-126 A second cut before it was told leaves the first one's doubt for good")
  func secondCut() throws {
    let pump = try pump(500, refilled: 2_000)
    try cut(pump)
    pump.run(for: .minutes(5))
    try cut(pump)
    #expect(isUncertain(pump) && pump.stepsInDoubt == 40)
    tell(pump, wasOff: .minutes(2))
    // What may have been made in the second is known, and nothing of the first.
    #expect(isUncertain(pump) && flow(pump) == 150 && pump.stepsInDoubt == 40 + 54)
    // So it is where a process that could have told of the first was killed.
    let other = try self.pump(500, refilled: 2_000)
    try cut(other)
    var facts = Restart(at: Tick(other.now + 50), leaseEnd: other.account.steps + 20)
    facts.trace = other.trace
    try other.comeBack(from: other.record())
    other.restart(facts)
    tell(other, wasOff: .minutes(2))
    #expect(isUncertain(other) && flow(other) == 150 && other.stepsInDoubt == 20)
    // Whoever fills the line anew knows what is in it.
    #expect(other.tell(SupplyChange(.lineReplaced)) == nil)
    #expect(!isUncertain(other))
  }

  @Test("R-083 R-126 What a refill brings to a line in doubt has its place")
  func refillAfterwards() throws {
    let pump = try pump(2_000, refilled: 500)
    try cut(pump)
    pump.refill(1_000)
    let begun = pump.account.steps
    #expect(isUncertain(pump))
    // The old boundary leaves, by count, after at most a line; the new one is where it was put.
    pump.run(for: .milliseconds(9_000 * (Self.length + 100)))
    #expect(!isUncertain(pump))
    #expect(pump.account.steps - begun < Self.length ? flow(pump) == 600 : flow(pump) == 300)
  }

  @Test(
    "R-083 R-128 Liquid without drug may have left too: it is paid as drug, and nothing primes it")
  func withoutDrug() throws {
    let pump = try pump(500, refilled: nil)
    #expect(pump.tell(SupplyChange(.catheterEmptied)) == nil)
    pump.run(for: .minutes(1))
    let lost = pump.account.deficit(.noDrug)
    #expect(lost > 0)
    try cut(pump)
    #expect(isUncertain(pump) && flow(pump) == 600)
    pump.run(for: .minutes(1))
    // It may have been drug: none of it is told as missing, and limits count it.
    #expect(pump.account.deficit(.noDrug) <= lost + pump.account.perStep)
    #expect(pump.tell(SupplyChange(.prime))?.reason != nil)
  }
}
