import DosingCore
import Quantities
import Testing

@Suite struct LimitsTests {
  @Test("The bounds of the tick divide what a tick must divide")
  func tick() {
    #expect(Limits.tickMin > .zero && Limits.tickMin < Limits.tickMax)
    #expect(Limits.tickDivides.count % Limits.tickMin.count == 0)
    #expect(Limits.tickDivides.count % Limits.tickMax.count == 0)
    #expect(Nanoseconds.days(1).count % Limits.tickDivides.count == 0)
  }

  @Test("R-010 R-011 The full buckets of a window are as long as its name says")
  func windows() {
    #expect(Limits.hourBucket.count * Int64(Limits.hourBuckets - 1) == Nanoseconds.hours(1).count)
    #expect(Limits.dayBucket.count * Int64(Limits.dayBuckets - 1) == Nanoseconds.hours(24).count)
    // A bucket's edge is a tick, and the day's edges are the hour's.
    #expect(Limits.hourBucket.count % Limits.tickDivides.count == 0)
    #expect(Limits.dayBucket.count % Limits.hourBucket.count == 0)
  }

  @Test("R-018 A bolus of the longest duration fits the window that judges it")
  func durations() {
    #expect(Limits.bolusDurationMin < Limits.bolusDurationMax)
    #expect(
      Limits.bolusDurationMax.count <= Limits.dayBucket.count * Int64(Limits.dayBuckets - 1))
    #expect(Limits.lockoutMin < Limits.lockoutMax && Limits.lockoutMax <= .hours(24))
    #expect(Limits.bolusStepsMin > 0)
  }

  @Test("Flex steps begin at minutes, which are ticks, and a day has room for one an hour")
  func schedule() {
    #expect(Limits.stepsPerDayMax >= 24)
    #expect(Limits.patternsMax >= 7)
    #expect(Limits.concentrationMin < Limits.concentrationMax)
  }

  @Test("What an engine may ever account for fits 64 bits")
  func account() {
    let most = Mass(in: Limits.volumeMax, at: Limits.concentrationMax, rounded: .up)
    #expect(most != nil)
    // A revolution of 10 mL and 10,000,000 steps are the bounds of a head.
    #expect(scaled(Limits.volumeMax.picolitres, by: 10_000_000, over: 1, rounded: .up) == nil)
    #expect(Int64(Limits.patientBolusesIn24hMax) < 256)
  }
}
