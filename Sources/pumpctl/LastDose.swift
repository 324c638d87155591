internal import Documents
internal import DosingCore
internal import Journal
internal import Quantities

/// The newest extra dose that a pump began, and how it ended, as its journal tells: whoever gave one and was not
/// answered sees it before he gives another.
struct LastDose {
  enum End {
    /// It runs, or nobody has written down yet that it does not.
    case notYet
    case ended
    case stopped
    case givenUp
  }

  let words: String
  /// UTC in ns.
  let began: Int64
  private(set) var end = End.notYet

  /// Requests that are looked through.
  private static let requestsMax = 24

  /// Nil where none of the newest requests was for one.
  init?(in journal: JournalReader) throws(Failure) {
    var last = Int64.max
    for _ in 0..<Self.requestsMax {
      guard let id = try journal.newest(of: [.request], upTo: last) else { return nil }
      last = id - 1
      guard let row = try journal.rows(after: last).first else { return nil }
      let entry = try journal.entry(of: row).entry
      guard case .requested(let requested) = entry.content, requested.reason == 0 else { continue }
      let order = Order(frame: requested.frame)
      guard order.isExtraDose else { continue }
      let end = try Self.end(after: id, in: journal)
      // It was taken back, so that it never was.
      guard let end else { continue }
      (words, began, self.end) = (order.words, entry.utc, end)
      return
    }
    return nil
  }

  /// Nil where it was taken back.
  private static func end(after id: Int64, in journal: JournalReader) throws(Failure) -> End? {
    let kinds: [EntryKind] = [.takenBack, .extraDoseEnded, .started, .request]
    var isStopped = false
    for numbered in try journal.page(after: id, of: kinds).entries {
      switch numbered.entry.content {
      case .requestTakenBack: return nil
      case .started: return .givenUp
      case .requested(let later) where later.reason == 0:
        isStopped = isStopped || Order(frame: later.frame).mayEndDose
      case .extraDoseEnded: return isStopped ? .stopped : .ended
      default: break
      }
    }
    return isStopped ? .stopped : .notYet
  }

  /// As in `bolus of 5 mcg in 1 min, begun 3 min ago, given up at a restart`.
  ///
  /// - Parameter utc: of the pump, in ns.
  func text(at utc: Int64) -> String {
    "\(words), begun \(Nanoseconds(max(0, utc - began)).durationText) ago, \(end.words)"
  }
}

extension LastDose.End {
  fileprivate var words: String {
    switch self {
    case .notYet: "not ended yet"
    case .ended: "ended"
    case .stopped: "cancelled before its end"
    case .givenUp: "its rest was given up at a restart"
    }
  }
}

extension Order {
  fileprivate var isExtraDose: Bool {
    switch self {
    case .bolus, .plain(.patientBolus): true
    default: false
    }
  }

  fileprivate var mayEndDose: Bool {
    switch self {
    case .plain(.stop), .plain(.cancelBolus), .commit: true
    default: false
    }
  }
}
