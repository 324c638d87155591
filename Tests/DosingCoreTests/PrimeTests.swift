import DosingCore
import Quantities
import SeededNumbers
import Testing

@Suite struct PrimeTests {
  private let basal = microgramsPerDay(300)
  /// The catheter of `Rig.bench`: 154 uL, steps of 15.625 nL.
  private let catheter: Int64 = 9_856

  private func emptied() throws -> Pump {
    let pump = try Pump(.continuous(basal))
    pump.run(for: .minutes(3))
    #expect(pump.tell(SupplyChange(.catheterEmptied)) == nil)
    return pump
  }

  @Test(
    "R-131 An emptied catheter of 154 uL is primed at 12 mL/d in 18.5 min, and nobody is charged")
  func primed() throws {
    let pump = try emptied()
    let before = pump.account
    #expect(pump.tell(SupplyChange(.prime)) == nil)
    #expect(pump.report().line.prime?.left == microlitres(154))
    // 154 uL / 12 mL/d = 1,108.8 s = 11,088 ticks.
    pump.run(to: pump.now + 11_087)
    #expect(pump.account.steps < before.steps + catheter)
    pump.run(to: pump.now + 3)
    let after = pump.account
    #expect(pump.prime == nil)
    // The step of basal that waited is made at once.
    let waited = after.steps - before.steps - catheter
    #expect(waited == 1)
    // By plug flow the tip gave nothing; basal of that time had to wait, of which a step is left at the most.
    #expect(after.delivered == before.delivered + Int128(waited) * after.perStep)
    let scale = try #require(pump.therapy).scale
    let perTick = 300_000 * scale.perNanogram / 864_000
    let missed = after.deficit(.stepWaited) - before.deficit(.stepWaited)
    #expect(missed / perTick >= 11_087 - 225 && missed / perTick <= 11_091, "\(missed / perTick)")
    #expect(!pump.alarms.on[.noDrugAtTip])
    // From here on the tip gives what is ordered.
    let begun = pump.account
    pump.run(for: .hours(24))
    #expect(
      abs(pump.account.delivered - begun.delivered - 300_000 * scale.perNanogram)
        <= pump.account.perStep)
  }

  @Test("R-131 What a prime gives if all of it mixes, 37 % of 77 ug, binds extra doses for a day")
  func mixed() throws {
    // 303 ug of basal, 90 ug of bolus and 20 ug of a boundary that mixes fit; with 28.49 ug beside them they do not.
    let order = Prescription.continuous(
      basal, maxDose1h: micrograms(200), maxDose24h: micrograms(425))
    for primes in [false, true] {
      let pump = try Pump(order)
      #expect(pump.tell(SupplyChange(.catheterEmptied)) == nil)
      #expect(pump.tell(SupplyChange(.prime)) == nil)
      pump.run(for: .minutes(20))
      if !primes {
        // The same line, a day later.
        pump.run(for: .hours(25))
      }
      // Behind the zone in which the boundary is mixed.
      pump.run(for: .hours(2))
      let answer = pump.bolus(micrograms(90), .hours(1))
      #expect(answer.reason == (primes ? .doseLimit24h : nil), "\(primes)")
    }
  }

  @Test("R-131 A stop ends a prime; what is left in the line is what it is, and is primed again")
  func stopped() throws {
    let pump = try emptied()
    let begun = pump.account.steps
    #expect(pump.tell(SupplyChange(.prime)) == nil)
    pump.run(for: .minutes(5))
    #expect(pump.bolus(micrograms(10), .minutes(10)).reason == .primeRuns)
    #expect(try pump.program(.continuous(basal)).reason == .primeRuns)
    let half = pump.account.steps
    pump.ask(.stop)
    #expect(pump.prime == nil)
    pump.run(for: .minutes(5))
    #expect(pump.account.steps == half)
    // Also while it is stopped.
    #expect(pump.tell(SupplyChange(.prime)) == nil)
    #expect(pump.outputs.isOpen && pump.outputs.enable)
    pump.run(for: .minutes(20))
    #expect(pump.prime == nil && pump.account.steps == begun + catheter)
    #expect(pump.tell(SupplyChange(.prime))?.reason == .nothingToPrime)
    #expect(!pump.outputs.isOpen)
    pump.ask(.resume)
    #expect(pump.mode == .continuous && !pump.alarms.on[.noDrugAtTip])
  }

  @Test(
    "R-131 A new line is purged into a beaker, and nobody gets an extra dose before it is connected"
  )
  func purged() throws {
    let pump = try Pump(.continuous(basal))
    #expect(pump.tell(SupplyChange(.purge))?.reason == .connected)
    #expect(pump.tell(SupplyChange(.lineReplaced)) == nil)
    #expect(pump.alarms[.notConnected]?.priority == .high)
    #expect(pump.tell(SupplyChange(.prime))?.reason == .notConnected)
    let before = pump.account.steps
    #expect(pump.tell(SupplyChange(.purge)) == nil)
    pump.run(for: .hours(1))
    #expect(pump.account.steps >= before + 25_856 && pump.prime == nil)
    #expect(pump.bolus(micrograms(10), .minutes(10)).reason == .notConnected)
    #expect(pump.tell(SupplyChange(.connected)) == nil)
    #expect(pump.tell(SupplyChange(.connected))?.reason == .connected)
    #expect(!pump.alarms.on[.notConnected])
    pump.run(for: .hours(2))
    #expect(pump.bolus(micrograms(10), .minutes(10)).reason == nil)
  }

  @Test(
    "R-131 A pump that was never filled: fill, purge, connect, program, and it gives what is ordered"
  )
  func firstFill() throws {
    let pump = try Pump(nil)
    pump.holdNothing()
    #expect(try pump.program(.continuous(basal)).reason == .otherConcentration)
    #expect(pump.tell(SupplyChange(.purge))?.reason == .nothingToPrime)
    #expect(pump.alarms.highest == .high && !pump.alarms.on[.reservoirEmpty])
    #expect(pump.begin(500) == nil)
    #expect(pump.tell(SupplyChange(.aspirated)) == nil)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(20_000))) == nil)
    #expect(pump.tell(SupplyChange(.finish)) == nil)
    // Nothing stayed behind that would mix.
    let line = pump.report().line
    #expect((0..<line.count).map { line[$0].concentration.nanogramsPerMillilitre } == [0, 500_000])
    #expect(pump.tell(SupplyChange(.purge)) == nil)
    pump.run(for: .hours(1))
    #expect(pump.account.steps == 25_856 && pump.account.prescribed == 0)
    #expect(pump.tell(SupplyChange(.connected)) == nil)
    #expect(try pump.program(.continuous(basal)).isAccepted)
    pump.run(for: .hours(24))
    let scale = try #require(pump.therapy).scale
    #expect(300_000 * scale.perNanogram - pump.account.delivered <= 2 * pump.account.perStep)
    #expect(pump.alarms.highest == nil)
    #expect(pump.reservoirContents == microlitres(20_000) - pump.report().deliveredVolume)
  }

  @Test("R-131 R-083 A prime that is killed behind any step: no step is charged, none is forgotten")
  func killed() throws {
    for steps in [0, 1, 17, 9_855, 9_856, 9_857] as [Int64] {
      for isUnderWay in [false, true] where !isUnderWay || steps > 0 {
        let pump = try emptied()
        let record: [UInt8]
        let before = pump.account
        #expect(pump.tell(SupplyChange(.prime)) == nil)
        record = pump.record()
        while pump.account.steps < before.steps + steps { pump.run(to: pump.now + 1) }
        let (account, trace) = (pump.account, isUnderWay ? pump.traceInTheMiddle : pump.trace)
        let at = Tick(pump.now)
        try pump.comeBack(from: record)
        var facts = Restart(at: at + TickCount(50), leaseEnd: account.steps + 40)
        facts.trace = trace
        let outcome = pump.restart(facts)
        #expect(outcome.stepsInDoubt == (isUnderWay ? 1 : 0), "\(steps)")
        #expect(pump.account.steps == account.steps - (isUnderWay ? 1 : 0), "\(steps)")
        if !isUnderWay {
          #expect(pump.account.prescribed - outcome.notDelivered == account.prescribed, "\(steps)")
        }
        let sum = pump.account.delivered + pump.account.deficit + pump.account.pending
        #expect(pump.account.prescribed == sum)
        if !isUnderWay { #expect(pump.account.delivered == account.delivered, "\(steps)") }
        #expect(pump.prime == nil)
      }
    }
  }

  @Test("R-131 What a prime pushes counts as volume: extra doses keep the rig's limit beside it")
  func volume() throws {
    let rig = Rig.bench(maxVolume24h: microlitres(1_100))
    let order = Prescription.continuous(
      basal, maxDose1h: micrograms(300), maxDose24h: micrograms(2_000))
    for (dose, reason) in [(150, nil), (190, RefusalReason.volumeLimit24h)]
      as [(Int64, RefusalReason?)]
    {
      let pump = try Pump(order, on: rig)
      #expect(pump.tell(SupplyChange(.catheterEmptied)) == nil)
      #expect(pump.tell(SupplyChange(.prime)) == nil)
      pump.run(for: .hours(2))
      // 154 uL of prime, 606 uL of basal in a day and a bucket, and 300 or 380 uL.
      #expect(pump.bolus(micrograms(dose), .hours(2)).reason == reason, "\(dose)")
    }
  }

  @Test("R-131 R-083 Steps in doubt may have filled the line: so many less are pushed")
  func doubted() throws {
    let pump = try emptied()
    let steps = pump.account.steps
    let now = pump.now
    try pump.comeBack(from: pump.record())
    let outcome = pump.restart(Restart(at: Tick(now + 1), leaseEnd: steps + 40))
    #expect(outcome.stepsInDoubt == 40)
    #expect(pump.tell(SupplyChange(.prime)) == nil)
    #expect(pump.report().line.prime?.left == Volume(picolitres: (catheter - 40) * 15_625))
  }

  @Test("R-129 R-080 A step of a refill acts when it is durable, and not before")
  func durable() throws {
    let pump = try Pump(.continuous(basal))
    pump.beginLeases()
    pump.run(to: pump.now + 1)
    pump.grant(pump.propose())
    pump.run(to: pump.now + 1)
    #expect(pump.begin(1_000) == nil)
    #expect(pump.report().refill.stage == .none)
    pump.run(to: pump.now + 2)
    #expect(pump.report().refill.stage == .none)
    pump.grant(pump.propose())
    pump.run(to: pump.now + 1)
    #expect(pump.report().refill.stage == .begun)
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(19_000))) == nil)
    #expect(pump.report().line.count == 1 && pump.reservoirContents > microlitres(19_900))
    pump.grant(pump.propose())
    pump.run(to: pump.now + 1)
    #expect(pump.reservoirContents < microlitres(1_100))
  }

  @Test("R-131 A prime that gets no step is given up in time")
  func timesOut() throws {
    let pump = try emptied()
    #expect(pump.tell(SupplyChange(.prime)) == nil)
    pump.drive = .driveFailed
    // 18.5 min, a twentieth, and a minute.
    pump.run(for: .minutes(20))
    #expect(pump.prime != nil)
    pump.run(for: .minutes(1))
    #expect(pump.prime == nil)
  }

  @Test("R-130 Work on the line leaves an open refill the room that it was promised")
  func promisedRoom() throws {
    let pump = try Pump(.continuous(basal))
    for strength in 1...4 {
      pump.refill(500 + Int64(strength))
      pump.runToStep()
    }
    #expect(pump.report().line.count == 5)
    #expect(pump.begin(600) == nil)
    #expect(pump.tell(SupplyChange(.catheterEmptied)) == nil)
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(10_000))) == nil)
    pump.runToStep()
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(5_000))) == nil)
    #expect(pump.tell(SupplyChange(.finish, overrides: true)) == nil)
  }
}
