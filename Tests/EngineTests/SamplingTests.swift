import DosingCore
import Quantities
import Testing

@testable import Engine

/// Ticks of 10 ms, 3,200 steps a revolution: 32 are two full steps of a motor with 200.
@Suite struct SamplingTests {
  private static func rig(error: Int64? = 100) -> Rig {
    var rig = Rig.fast(tickMilliseconds: 10)
    rig.weighing = error.map { Weighing(errorMilligrams: $0, driftMilligramsPerDay: 50) }
    rig.occlusion = OcclusionLimits(
      threshold: Pressure(pascals: 70_000), rise: Pressure(pascals: 20_000))
    return rig
  }

  private func readings(_ encoder: Int64, _ weight: Int64, _ pressure: Int64) -> SensorReadings {
    var readings = SensorReadings()
    readings.encoder = SensorReading(.good, value: encoder)
    readings.loadCell = SensorReading(.good, value: weight)
    readings.pressure = SensorReading(.good, value: pressure)
    return readings
  }

  @Test("R-134 The core hears the first look, and then one a minute")
  func everyMinute() {
    var sampling = Sampling(Self.rig())
    let same = readings(100, 20_000, 5_000)
    #expect(sampling.take(same, at: 7, steps: 0) == same)
    for tick in stride(from: Int64(17), to: 6_007, by: 10) {
      #expect(sampling.take(same, at: tick, steps: 0) == nil)
    }
    #expect(sampling.take(same, at: 6_007, steps: 0) == same)
    #expect(sampling.take(same, at: 12_006, steps: 0) == nil)
    #expect(sampling.take(same, at: 12_007, steps: 0) == same)
  }

  @Test(
    "R-134 It hears at once of two full steps, and of what says something else by more than it may be off"
  )
  func thresholds() {
    var sampling = Sampling(Self.rig())
    _ = sampling.take(readings(4_090, 20_000, 5_000), at: 0, steps: 500)
    for (change, steps, isTaken) in [
      (readings(4_090, 20_000, 5_000), 531, false), (readings(4_090, 20_000, 5_000), 532, true),
      (readings(4_090, 20_000, 5_000), 563, false), (readings(4_090, 20_000, 5_000), 564, true),
      // 41 counts of 4,096, the shorter way around; back against the turn.
      (readings(35, 20_000, 5_000), 564, false), (readings(36, 20_000, 5_000), 564, true),
      (readings(4_091, 20_000, 5_000), 564, false), (readings(4_090, 20_000, 5_000), 564, true),
      (readings(4_090, 20_100, 5_000), 564, false), (readings(4_090, 20_101, 5_000), 564, true),
      (readings(4_090, 20_001, 5_000), 564, false), (readings(4_090, 20_000, 5_000), 564, true),
      (readings(4_090, 20_000, 10_000), 564, false), (readings(4_090, 20_000, 10_001), 564, true),
      (readings(4_090, 20_000, 5_001), 564, false), (readings(4_090, 20_000, 5_000), 564, true),
    ] as [(SensorReadings, Int64, Bool)] {
      #expect((sampling.take(change, at: 10, steps: steps) != nil) == isTaken, "\(change) \(steps)")
    }
  }

  @Test("R-134 R-137 Whatever it hears between, it hears after each two full steps")
  func stepsAlone() {
    var sampling = Sampling(Self.rig())
    var taken: [Int64] = []
    for steps in Int64(0)...100 {
      // Each minute too, which are seven steps.
      let tick = steps * 900
      if sampling.take(readings(100, 20_000, 5_000), at: tick, steps: steps) != nil {
        taken.append(steps)
      }
    }
    #expect(Set([0, 32, 64, 96]).isSubset(of: taken) && taken.count > 10)
  }

  @Test("R-134 It hears of each change of what is believed", arguments: SensorState.allCases)
  func states(state: SensorState) {
    for sensor in [\SensorReadings.encoder, \.loadCell, \.pressure] {
      var sampling = Sampling(Self.rig(error: nil))
      var now = readings(100, 20_000, 5_000)
      _ = sampling.take(now, at: 0, steps: 0)
      now[keyPath: sensor].state = state
      #expect((sampling.take(now, at: 10, steps: 0) != nil) == (state != .good))
      #expect(sampling.take(now, at: 20, steps: 0) == nil)
    }
  }

  @Test("R-134 What was heard stands in one event, whatever the sensors said")
  func event() {
    for value: Int64 in [0, 1, -1, 4_095, -100_000, Int64(Int32.max), Int64(Int32.min)] {
      for state in SensorState.allCases {
        var said = readings(1, -2, 3)
        for sensor in [\SensorReadings.encoder, \.loadCell, \.pressure] {
          said[keyPath: sensor] = SensorReading(state, value: value)
          let event = EngineEvent(said, tick: 9)
          #expect(event.kind == .sampled && event.tick == 9 && event.samples == said)
        }
      }
    }
    // Nothing that a bus says is as large; it is held, not turned round.
    var said = SensorReadings()
    said.loadCell = SensorReading(.implausible, value: .min)
    #expect(EngineEvent(said, tick: 0).samples.loadCell.value == -(Int64.max >> 3))
  }

  @Test(
    "R-146 A sensor that flaps is heard at once 60 times, and then once in 6 s; steps and minutes go on"
  )
  func flaps() {
    var sampling = Sampling(Self.rig())
    var taken: [Int64] = []
    for tick in stride(from: Int64(0), to: 360_000, by: 10) {
      var now = readings(100, 20_000, 5_000)
      if tick % 20 == 0 { now.loadCell.state = .failed }
      if sampling.take(now, at: tick, steps: 0) != nil { taken.append(tick) }
    }
    // The first look is none of them, and 6 s bring one more while they come.
    #expect(taken.prefix(61) == ArraySlice((0...60).map { $0 * 10 }))
    #expect((600...670).contains(taken.count), "\(taken.count)")
    let steps = taken.count
    for step in Int64(1)...320 {
      var now = readings(100, 20_000, 5_000)
      if step % 2 == 0 { now.loadCell.state = .failed }
      if sampling.take(now, at: 360_000 + step, steps: step) != nil { taken.append(step) }
    }
    #expect(taken.count - steps >= 10)
    // After a while of peace it is heard at once again.
    var again = 0
    for look in Int64(0)..<80 {
      var now = readings(100, 20_000, 5_000)
      if look % 2 == 0 { now.loadCell.state = .failed }
      if sampling.take(now, at: 500_000 + 10 * look, steps: 320) != nil { again += 1 }
    }
    #expect((60...64).contains(again), "\(again)")
  }
}
