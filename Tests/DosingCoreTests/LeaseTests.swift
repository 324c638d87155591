import Quantities
import Testing

@testable import DosingCore

@Suite struct LeaseTests {
  /// A step every 2.25 s: 300 ug/d at 7.8125 ng a step.
  private let order = Prescription.continuous(
    microgramsPerDay(300), patientBolus: .usual(lockout: .minutes(5)))

  /// A pump whose first lease is durable.
  private func leased() throws -> Pump {
    let pump = try Pump(order)
    pump.beginLeases()
    pump.run(to: pump.now + 1)
    #expect(pump.decision.wantsCommit)
    pump.grant(pump.propose())
    pump.run(to: pump.now + 1)
    return pump
  }

  @Test("R-080 No step is made before the first lease is durable, nor beyond its end")
  func noStepWithoutLease() throws {
    let pump = try Pump(order)
    pump.beginLeases()
    pump.run(to: 1)
    let first = pump.propose()
    pump.run(for: .seconds(9))
    #expect(pump.stepTicks.isEmpty)
    #expect(pump.account.deficit(.noLease) > 0)
    pump.grant(first)
    pump.run(for: .seconds(1))
    #expect(pump.stepTicks.count == 1)
    // Whatever is asked for and not granted, the motor stops at the end.
    while pump.account.steps < first.leaseEnd { pump.run(to: pump.now + 1) }
    let since = pump.account.deficit(.noLease)
    pump.run(for: .seconds(5))
    #expect(pump.account.steps == first.leaseEnd)
    #expect(pump.account.deficit(.noLease) > since)
    #expect(pump.alarms[.storageFailed] == nil)
  }

  @Test("R-080 A lease covers 60 s of basal, and the next is asked for when half of it is left")
  func size() throws {
    let pump = try leased()
    // 60 s / 2.25 s = 26.7
    #expect(pump.leaseEnd == 27)
    repeat { pump.run(to: pump.now + 1) } while !pump.decision.wantsCommit
    // The tick after the one in which half of it was reached.
    #expect(pump.account.steps == 27 - 13)
    let next = pump.propose()
    #expect(next.leaseEnd == 27 + 27)
    // As long as it is on its way, none is asked for again.
    pump.run(for: .seconds(9))
    #expect(!pump.decision.wantsCommit)
    pump.grant(next)
    pump.run(to: pump.now + 1)
    #expect(pump.leaseEnd == 54)
    #expect(pump.account.deficit == 0)
  }

  @Test(
    "R-080 Leases are 2 steps or more, and 5 s of what runs or 32 steps at the most",
    arguments: [
      (Prescription.order(.minimum), Int64(2)),
      // 12 mL/d: 8.9 steps a second.
      (
        .continuous(
          microgramsPerDay(6_000), maxDose1h: micrograms(400), maxDose24h: micrograms(9_000)), 45
      ),
    ])
  func sizeBounds(_ order: Prescription, _ wanted: Int64) throws {
    let pump = try Pump(order, on: .bench(maxRate: microlitresPerDay(12_000)))
    pump.beginLeases()
    pump.run(to: 1)
    #expect(pump.propose().leaseEnd == wanted)
  }

  @Test("R-080 However many commits come early, at most one and a half leases are outstanding")
  func earlyCommits() throws {
    let pump = try leased()
    for _ in 0..<30 {
      pump.run(for: .seconds(1))
      pump.ask(.acknowledge)
      pump.ask(.stop)
      pump.grant(pump.propose())
      #expect(pump.leaseEnd - pump.account.steps <= 27 + 13)
    }
  }

  @Test("R-080 A commit is asked for every 10 min even where nothing happens")
  func commitEvery10Minutes() throws {
    let pump = try Pump(.order(.stopped))
    pump.beginLeases()
    pump.run(to: 1)
    pump.grant(pump.propose())
    var asked: [Int64] = []
    for _ in 0..<18_010 {
      pump.run(to: pump.now + 1)
      if pump.decision.wantsCommit {
        asked.append(pump.now)
        pump.grant(pump.propose())
      }
    }
    #expect(asked == [6_001, 12_001, 18_001])
  }

  @Test("R-081 A bolus is delivered only once it is durable")
  func bolusWaits() throws {
    let pump = try leased()
    pump.run(for: .seconds(30))
    #expect(pump.ask(.patientBolus).isAccepted)
    #expect(pump.decision.wantsCommit && !pump.decision.carriedOut)
    let commit = pump.propose()
    // Basal goes on meanwhile.
    let prescribed = pump.account.prescribed
    pump.run(for: .seconds(1))
    let basal = pump.unitsPerTick.basal
    #expect(pump.account.prescribed == prescribed + 10 * basal && pump.extraDose == nil)
    // An older commit does not hold the bolus.
    pump.grant((commit.commit - 1, leaseEnd: 10_000))
    pump.run(to: pump.now + 5)
    #expect(pump.extraDose == nil && pump.account.extra == 0)
    pump.grant(commit)
    pump.run(to: pump.now + 1)
    #expect(pump.decision.carriedOut && pump.extraDose?.start == Tick(pump.now))
    #expect(pump.patientBolusesIn24h == 1)
    pump.run(for: .seconds(1))
    #expect(pump.account.extra > 0)
  }

  @Test("R-081 A request that is not durable within 2 s is taken back, and basal goes on")
  func takenBack() throws {
    let pump = try leased()
    pump.run(for: .seconds(20))
    let rate = pump.unitsPerTick.basal
    #expect(pump.ask(.patientBolus).isAccepted)
    _ = pump.propose()
    pump.run(for: .seconds(2))
    #expect(pump.decision.tookBack)
    #expect(pump.extraDose == nil)
    let steps = pump.account.steps
    pump.run(for: .seconds(5))
    #expect(pump.account.steps > steps)
    #expect(pump.unitsPerTick.basal == rate)
    // It never happened.
    #expect(pump.patientBolusesIn24h == 0 && pump.lastExtraDose == nil)
  }

  @Test("R-081 A program, a resume and a new history that are not durable are undone")
  func undone() throws {
    let pump = try leased()
    let rate = pump.unitsPerTick.basal
    #expect(try pump.program(.continuous(microgramsPerDay(350))).isAccepted)
    let outputs = pump.outputs
    #expect(pump.unitsPerTick.basal == rate)
    _ = pump.propose()
    pump.run(for: .seconds(2))
    #expect(pump.decision.tookBack)
    #expect(pump.unitsPerTick.basal == rate && pump.outputs == outputs)
    #expect(pump.therapy?.prescription.patientBolus != nil)

    pump.ask(.stop)
    pump.grant(pump.propose())
    #expect(pump.ask(.resume).isAccepted)
    _ = pump.propose()
    pump.run(for: .seconds(2))
    #expect(pump.mode == .stoppedByCommand)
    #expect(pump.alarms[.stopped] != nil)
    // The stop is the one that it was, and escalates when it would have.
    #expect(pump.alarms[.stopped]?.priority == .medium)
    pump.grant(pump.propose())
    pump.run(for: .minutes(61))
    #expect(pump.alarms[.stopped]?.priority == .high)

    let fresh = try Pump(nil)
    fresh.loseHistory()
    fresh.beginLeases()
    fresh.run(to: fresh.now + 1)
    fresh.grant(fresh.propose())
    #expect(fresh.ask(.new(deliveredIn24h: microlitres(10), deliveredIn1h: .zero)).isAccepted)
    _ = fresh.propose()
    fresh.run(for: .seconds(2))
    #expect(fresh.mode == .noHistory)
  }

  @Test("R-081 A stop that comes while a program waits stays when the program is taken back")
  func stopStays() throws {
    let pump = try leased()
    #expect(try pump.program(.continuous(microgramsPerDay(350))).isAccepted)
    _ = pump.propose()
    pump.ask(.stop)
    _ = pump.propose()
    pump.run(for: .seconds(3))
    #expect(pump.mode == .stoppedByCommand)
  }

  @Test("R-082 After 10 s without a durable lease safe basal goes on alone, with a high alarm")
  func unleased() throws {
    let pump = try leased()
    repeat { pump.run(to: pump.now + 1) } while !pump.decision.wantsCommit
    let lost = pump.propose()
    let asked = pump.now
    while pump.alarms[.storageFailed] == nil { pump.run(to: pump.now + 1) }
    #expect(pump.now == asked + 100)
    #expect(pump.alarms[.storageFailed]?.priority == .high)
    #expect(pump.mode == .safeBasal)
    pump.run(for: .minutes(10))
    // 26 steps a minute, far beyond any lease.
    #expect(pump.account.steps > lost.leaseEnd + 200)
    #expect(pump.bolus(micrograms(1), .minutes(1)).reason != nil)
    #expect(try pump.program(order).reason == .storageFailed)
    pump.ask(.stop)
    #expect(pump.mode == .stoppedByCommand)
    #expect(pump.ask(.resume).isAccepted)
    #expect(pump.mode == .safeBasal)

    // The old commit succeeds at last; the account is ahead of it until the next one does.
    pump.grant(lost)
    let steps = pump.account.steps
    pump.run(to: pump.now + 1)
    #expect(pump.decision.wantsCommit)
    let last = pump.propose()
    pump.run(for: .seconds(3))
    #expect(pump.account.steps == steps)
    pump.grant(last)
    pump.run(for: .seconds(10))
    #expect(pump.account.steps > steps)
    #expect(pump.mode == .continuous)
    #expect(pump.alarms[.storageFailed] == nil)
  }

  @Test("R-082 An old commit that succeeds at last does not bind what ran since without a lease")
  func unleasedOutlivesOldCommit() throws {
    let pump = try leased()
    repeat { pump.run(to: pump.now + 1) } while !pump.decision.wantsCommit
    let lost = pump.propose()
    while pump.alarms[.storageFailed] == nil { pump.run(to: pump.now + 1) }
    pump.run(for: .minutes(10))
    #expect(pump.account.steps > lost.leaseEnd)
    // A newer one is on its way when the old one turns out to be durable.
    let newer = pump.propose()
    pump.grant(lost)
    let steps = pump.account.steps
    pump.run(for: .minutes(1))
    #expect(pump.account.steps >= steps + 26)
    #expect(pump.leaseEnd == .max && pump.mode == .safeBasal)
    #expect(pump.alarms[.storageFailed] != nil)
    pump.grant(newer)
    pump.run(to: pump.now + 1)
    #expect(pump.leaseEnd == newer.leaseEnd && pump.mode == .continuous)
    #expect(pump.alarms[.storageFailed] == nil)
  }

  @Test("R-082 A bolus that runs ends when the storage fails")
  func bolusEnds() throws {
    let pump = try leased()
    #expect(pump.ask(.patientBolus).isAccepted)
    pump.grant(pump.propose())
    repeat { pump.run(to: pump.now + 1) } while !pump.decision.wantsCommit
    _ = pump.propose()
    pump.run(for: .seconds(11))
    #expect(pump.extraDose == nil)
    #expect(pump.lastExtraDose.map { $0.discarded > 0 } ?? false)
  }
}
