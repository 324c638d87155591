import Foundation
import Testing

@testable import Plant

/// Pressure and what is held back in a line, worked by hand.
@Suite struct LinePressureTruthTests {
  private let second: Int64 = 1_000_000_000

  @Test("What is pushed widens the line at once, and flows off in 1.044 s")
  func open() {
    var line = LinePressureTruth()
    line.pass(to: 0)
    line.push(microlitres: 0.145)
    // 0.145 uL over 0.145 uL/kPa.
    #expect(abs(line.kilopascals - 6) < 1e-9)
    // 0.145 uL/kPa x 7.2 kPa s/uL.
    line.pass(to: 1_044_000_000)
    #expect(abs(line.kilopascals - 5 - exp(-1)) < 1e-9)
    line.pass(to: 500_000_000)
    #expect(abs(line.kilopascals - 5 - exp(-1)) < 1e-9)
  }

  @Test("Half closed it takes twice as long; closed, for ever, and each step adds what it moves")
  func blocked() {
    var line = LinePressureTruth()
    line.blockedShare = 0.5
    line.pass(to: 0)
    line.push(microlitres: 0.145)
    line.pass(to: 2_088_000_000)
    #expect(abs(line.kilopascals - 5 - exp(-1)) < 1e-9)
    line.blockedShare = 1
    for step in 1...100 {
      line.pass(to: Int64(step) * 60 * second)
      line.push(microlitres: 0.0145)
    }
    #expect(abs(line.kilopascals - 5 - exp(-1) - 10) < 1e-9)
    line.blockedShare = 0
    line.pass(to: 6_060 * second)
    #expect(abs(line.kilopascals - 5) < 1e-6)
  }

  @Test(
    "A head that pushes into a blocked line gives nothing at the tip; the first step after it gives all of it"
  )
  func held() {
    var head = PumpHeadTruth(
      geometry: HeadGeometry(microlitresPerRevolution: 50, stepsPerRevolution: 3200),
      reservoir: ReservoirTruth(capacityMicrolitres: 20_000, concentration: 500_000),
      line: LineTruth(microlitres: 404, concentration: 500_000),
      gate: HeartbeatGate(heartbeatNanoseconds: 100_000_000))
    func step(_ number: Int64) {
      let time = number * 9 * second
      let turned = head.turn(
        by: Pulse(
          timeNanoseconds: time, heartbeatEdgeNanoseconds: time, isEnabled: true,
          isBackwards: false))
      #expect(turned)
    }
    step(1)
    #expect(abs(head.nanogramsOfStep - 7.8125) < 1e-9)
    head.pressure.blockedShare = 1
    for number in 2...11 { step(Int64(number)) }
    #expect(head.nanogramsOfStep == 0 && abs(head.nanogramsHeld - 78.125) < 1e-9)
    #expect(abs(head.nanogramsAtTip - 7.8125) < 1e-9)
    // With the one before, eleven steps of 15.625 nL over 0.145 uL/kPa.
    #expect(abs(head.pressure.kilopascals - 5 - 1.18534) < 0.001)
    head.pressure.blockedShare = 0
    step(12)
    #expect(abs(head.nanogramsOfStep - 85.9375) < 1e-9 && head.nanogramsHeld == 0)
    #expect(abs(head.nanogramsAtTip - 12 * 7.8125) < 1e-6)
  }

  @Test("A sensor shows what there is, its noise and its day; one that is stuck, what it showed")
  func sensor() {
    var perfect = PressureSensorTruth()
    let shown = perfect.look(kilopascals: 5, at: 0)
    perfect.isStuck = true
    let stuck = perfect.look(kilopascals: 80, at: second)
    #expect(shown == 5 && stuck == 5)
    var ordinary = PressureSensorTruth(faults: .nominal, seed: 1)
    let looks = (0..<10_000).map { _ in ordinary.look(kilopascals: 5, at: 0) }
    let mean = looks.reduce(0, +) / 10_000
    let spread = (looks.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10_000).squareRoot()
    #expect(abs(mean - 5) < 0.005 && abs(spread - 0.1) < 0.005)
    // A quarter of a day later it is at its highest.
    let noon = (0..<1_000).map { _ in ordinary.look(kilopascals: 5, at: 21_600 * second) }
    #expect(abs(noon.reduce(0, +) / 1_000 - 6) < 0.02)
  }
}
