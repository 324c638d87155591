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
}
