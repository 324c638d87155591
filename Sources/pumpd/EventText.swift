internal import Documents
internal import DosingCore
internal import Engine
internal import Quantities

extension EngineEvent {
  /// One line for the log; nil where it is not worth one.
  var sentence: String? {
    let mode = DeliveryMode(rawValue: UInt8(truncatingIfNeeded: value))?.words ?? "?"
    return switch kind {
    case .requestDecided:
      "tick \(tick): request \(value) \(detail == 0 ? "accepted" : "refused")"
    case .ticksMissed: "tick \(tick): \(value) ticks were missed; booked as deficit"
    case .basalChanged: "tick \(tick): basal changed; mode \(mode)"
    case .extraDoseEnded:
      "tick \(tick): extra dose of \(Mass(nanograms: detail).shown(decimals: 3)) ended, "
        + "\(Mass(nanograms: more).shown(decimals: 3)) of it given up"
    case .faultChanged: "tick \(tick): \(faultWords)"
    case .stepRefused:
      stepRefusal == .driveFailed
        ? "tick \(tick): the drive failed" : "tick \(tick): the interlock refused a step"
    case .requestTakenBack:
      "tick \(tick): a request was taken back, since it could not be written down or a stop came first"
    case .requestActed: "tick \(tick): what was asked acts from here on"
    case .suspended:
      "tick \(tick): the machine slept for \(value / 1_000_000_000) s; booked as deficit"
    case .outputsFailed:
      value == 0
        ? "tick \(tick): every line can be driven" : "tick \(tick): a line cannot be driven"
    case .clockVouched: "tick \(tick): \(vouchedUTC.words)"
    case .stepMade, .leaseGranted, .commitProposed, .storageTold, .sampled, .engineEnded: nil
    }
  }

  private var faultWords: String {
    let code = FaultCode(rawValue: UInt8(truncatingIfNeeded: value))?.code ?? "fault \(value)"
    let priority = AlarmPriority(rawValue: UInt8(truncatingIfNeeded: more))
    return priority.map { "alarm \(code), \($0.code)" } ?? "alarm \(code) ended"
  }
}
