import CHardware
import Plant
import Testing

@Suite struct VolumeTests {
  private func running(_ bench: TestBench) -> TestBench {
    bench.setLine(.CHW_LINE_ENABLE, true)
    bench.completeTick()
    return bench
  }

  @Test("a new plant has delivered nothing and holds what it was given")
  func new() throws {
    let bench = try TestBench(reservoirMicrolitres: 18_000)
    #expect(bench.look().isEmpty)
    #expect(bench.plant.motorSteps == 0)
    #expect(bench.plant.deliveredMicrolitres == 0)
    #expect(bench.plant.reservoirMicrolitres == 18_000)
  }

  @Test(
    "steps times volume of a revolution over steps of a revolution",
    arguments: [
      // Computed by hand: 50 uL / 3200 = 15.625 nL a step.
      (steps: 64, volume: 50.0, perRevolution: 3200, delivered: 1.0, left: 19_999.0),
      (steps: 3200, volume: 50.0, perRevolution: 3200, delivered: 50.0, left: 19_950.0),
      (steps: 1, volume: 50.0, perRevolution: 3200, delivered: 0.015625, left: 19_999.984375),
      // 16 uL / 256 = 62.5 nL a step.
      (steps: 40, volume: 16.0, perRevolution: 256, delivered: 2.5, left: 19_997.5),
    ])
  func volumes(
    steps: Int, volume: Double, perRevolution: Int, delivered: Double, left: Double
  ) throws {
    let bench = running(
      try TestBench(microlitresPerRevolution: volume, stepsPerRevolution: perRevolution))
    bench.pulse(steps)
    #expect(bench.look().count == steps)
    #expect(bench.plant.motorSteps == steps)
    // Powers of two throughout, so that not even the last bit is open.
    #expect(bench.plant.deliveredMicrolitres == delivered)
    #expect(bench.plant.reservoirMicrolitres == left)
  }

  @Test("every step is heard once, with the time of its pulse, in order")
  func times() throws {
    let bench = running(try TestBench())
    var expected: [Int64] = []
    for number in Int64(1)...1_000 {
      bench.setTime(number * 10 * millisecond)
      bench.completeTick()
      guard number % 3 == 0 else { continue }
      bench.pulse()
      expected.append(number * 10 * millisecond)
    }
    // More than the plant takes at a time.
    #expect(expected.count == 333)
    #expect(bench.look() == expected)
    #expect(bench.look().isEmpty)
  }

  @Test("a pulse backwards takes back a step of the motor")
  func backwards() throws {
    let bench = running(try TestBench())
    bench.pulse(64)
    bench.setLine(.CHW_LINE_DIRECTION, true)
    bench.pulse(32)
    bench.look()
    #expect(bench.plant.motorSteps == 32)
    #expect(bench.plant.deliveredMicrolitres == 0.5)
    #expect(bench.plant.reservoirMicrolitres == 19_999.5)
    bench.setLine(.CHW_LINE_DIRECTION, false)
    bench.pulse(32)
    bench.look()
    #expect(bench.plant.motorSteps == 64)
    #expect(bench.plant.pulsesWithoutMotion == 0)
  }

  @Test("a driver that is not enabled turns nothing, whatever is on the wire")
  func notEnabled() throws {
    let bench = try TestBench()
    bench.completeTick()
    bench.pulse(10)
    #expect(bench.look().isEmpty)
    #expect(bench.plant.motorSteps == 0)
    #expect(bench.plant.pulsesWithoutMotion == 10)
    // The level at the time of the pulse counts, not that of the time at which one looks.
    bench.setLine(.CHW_LINE_ENABLE, true)
    bench.pulse(5)
    bench.setLine(.CHW_LINE_ENABLE, false)
    bench.pulse(2)
    bench.look()
    #expect(bench.plant.motorSteps == 5)
    #expect(bench.plant.pulsesWithoutMotion == 12)
    #expect(bench.plant.reservoirMicrolitres == 20_000 - 5 * 0.015625)
  }

  @Test("an empty reservoir stays at nothing while the motor goes on turning")
  func emptyReservoir() throws {
    let bench = running(try TestBench(reservoirMicrolitres: 1))
    bench.pulse(64)
    bench.look()
    #expect(bench.plant.reservoirMicrolitres == 0)
    bench.pulse(36)
    bench.look()
    #expect(bench.plant.motorSteps == 100)
    #expect(bench.plant.reservoirMicrolitres == 0)
    #expect(bench.plant.deliveredMicrolitres == 1)
  }
}
