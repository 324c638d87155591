internal import Documents
internal import Journal
internal import ProgrammerLink

/// Where the journal of a pump is read: in its state directory while it rests, and from the pump itself while
/// it runs, since then the journal is the pump's alone.
protocol JournalSource {
  /// Where it is, for messages.
  var place: String { get }

  func head() throws(Failure) -> JournalHead

  /// The next events of some kinds behind `id`; none where there are none yet.
  ///
  /// - Parameter kinds: empty for all.
  func rows(after id: Int64, of kinds: Set<UInt8>) throws(Failure) -> EventRows

  /// See `Journal.storedDocument`.
  func storedDocument(_ digest: [UInt8]) throws(Failure) -> StoredRow?

  /// See `Journal.newestEvent`.
  func newestEvent(
    of kinds: [UInt8], before later: Int64, upTo last: Int64
  ) throws(Failure) -> Int64?

  /// The key of the pump as the source itself has it, and where; nil where it has none.
  func pumpKey() throws(Failure) -> ShownKey?

  /// The newest commit of a history that something beside the journal knows of; 0 where nothing does.
  func commitElsewhere(of lineage: [UInt8]) throws(Failure) -> Int64
}

/// A key that nobody vouches for.
struct ShownKey {
  let key: VerifyingKey
  /// Where it was shown.
  let place: String
}

extension JournalError {
  func failure(_ place: String) -> Failure {
    let code: Documents.ExitCode =
      switch self {
      case .missing: .badInput
      case .noPermission, .readOnly: .noPermission
      case .damaged, .notAJournal: .badData
      case .diskFull, .inputOutput, .busy, .otherPump, .newerSchema: .unavailable
      }
    return Failure(code, "\(place): \(sentence)")
  }
}
