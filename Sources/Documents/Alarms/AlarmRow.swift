public import DosingCore
internal import Quantities

/// A row of the fault table for people: what stands in `FaultRow`, in words, beside what notices the fault and how
/// soon. `pumpctl alarms --table` and `Alarms.md` are made of these rows.
public struct AlarmRow: Sendable {
  public let fault: FaultCode
  private let row: FaultRow
  private let detection: Detection

  public init(of fault: FaultCode) {
    (self.fault, row, detection) = (fault, FaultRow(of: fault), Detection(of: fault))
  }

  /// In the order of urgency: the highest priority first, then what stops delivery, then by name.
  public static let all = FaultCode.allCases.map { AlarmRow(of: $0) }.sorted { $0.isBefore($1) }

  private func isBefore(_ other: AlarmRow) -> Bool {
    if row.priority != other.row.priority { return row.priority > other.row.priority }
    if row.gate != other.row.gate { return row.gate > other.row.gate }
    return code < other.code
  }

  /// Stable, for programs.
  public var code: String { fault.code }
  /// What happened.
  public var happened: String { fault.happened }
  /// What to do.
  public var remedy: String { fault.remedy }
  /// Of `Hazards.md`, as in `H-03`.
  public var hazards: [String] { detection.hazards.map { ($0 < 10 ? "H-0" : "H-") + "\($0)" } }
  /// What notices it.
  public var detector: String { detection.detector }
  /// When it is on, once there is what the detector looks for.
  public var within: String { detection.within }
  /// What ends it.
  public var ends: String {
    guard let lasts = row.lasts else { return fault.endWords }
    return "\(fault.endWords), and so do \(lasts.durationText)"
  }

  /// With what it becomes after a while, as in `medium, high after 1 h`.
  public var priority: String {
    if let after = row.becomesHighAfter {
      return "\(row.priority.code), high after \(after.durationText)"
    }
    guard row.priority == .medium else { return row.priority.code }
    return "medium, high after \(Limits.unseenEscalation.durationText) unseen"
  }

  /// What becomes of basal, and of extra doses.
  public var action: String {
    "\(basal); extra doses \(row.refusesExtras == nil ? "go on" : "are refused")"
  }

  private var basal: String {
    switch (row.gate, row.rate) {
    case (.hardStop, _): "hard stop: interlock shut, driver off"
    case (.stopped, _): "nothing is delivered"
    case (.attempts, _): "1/50 of a revolution is tried after 1, 2, 5, 10 min, then every 15 min"
    case (.run, .safe): "safe basal in place of the schedule"
    case (.run, .scheduled):
      row.rateUnseen == .safe ? "basal goes on, safe basal beside encoder-lost" : "basal goes on"
    }
  }
}
