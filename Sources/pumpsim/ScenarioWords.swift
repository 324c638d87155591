internal import Documents
internal import DosingCore
internal import Plant

extension Request {
  /// It does not wait for what is being written down.
  var isStop: Bool {
    if case .stop = self { true } else { false }
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
