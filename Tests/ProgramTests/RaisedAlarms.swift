/// Each alarm of a run by priority and code, when it was raised first, and when it ended last; in seconds, infinity for
/// still on.
func raisedAlarms(_ summary: [String: Any]) -> [String: (raised: Double, ended: Double)] {
  var found: [String: (raised: Double, ended: Double)] = [:]
  for alarm in summary["alarms"] as? [[String: Any]] ?? [] {
    guard let code = alarm["code"] as? String, let raised = alarm["raised_s"] as? Double,
      let priority = alarm["priority"] as? String
    else { continue }
    let ended = alarm["cleared_s"] as? Double ?? .infinity
    let known = found["\(priority) \(code)"] ?? (raised, ended)
    found["\(priority) \(code)"] = (min(known.raised, raised), max(known.ended, ended))
  }
  return found
}
