import Documents
import DosingCore
import Foundation

/// Holds the steps that the motor made against the gates of the alarms that were on at that moment: none while one
/// says that nothing is delivered, and no more than attempts may make while one says that it is only tried.
struct GateJudge {
  /// Seconds since the start, sorted.
  private let steps: [Double]
  private let alarms: [(code: FaultCode, raised: Double, ended: Double)]

  /// 1/50 of a revolution of 3,200 steps, and the pauses before each attempt, in s.
  private static let stepsOfAttempt = 64
  private static let pauses: [Double] = [60, 120, 300, 600]
  private static let lastPause = 900.0

  /// - Parameter trace: the text of a trace of `pumpsim run`.
  init(_ summary: [String: Any], trace: String) {
    steps = trace.split(separator: "\n").dropFirst().compactMap {
      $0.split(separator: ",").first.flatMap { Double($0) }.map { $0 / 1e9 }
    }
    var alarms: [(code: FaultCode, raised: Double, ended: Double)] = []
    for alarm in summary["alarms"] as? [[String: Any]] ?? [] {
      guard let raised = alarm["raised_s"] as? Double,
        let code = FaultCode.allCases.first(where: { $0.code == alarm["code"] as? String })
      else { continue }
      let ended = alarm["cleared_s"] as? Double ?? .infinity
      // One that became more urgent is the same alarm.
      if let known = alarms.firstIndex(where: { $0.code == code && $0.ended == raised }) {
        alarms[known].ended = ended
      } else {
        alarms.append((code, raised, ended))
      }
    }
    self.alarms = alarms
  }

  /// What was wrong; empty for nothing.
  var faults: [String] {
    alarms.compactMap { alarm in
      let made = steps.count { $0 > alarm.raised && $0 < alarm.ended }
      let last = min(alarm.ended, steps.last ?? 0)
      let most: Int
      switch FaultRow(of: alarm.code).gate {
      case .run: return nil
      case .attempts: most = Self.stepsOfAttempt * Self.attempts(in: last - alarm.raised)
      case .stopped, .hardStop: most = 0
      }
      return made > most
        ? "\(made) steps while \(alarm.code.code) was on, from \(alarm.raised) s on" : nil
    }
  }

  private static func attempts(in seconds: Double) -> Int {
    var (count, begin) = (0, 0.0)
    while true {
      begin += count < pauses.count ? pauses[count] : lastPause
      if begin > seconds { return count }
      count += 1
    }
  }
}
