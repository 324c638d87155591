internal import ArgumentParser
internal import Journal

/// The names of the kinds of entries, in the order of their numbers in the journal.
enum EntryKind: String, CaseIterable {
  case started
  case ended
  case request
  case missed
  case steps
  case refusedStep = "refused-step"
  case lease
  case commit
  case alarms
  case basal
  case extraDoseEnded = "extra-dose-ended"
  case takenBack = "taken-back"
  case clock
  case lost
  case sample
  case key
  case refusedFrames = "refused-frames"
  case fault
  case acted
  case suspended
  case outputs
  case utc
  case journal
  case storage
  case signature
  case counted
  case rig
  case refusedOrder = "refused-order"
  case countedFrames = "counted-frames"

  init(_ content: Entry.Content) { self = Self.allCases[Int(content.kind) - 1] }

  /// What it is in the journal.
  var number: UInt8 { UInt8((Self.allCases.firstIndex(of: self) ?? 0) + 1) }

  /// The pump's own bookkeeping, of no interest to most people.
  static let bookkeeping: Set<EntryKind> = [.lease, .commit, .signature]

  static func read(_ argument: String) throws -> EntryKind {
    if let kind = EntryKind(rawValue: argument) { return kind }
    let accepted = allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("'\(argument)' is no kind of entry; accepted: \(accepted)")
  }
}
