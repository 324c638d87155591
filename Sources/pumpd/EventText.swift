internal import Documents
internal import DosingCore
internal import Engine

extension EngineEvent {
  /// One line for the log; nil where it is not worth one.
  var sentence: String? {
    let mode = DeliveryMode(rawValue: UInt8(truncatingIfNeeded: value))?.words ?? "?"
    return switch kind {
    case .requestDecided:
      "tick \(tick): request \(value) \(detail == 0 ? "accepted" : "refused")"
    case .ticksMissed: "tick \(tick): \(value) ticks were missed; booked as deficit"
    case .basalChanged: "tick \(tick): basal changed; mode \(mode)"
    case .extraDoseEnded: "tick \(tick): extra dose ended"
    case .alarmsChanged: "tick \(tick): alarms on: \(alarmWords)"
    case .stepRefused: "tick \(tick): the interlock refused a step"
    case .requestTakenBack: "tick \(tick): a request could not be written down and was taken back"
    case .clockTrusted: "tick \(tick): the therapy clock is vouched for; \(value) ns were added"
    case .stepMade, .leaseGranted, .commitProposed, .engineEnded: nil
    }
  }

  private var alarmWords: String {
    let on = AlarmCode.on(in: alarms)
    return on.isEmpty ? "none" : on.map(\.code).joined(separator: ", ")
  }
}
