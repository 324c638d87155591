internal import Documents
internal import DosingCore
internal import Quantities

// What became of the newest extra dose, with its amounts: who was not answered, or finds a pump that was
// stopped or restarted, sees what the patient has had of it.

extension StatusText {
  /// Nil where there was none.
  var lastDoseText: String? {
    // The journal knows why and how long ago; the account knows how much.
    if let lastDose {
      let text = lastDose.text(at: status.utc)
      guard lastDose.end != .notYet, let part = status.lastDose?.part else { return text }
      return "\(text): \(part)"
    }
    guard let last = status.lastDose else { return nil }
    let part = last.part ?? "all of it was given"
    return
      "\(last.kind.words) of \(last.dose.shown(decimals: 3)), over \(age(of: last.end)) ago: \(part)"
  }

  private func age(of tick: Tick) -> String {
    Nanoseconds(max(0, (status.now - tick).count) * status.tickPeriod.count).durationText
  }

  /// What an alarm has taken back of an extra dose that it ended: both are of one tick.
  func cancelled(by alarm: ShownFault) -> String {
    guard let last = status.lastDose, let part = last.part, alarm.raised == last.end else {
      return ""
    }
    return "; \(last.kind.words): \(part)"
  }
}

extension ShownEndedDose {
  /// As in `4.9 mcg of 10 mcg were not given`; nil where it was given whole.
  var part: String? {
    guard cancelled > .zero else { return nil }
    return "\(cancelled.shown(decimals: 3)) of \(dose.shown(decimals: 3)) were not given"
  }
}
