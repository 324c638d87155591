internal import Documents
internal import DosingCore
internal import Plant
internal import Quantities
internal import Simulation

extension Request {
  /// It does not wait for what is being written down.
  var isStop: Bool {
    if case .stop = self { true } else { false }
  }
}

extension Scenario.ShaftFault {
  /// On head and encoder of the bench, which has the geometry of its head.
  func set(on isOn: Bool, _ head: inout PumpHeadTruth, _ encoder: BenchEncoder?) {
    let sign = isOn ? 1.0 : -1
    switch self {
    case .stall: head.shaft.isJammed = isOn
    case .slip(let permille): head.shaft.slipShare += sign * Double(permille) / 1_000
    case .runAway(let rate):
      let revolutions = Double(rate.picolitresPerDay) / 1e6 / head.geometry.microlitresPerRevolution
      head.shaft.strayStepsPerDay +=
        sign * revolutions * Double(head.geometry.stepsPerRevolution)
    case .encoderFails: encoder?.answers = !isOn
    case .encoderStuck: encoder?.chip.isStuck = isOn
    // It does not slip back.
    case .magnetSlips(let permille):
      if isOn { encoder?.chip.slippedTurns += Double(permille) / 1_000 }
    }
  }
}

extension Scenario.LineFault {
  /// On the line of the bench, and the sensor in it.
  func set(on isOn: Bool, _ head: inout PumpHeadTruth, _ sensor: BenchPressure?) {
    switch self {
    case .occlusion(let permille):
      head.pressure.blockedShare += (isOn ? 1.0 : -1) * Double(permille) / 1_000
    case .pressureFails: sensor?.answers = !isOn
    case .pressureStuck: sensor?.sensor.isStuck = isOn
    }
  }
}

extension Scenario.Output {
  /// The wire of the bench.
  var wire: Plant.Line {
    switch self {
    case .enable: .enable
    case .buzzer: .buzzer
    case .lamp: .lamp
    }
  }
}
