import Quantities
import SeededNumbers
import Testing

@testable import DosingCore

/// What runs out of the reservoir by itself, told by how fast it becomes lighter: on a cell of 0.1 g, beside 0.6 mL/d.
@Suite struct FreeFlowTests {
  /// Weighs once a minute until free flow is told; nil where it is not within so many minutes.
  ///
  /// - Parameter lost: what is gone besides what was ordered, in milligrams, after so many minutes.
  private func minutesUntilTold(
    _ pump: Pump, atMost minutes: Int, noise: (Int) -> Double = { _ in 0 },
    lost: (Double) -> Double
  ) -> Int? {
    let steps = pump.account.steps
    for minute in 0...minutes {
      let given = Double(pump.account.steps - steps) * 0.015625
      let weight = 19_000 - given - lost(Double(minute)) + noise(minute)
      pump.weigh(Int64(weight.rounded()))
      if pump.alarms.on[.freeFlow] { return minute }
      pump.pass(for: .minutes(1) - .milliseconds(100))
    }
    return nil
  }

  @Test(
    "R-145 What runs by itself is told after three stretches that are each lighter by more than the error, and stops all",
    arguments: [
      (1_440, 3), (147, 3), (140, 30), (15, 30), (13.5, 180), (2.6, 180), (2.3, nil),
    ] as [(Double, Int?)], [false, true])
  func told(flow: (millilitresPerDay: Double, minutes: Int?), isStopped: Bool) throws {
    let (millilitresPerDay, minutes) = flow
    let pump = try Pump.weighed()
    if isStopped { pump.ask(.stop) }
    let told = minutesUntilTold(pump, atMost: minutes ?? 300) { $0 * millilitresPerDay / 1.44 }
    #expect(told == minutes)
    guard let minutes else { return #expect(!pump.alarms.on[.hardStop]) }
    #expect(pump.alarms[.freeFlow]?.priority == .high && pump.mode == .hardStop)
    let outputs = pump.outputs
    #expect(!outputs.isOpen && !outputs.enable && !outputs.beats && outputs.signal.sound == .high)
    #expect(pump.ask(.resume).reason == .hardStop)
    // Whoever clears it while it still runs is told again.
    #expect(pump.ask(.clear).isAccepted && !pump.alarms.on[.freeFlow])
    #expect(pump.ask(.resume).isAccepted && pump.mode == .continuous)
    let again = minutesUntilTold(pump, atMost: minutes + 1) { $0 * millilitresPerDay / 1.44 }
    #expect(again != nil)
  }

  @Test(
    "R-145 Noise within the error, drift as stated and boluses are no free flow, in whatever order")
  func noise() throws {
    for seed in UInt64(1)...6 {
      let pump = try Pump.weighed(accuracy: 50)
      var chance = SplitMix64(seed: seed)
      let told = minutesUntilTold(
        pump, atMost: 3 * 1_440,
        noise: { minute in
          if minute % 180 == 0 { pump.bolus(micrograms(10), .minutes(10)) }
          // Within the error, and as often as not at one end of it.
          return chance.oneIn(2)
            ? (chance.oneIn(2) ? 100 : -100) : Double(chance.number(-100...100))
        }, lost: { $0 * 50 / 1_440 })
      #expect(told == nil, "\(seed)")
    }
  }

  @Test("R-145 What is lifted, spilled or set down again at once runs by no means")
  func once() throws {
    let pump = try Pump.weighed()
    let told = minutesUntilTold(pump, atMost: 600) {
      switch $0 {
      case ..<30: 0
      case ..<40: 12_000
      case ..<100: 0
      case ..<200: 3_000
      // In two goes, and no third.
      case ..<201: 5_000
      default: 7_000
      }
    }
    #expect(told == nil)
  }

  @Test(
    "R-145 While somebody refills it, and before it was filled, what becomes lighter is taken out")
  func refilled() throws {
    let pump = try Pump.weighed()
    let concentration = Concentration(nanogramsPerMillilitre: 500_000)
    #expect(pump.tell(SupplyChange(.begin, concentration: concentration)) == nil)
    #expect(minutesUntilTold(pump, atMost: 15) { $0 * 1_000 } == nil)
    #expect(pump.tell(SupplyChange(.leave)) == nil)
    // From there on it counts anew.
    #expect(minutesUntilTold(pump, atMost: 15) { $0 * 1_000 } == 3)
  }

  @Test("R-145 A cell of which nothing is heard for a moment begins anew")
  func silent() throws {
    let pump = try Pump.weighed()
    for minute in 0..<12 {
      pump.weigh(19_000 - Int64(minute) * 1_000, minute % 3 == 2 ? .failed : .good)
      pump.pass(for: .minutes(1) - .milliseconds(100))
    }
    #expect(!pump.alarms.on[.freeFlow])
  }

  @Test(
    "R-133 R-145 A weight that falls behind the count is not emptying, one that runs ahead of it a leak"
  )
  func sides() throws {
    for (perHour, code) in [(Int64(0), FaultCode.notEmptying), (50, .weightDiffers)] {
      let pump = try Pump.weighed()
      // 25 mg an hour are given; from the 20th hour on another weight goes.
      for hour in Int64(0)..<34 {
        pump.weigh(20_000 - 25 * min(hour, 20) - perHour * max(0, hour - 20))
        pump.pass(for: .hours(1) - .milliseconds(100))
      }
      pump.pass(for: .minutes(11))
      #expect(pump.alarms.on[code])
      #expect(!pump.alarms.on[code == .notEmptying ? .weightDiffers : .notEmptying])
      #expect(pump.mode == .continuous && pump.bolus(micrograms(5), .minutes(10)).isAccepted)
      pump.weigh(19_145)
      pump.pass(for: .minutes(1))
      #expect(!pump.alarms.on[code])
    }
  }
}
