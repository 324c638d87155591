internal import Documents
internal import DosingCore
internal import Engine

extension EngineEvent {
  /// One line for the log.
  var sentence: String {
    let mode = DeliveryMode(rawValue: UInt8(truncatingIfNeeded: value))?.words ?? "?"
    return switch kind {
    case .accepted: "tick \(tick): request accepted; mode \(mode)"
    case .refused: "tick \(tick): request refused; mode \(mode)"
    case .ticksMissed: "tick \(tick): \(value) ticks were missed; booked as deficit"
    case .basalChanged: "tick \(tick): basal changed; mode \(mode)"
    case .extraDoseEnded: "tick \(tick): extra dose ended"
    case .alarmsChanged: "tick \(tick): alarms on: \(alarmWords)"
    }
  }

  private var alarmWords: String {
    let on = AlarmCode.allCases.filter { alarms & (1 << $0.rawValue) != 0 }
    return on.isEmpty ? "none" : on.map(\.code).joined(separator: ", ")
  }
}
