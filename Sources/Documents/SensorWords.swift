public import DosingCore

extension SensorReading {
  /// As in `encoder 93 deg` or `encoder STALE`; nil where the rig has no such sensor.
  public func text(_ name: String, value: (Int64) -> String) -> String? {
    switch state {
    case .absent: nil
    case .starting: "\(name) starting"
    case .good: "\(name) \(value(self.value))"
    case .stale: "\(name) STALE"
    case .implausible: "\(name) IMPLAUSIBLE, \(value(self.value))"
    case .failed: "\(name) FAILED"
    }
  }
}

extension SensorState {
  /// A stable word for programs.
  public var code: String {
    switch self {
    case .absent: "absent"
    case .starting: "starting"
    case .good: "good"
    case .stale: "stale"
    case .implausible: "implausible"
    case .failed: "failed"
    }
  }
}
