import DosingCore
import Quantities
import Testing

/// Refills of the reservoir of `Pump.weighed`: what was told, and what was weighed.
@Suite struct WeighedRefillTests {
  private func refill(
    _ pump: Pump, weighs: [Int64], aspirated: Int64 = 18_000, filled: Int64 = 18_000
  ) -> Refusal? {
    pump.weigh(weighs[0])
    #expect(pump.begin(500) == nil)
    pump.weigh(weighs[1])
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(aspirated))) == nil)
    pump.weigh(weighs[2])
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(filled))) == nil)
    pump.weigh(weighs[2])
    return pump.tell(SupplyChange(.finish))
  }

  @Test("R-133 A refill that is what it was said to be is the new reference")
  func reference() throws {
    let pump = try Pump.weighed()
    pump.weigh(20_000)
    pump.pass(for: .days(2))
    // The cell has wandered by 0.09 g.
    #expect(refill(pump, weighs: [18_890, 890, 18_890]) == nil)
    #expect(pump.intervals.weighed == nil || pump.intervals.weighed!.least > microlitres(18_590))
    pump.weigh(18_890)
    let both = pump.intervals
    #expect(both.weighed!.most - both.weighed!.least == microlitres(402))
    #expect(both.weighed!.least <= both.counted.most && both.counted.least <= both.weighed!.most)
    #expect(
      abs((both.weighed!.least + microlitres(200) - both.counted.least).picolitres) < 2_000_000)
  }

  @Test(
    "R-133 What did not fall and rise by what was told may be elsewhere, and needs an override",
    arguments: [
      // Into a pocket; from a pocket and back into it; half of it beside the port; turned around.
      [18_800, 800, 800], [18_800, 18_800, 18_800], [18_800, 800, 9_800], [18_800, 18_800, 36_800],
      [18_800, 800, 18_499], [18_800, 1_101, 19_102],
    ] as [[Int64]])
  func pocketFill(weighs: [Int64]) throws {
    let pump = try Pump.weighed()
    pump.weigh(20_000)
    pump.pass(for: .days(2))
    let refusal = try #require(refill(pump, weighs: weighs))
    #expect(refusal.reason == .fluidElsewhere && refusal.limit == 18_000_000_000)
    // Whoever tells it may still have a hand on it.
    #expect(!pump.alarms.on[.fluidElsewhere])
    pump.pass(for: .minutes(1))
    #expect(pump.alarms[.fluidElsewhere]?.priority == .high && pump.mode == .continuous)
    #expect(pump.tell(SupplyChange(.finish, overrides: true)) == nil)
    #expect(!pump.alarms.on[.fluidElsewhere])
    // Whoever overrides it has not made the cell agree.
    pump.weigh(weighs[2])
    pump.pass(for: .minutes(11))
    #expect(pump.alarms.on[.weightDiffers] == (weighs[2] - 18_800 < -301))
    #expect(pump.alarms.on[.notEmptying] == (weighs[2] - 18_800 > 301))
  }

  @Test("R-133 What was told with an override counts in what is weighed from then on")
  func overridden() throws {
    let pump = try Pump.weighed()
    pump.weigh(20_000)
    pump.pass(for: .days(2))
    // A hand on it while it was empty; in the end there is what was told.
    let refusal = refill(pump, weighs: [18_800, 400, 10_800], filled: 10_000)
    #expect(refusal?.reason == .fluidElsewhere)
    #expect(
      pump.tell(SupplyChange(.finish, lot: Label("a hand on it"), overrides: true)) == nil)
    pump.weigh(10_800)
    pump.pass(for: .minutes(11))
    pump.weigh(10_800)
    #expect(!pump.alarms.on[.weightDiffers] && pump.intervals.weighed != nil)
  }

  @Test("R-133 What the head takes while somebody refills is not elsewhere")
  func fastHead() throws {
    var rig = Rig.bench()
    rig.weighing = Weighing()
    // 10 mL/d, 0.174 mL in 25 min.
    let order = Prescription.continuous(
      microgramsPerDay(5_000), maxDose1h: micrograms(500), maxDose24h: micrograms(6_000))
    let pump = try Pump(order, on: rig)
    pump.weigh(20_000)
    #expect(pump.begin(500) == nil)
    pump.pass(for: .minutes(25))
    pump.weigh(826)
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(19_000))) == nil)
    pump.pass(for: .minutes(25))
    pump.weigh(652)
    pump.weigh(18_652)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(18_000))) == nil)
    pump.pass(for: .minutes(2))
    #expect(!pump.alarms.on[.fluidElsewhere])
    #expect(pump.tell(SupplyChange(.finish)) == nil)
  }

  @Test("R-133 What nobody knew of what was there, nobody knows of what is left of it")
  func leftOver() throws {
    let pump = try Pump.weighed(accuracy: 50)
    pump.pass(for: .days(10))
    #expect(pump.begin(500) == nil)
    // By count 14 mL, within 0.3.
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(13_500))) == nil)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(19_000))) == nil)
    #expect(pump.tell(SupplyChange(.finish)) == nil)
    let counted = pump.intervals.counted
    #expect(abs((counted.least - microlitres(19_200)).picolitres) < 1_000_000)
    #expect(abs((counted.most - microlitres(19_800)).picolitres) < 1_000_000)
    try pump.comeBack(from: pump.record())
    #expect(pump.intervals.counted == counted)
    // What is read wrong is reckoned anew, and more than a reservoir holds is in none.
    let other = try Pump.weighed(accuracy: 50)
    other.pass(for: .days(10))
    #expect(other.begin(500) == nil)
    #expect(other.tell(SupplyChange(.aspirated, volume: microlitres(1_000))) == nil)
    #expect(other.tell(SupplyChange(.aspirated, volume: microlitres(13_800))) == nil)
    #expect(other.tell(SupplyChange(.filled, volume: microlitres(19_700))) == nil)
    let full = other.intervals.counted
    #expect(abs((full.least - microlitres(19_700)).picolitres) < 1_000_000)
    #expect(abs((full.most - microlitres(20_000)).picolitres) < 1_000_000)
  }

  @Test("R-117 R-133 What stands beside the journal knows how well the contents are known")
  func besideTheJournal() throws {
    let pump = try Pump.weighed(accuracy: 50)
    pump.pass(for: .days(10))
    #expect(pump.begin(500) == nil)
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(13_000))) == nil)
    let steps = pump.account.steps
    let record = pump.held()
    let (before, told) = (
      pump.intervals.counted, SupplyChange(.aspirated, volume: microlitres(900))
    )
    #expect(before.most - before.least > microlitres(500))
    #expect(pump.tell(told) == nil)
    let corrected = pump.intervals.counted
    for wrong in [record.dropLast(), record + [0]] {
      #expect(!pump.takeHeld(wrong, steps: steps))
      #expect(pump.intervals.counted == corrected)
    }
    #expect(pump.takeHeld(record, steps: steps))
    #expect(pump.intervals.counted == before)
    // What a correction is reckoned of is known too.
    #expect(pump.tell(told) == nil)
    #expect(pump.intervals.counted == corrected)
    // One of before a reservoir was weighed ends where its account does.
    #expect(pump.takeHeld(record.dropLast(96), steps: steps))
    #expect(pump.reservoirContents == microlitres(1_000))
  }

  @Test(
    "R-117 R-133 Steps in doubt may have been made, and what they gave is missing from the weight")
  func doubt() throws {
    let pump = try Pump.weighed()
    pump.weigh(20_000)
    pump.pass(for: .hours(1))
    let steps = pump.account.steps
    try pump.comeBack(from: pump.record())
    // A millilitre.
    pump.restart(Restart(at: Tick(pump.now + 100), leaseEnd: steps + 64_000))
    for milligrams: Int64 in [19_975, 18_975] {
      pump.weigh(milligrams)
      pump.pass(for: .minutes(11))
      pump.weigh(milligrams)
      #expect(!pump.alarms.on[.weightDiffers], "\(milligrams)")
    }
    pump.weigh(18_700)
    pump.pass(for: .minutes(11))
    pump.weigh(18_700)
    #expect(pump.alarms.on[.weightDiffers])
  }

  @Test("R-133 What was read wrong is corrected; within what may be off it is no alarm")
  func corrected() throws {
    let pump = try Pump.weighed()
    pump.weigh(20_000)
    pump.pass(for: .days(2))
    // 15 mL in a syringe of which 18 was read.
    #expect(refill(pump, weighs: [18_800, 800, 15_800])?.reason == .fluidElsewhere)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(14_720))) == nil)
    #expect(!pump.alarms.on[.fluidElsewhere])
    #expect(pump.tell(SupplyChange(.finish)) == nil)
  }

  @Test("R-133 Without a cell, or with one that fails on the way, a refill is what was told")
  func withoutCell() throws {
    let pump = try Pump.weighed()
    pump.pass(for: .days(2))
    #expect(pump.begin(500) == nil)
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(18_000))) == nil)
    pump.weigh(5_000)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(18_000))) == nil)
    #expect(!pump.alarms.on[.fluidElsewhere])
    #expect(pump.tell(SupplyChange(.finish)) == nil)
    #expect(refillOfFailing(try Pump.weighed()) == nil)
  }

  private func refillOfFailing(_ pump: Pump) -> Refusal? {
    pump.weigh(20_000)
    #expect(pump.begin(500) == nil)
    #expect(pump.tell(SupplyChange(.aspirated, volume: microlitres(18_000))) == nil)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(18_000))) == nil)
    pump.weigh(0, .failed)
    return pump.tell(SupplyChange(.finish))
  }
}
