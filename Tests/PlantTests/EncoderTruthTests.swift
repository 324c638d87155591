import Plant
import Testing

@Suite struct EncoderTruthTests {
  @Test("An encoder without faults shows the angle in 4096 parts of a turn, whole turns unseen")
  func exact() {
    var chip = EncoderTruth()
    for (turns, counts) in [
      (0.0, 0), (0.25, 1024), (1.25, 1024), (-0.25, 3072), (0.9999, 4095), (7.5, 2048),
    ] { #expect(chip.look(turns: turns) == counts, "\(turns)") }
  }

  @Test(
    "A magnet that is off its centre errs by a sine over the turn, and by no more than it is said to"
  )
  func eccentric() {
    var chip = EncoderTruth(faults: EncoderTruth.Faults(eccentricCounts: 10, noiseCounts: 0))
    // Nothing at 0 and at half a turn, 10 counts at a quarter and at three quarters.
    #expect(chip.look(turns: 0) == 0 && chip.look(turns: 0.5) == 2048)
    #expect(chip.look(turns: 0.25) == 1034 && chip.look(turns: 0.75) == 3062)
  }

  @Test("Noise is what it is said to be, and the same for the same seed")
  func noise() {
    func looks(_ seed: UInt64) -> [Int] {
      var chip = EncoderTruth(
        faults: EncoderTruth.Faults(eccentricCounts: 0, noiseCounts: 3), seed: seed)
      return (0..<4_000).map { _ in chip.look(turns: 0.5) - 2048 }
    }
    let seen = looks(7)
    let mean = Double(seen.reduce(0, +)) / 4_000
    let variance = seen.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 4_000
    #expect(abs(mean + 0.5) < 0.2 && abs(variance.squareRoot() - 3) < 0.2)
    #expect(seen == looks(7) && seen != looks(8))
  }

  @Test("A magnet that has slipped is so far ahead from then on")
  func slipped() {
    var chip = EncoderTruth()
    chip.slippedTurns = 0.125
    for (turns, counts) in [(0.0, 512), (0.25, 1536), (0.95, 307)] {
      #expect(chip.look(turns: turns) == counts, "\(turns)")
    }
  }

  @Test("One that is stuck shows what it showed")
  func stuck() {
    var chip = EncoderTruth()
    #expect(chip.look(turns: 0.25) == 1024)
    chip.isStuck = true
    #expect(chip.look(turns: 0.5) == 1024)
    chip.isStuck = false
    #expect(chip.look(turns: 0.5) == 2048)
  }
}

@Suite struct ShaftFaultsTests {
  private func head() -> PumpHeadTruth {
    PumpHeadTruth(
      geometry: HeadGeometry(microlitresPerRevolution: 50, stepsPerRevolution: 3_200),
      reservoirMicrolitres: 20_000, gate: HeartbeatGate(heartbeatNanoseconds: 100_000_000))
  }

  private func pulse(_ number: Int) -> Pulse {
    let time = Int64(number) * 1_000_000_000
    return Pulse(
      timeNanoseconds: time, heartbeatEdgeNanoseconds: time, isEnabled: true, isBackwards: false)
  }

  @Test("A rotor that stands turns nothing, and each pulse is lost")
  func jammed() {
    var head = head()
    head.shaft.isJammed = true
    let turned = (1...64).filter { head.turn(by: pulse($0)) }
    #expect(turned.isEmpty)
    #expect(head.motorSteps == 0 && head.stepsLost == 64 && head.deliveredMicrolitres == 0)
    // They were driven: nothing is wrong with enable or gate.
    #expect(head.pulsesWithoutMotion == 0)
  }

  @Test("One that slips loses its share to the step: 25 % of 64 are 16, and give 0.75 uL of 1")
  func slips() {
    var head = head()
    head.shaft.slipShare = 0.25
    for number in 1...64 { head.turn(by: pulse(number)) }
    #expect(head.motorSteps == 48 && head.stepsLost == 16)
    #expect(abs(head.deliveredMicrolitres - 0.75) < 1e-9)
  }

  @Test("A coil the other way round turns it back, and draws in what it had given")
  func reversed() {
    var head = head()
    for number in 1...64 { head.turn(by: pulse(number)) }
    #expect(abs(head.deliveredMicrolitres - 1) < 1e-9)
    head.shaft.isReversed = true
    for number in 65...128 { head.turn(by: pulse(number)) }
    #expect(head.motorSteps == 0 && abs(head.deliveredMicrolitres) < 1e-9)
  }

  @Test(
    "A driver with steps of its own makes a day's share of them while it has power, and none without"
  )
  func strays() throws {
    let bench = try TestBench()
    bench.setTime(1_000 * millisecond)
    bench.completeTick()
    // Ten and a half a second: the gate stays open for 0.3 s after the last beat.
    bench.byHand { $0.shaft.strayStepsPerDay = 907_200 }
    bench.pass(to: 1_000 * millisecond)
    bench.pass(to: 1_205 * millisecond)
    #expect(bench.plant.head.straySteps == 2)
    bench.pass(to: 6_000 * millisecond)
    #expect(bench.plant.head.straySteps == 3 && bench.plant.motorSteps == 3)
  }
}
