import Plant
import Testing

/// The physics without wires.
@Suite struct PumpHeadTruthTests {
  private func pulse(
    at time: Int64 = 0, edge: Int64 = 0, enabled: Bool = true, backwards: Bool = false
  ) -> Pulse {
    Pulse(
      timeNanoseconds: time, heartbeatEdgeNanoseconds: edge, isEnabled: enabled,
      isBackwards: backwards)
  }

  @Test("what a pulse does, by enable, gate, direction and what is left")
  func pulses() {
    // A step is 1 uL; 2.5 uL are in the reservoir.
    var head = PumpHeadTruth(
      geometry: HeadGeometry(microlitresPerRevolution: 4, stepsPerRevolution: 4),
      reservoirMicrolitres: 2.5, gate: HeartbeatGate(heartbeatNanoseconds: 100 * millisecond))
    let refused = [
      pulse(enabled: false), pulse(edge: .min), pulse(at: 300 * millisecond + 1),
    ]
    #expect(refused.map { head.turn(by: $0) } == [false, false, false])
    #expect(head.motorSteps == 0)
    #expect(head.pulsesWithoutMotion == 3)
    // The third and the fourth step find no whole microlitre.
    let steps = (0..<4).map { _ in head.turn(by: pulse(at: 300 * millisecond)) }
    #expect(steps == [true, true, true, true])
    #expect(head.motorSteps == 4)
    #expect(head.deliveredMicrolitres == 2)
    #expect(head.reservoirMicrolitres == 0.5)
    head.turn(by: pulse(backwards: true))
    #expect(head.motorSteps == 3)
    #expect(head.reservoirMicrolitres == 1.5)
    #expect(head.pulsesWithoutMotion == 3)
  }

  /// A step is 1 uL, the line holds 2 uL.
  private func bench(_ microlitres: Double, leak: Double = 0) -> PumpHeadTruth {
    var reservoir = ReservoirTruth(
      capacityMicrolitres: 10, microlitres: microlitres, concentration: 1_000)
    reservoir.leakMicrolitresPerDay = leak
    return PumpHeadTruth(
      geometry: HeadGeometry(microlitresPerRevolution: 4, stepsPerRevolution: 4),
      reservoir: reservoir, line: LineTruth(microlitres: 2, concentration: 4_000),
      gate: HeartbeatGate(heartbeatNanoseconds: 100 * millisecond))
  }

  @Test("of the steps a share finds no liquid, evenly: the motor turns, and nothing moves")
  func dry() {
    var head = bench(10)
    head.dryShare = 0.25
    let given = (0..<8).map { _ in
      head.turn(by: pulse())
      return head.deliveredMicrolitres
    }
    // 0.25, 0.5 and 0.75 of a dry step, and then a whole one, twice.
    #expect(given == [1, 2, 3, 3, 4, 5, 6, 6])
    #expect(head.motorSteps == 8 && head.reservoirMicrolitres == 4)
    // What the line gave is what was pushed into it.
    #expect(head.nanogramsPushed == 6 && head.nanogramsAtTip == 2 * 4 + 4 * 1)
    head.dryShare = 1
    #expect(head.turn(by: pulse()) && head.reservoirMicrolitres == 4 && head.nanogramsOfStep == 0)
  }

  @Test("the head draws from the reservoir and pushes into the line, forwards and backwards")
  func reservoirAndLine() {
    var head = bench(5)
    for _ in 0..<3 { head.turn(by: pulse()) }
    #expect(head.reservoir.contents == Liquid(microlitres: 2, concentration: 1_000))
    #expect(head.nanogramsPushed == 3)
    // The 2 uL that were in the line, and one that followed them.
    #expect(head.nanogramsAtTip == 9 && head.nanogramsOfStep == 1)
    head.reservoir.fill(microlitres: 2, concentration: 3_000)
    head.turn(by: pulse())
    #expect(
      head.line?.slugs == [
        Liquid(microlitres: 1, concentration: 1_000), Liquid(microlitres: 1, concentration: 2_000),
      ])
    head.turn(by: pulse(backwards: true))
    #expect(head.line?.slugs == [Liquid(microlitres: 2, concentration: 1_000)])
    #expect(head.reservoir.contents == Liquid(microlitres: 4, concentration: 2_000))
    #expect(head.nanogramsAtTip == 9)
    #expect(head.deliveredMicrolitres == 3)
  }

  @Test("a head without a line gives at the tip what it draws")
  func noLine() {
    var head = bench(5)
    head.line = nil
    head.turn(by: pulse())
    #expect(head.nanogramsAtTip == 1)
  }

  @Test("the reservoir leaks with the time of the pulses, and never with a time that goes back")
  func leak() {
    var head = bench(5, leak: 86_400)
    head.pass(to: 0)
    // A microlitre a second.
    head.pass(to: 2_000 * millisecond)
    #expect(head.reservoirMicrolitres == 3)
    head.pass(to: 1_000 * millisecond)
    #expect(head.reservoirMicrolitres == 3)
    head.turn(by: pulse(at: 2_500 * millisecond, edge: 2_500 * millisecond))
    #expect(abs(head.reservoirMicrolitres - 1.5) < 1e-9)
  }
}
