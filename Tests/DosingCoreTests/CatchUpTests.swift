import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// After a kill it is known how many steps were made since the record, and not when.
@Suite struct CatchUpTests {
  /// What each bucket of the hour and of the day holds, in an engine that goes on, and in one that was
  /// killed and came back from its record.
  private struct Both {
    var live: (hour: [Int64: Int64], day: [Int64: Int64])
    var back: (hour: [Int64: Int64], day: [Int64: Int64])

    init(_ pump: Pump, from record: [UInt8]) throws {
      live = pump.pastBuckets()
      var facts = Restart(at: Tick(pump.now + 1), leaseEnd: pump.account.steps + 20)
      facts.trace = pump.trace
      try pump.comeBack(from: record)
      #expect(pump.restart(facts).stepsInDoubt == 0)
      back = pump.pastBuckets()
    }

    /// The most by which a step stands in a bucket before the one in which it was made.
    static func forgets(_ live: [Int64: Int64], _ back: [Int64: Int64]) -> Int64 {
      let buckets = Set(live.keys).union(back.keys)
      func since(_ bucket: Int64, _ counts: [Int64: Int64]) -> Int64 {
        counts.filter { $0.key >= bucket }.reduce(0) { $0 + $1.value }
      }
      return buckets.map { since($0, live) - since($0, back) }.max() ?? 0
    }
  }

  @Test("R-012 R-083 Steps of an even flow are dated to the tick, however long ago the record was")
  func even() throws {
    for (dose, minutes) in [(300, 10), (41, 9), (1_777, 3), (300, 70), (999, 1_500)] {
      var order = Prescription.continuous(
        microgramsPerDay(Int64(dose)), maxDose1h: micrograms(1_000),
        maxDose24h: micrograms(5_000))
      order.safeBasal = microgramsPerDay(30)
      let pump = try Pump(order)
      pump.run(for: Nanoseconds(137_330_000_000))
      let record = pump.record()
      pump.run(for: .minutes(Int64(minutes)))
      let both = try Both(pump, from: record)
      #expect(both.live.hour == both.back.hour, "\(dose) ug/d, \(minutes) min")
      #expect(both.live.day == both.back.day, "\(dose) ug/d, \(minutes) min")
    }
  }

  @Test("R-011 R-083 Whatever flowed, no step is dated earlier than it was made")
  func neverEarlier() throws {
    var chance = SplitMix64(seed: 5)
    for _ in 0..<60 {
      let steps = (0..<4).map { step in
        (
          minute: UInt16(step == 0 ? 0 : 3 + 4 * step),
          rate: microgramsPerDay(chance.magnitude(30...900))
        )
      }
      let order = Prescription.flex(
        [steps], maxDose1h: micrograms(1_000), maxDose24h: micrograms(5_000),
        safeBasal: microgramsPerDay(30), patientBolus: .usual(lockout: .minutes(5)))
      let pump = try Pump(order)
      pump.run(for: .seconds(chance.number(1...600)))
      if chance.oneIn(2) { #expect(pump.ask(.patientBolus).isAccepted) }
      pump.run(for: .seconds(chance.number(1...300)))
      let record = pump.record()
      pump.run(for: .seconds(chance.number(1...300)))
      if chance.oneIn(3) { pump.ask(.stop) }
      if chance.oneIn(3) { pump.skip(.seconds(chance.number(1...60))) }
      pump.run(for: .seconds(chance.number(1...200)))
      let both = try Both(pump, from: record)
      #expect(Both.forgets(both.live.hour, both.back.hour) <= 0)
      #expect(Both.forgets(both.live.day, both.back.day) <= 0)
    }
  }

  @Test("R-012 A bolus that the record knows does not crowd the basal of the hours after it")
  func longAfterBolus() throws {
    let order = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: micrograms(100), maxDose24h: micrograms(500))
    let pump = try Pump(order)
    #expect(pump.bolus(micrograms(50), .minutes(30)).isAccepted)
    pump.run(for: .minutes(10))
    let record = pump.record()
    pump.run(for: .hours(5))
    let both = try Both(pump, from: record)
    #expect(both.live.hour == both.back.hour)
    #expect(Both.forgets(both.live.day, both.back.day) <= 0)
  }

  @Test("R-012 A bolus that was cancelled after the record is taken for no more than came of it")
  func cancelledBolus() throws {
    let order = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: micrograms(100), maxDose24h: micrograms(900))
    let pump = try Pump(order)
    #expect(pump.bolus(micrograms(200), .hours(6)).isAccepted)
    pump.run(for: .minutes(10))
    let (record, extra) = (pump.record(), pump.account.extra)
    pump.run(for: .minutes(1))
    pump.ask(.stop)
    pump.ask(.resume)
    pump.run(for: .hours(3))
    let steps = Int64((pump.account.extra - extra) / pump.account.perStep)
    #expect(steps > 10)
    let both = try Both(pump, from: record)
    let hours = [both.live, both.back].map { $0.hour.values.reduce(0, +) }
    #expect(hours[0]...hours[0] + steps + 1 ~= hours[1], "\(hours), \(steps)")
  }
}
