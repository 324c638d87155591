internal import Documents
internal import FoundationEssentials
internal import Glibc
internal import Journal
internal import ProgrammerLink

/// The journal in the directory of a pump that does not run. It is open only while something is read, so
/// that whoever looks keeps no pump from starting.
struct DirectoryJournal: JournalSource {
  let place: String
  private let directory: String
  /// Where a pump would have answered.
  private let socket: String

  /// Events that are in memory at once.
  private static let pageSize = 4_096

  init(_ directory: String, socket: String) throws(Failure) {
    place = "\(directory)/journal.sqlite"
    (self.directory, self.socket) = (directory, socket)
    guard unsafe access(place, R_OK) != 0 else { return }
    switch errno {
    case EACCES, EPERM: throw JournalError.noPermission.failure(place)
    case ENOENT, ENOTDIR:
      throw Failure(
        .badInput, "\(place): there is no journal; start pumpd first, or give another --state")
    default:
      throw Failure(.unavailable, "\(place): \(unsafe String(cString: strerror(errno)))")
    }
  }

  private func read<Value>(
    _ look: (Journal) throws(JournalError) -> Value
  ) throws(Failure) -> Value {
    do {
      return try look(try Journal(path: place, serial: nil, isReader: true))
    } catch .busy {
      throw Failure(
        .unavailable,
        "\(place): a pump holds it and does not answer at \(socket); look at its log, or give its "
          + "--socket")
    } catch {
      throw error.failure(place)
    }
  }

  func head() throws(Failure) -> JournalHead {
    try read { journal throws(JournalError) in try journal.head() }
  }

  func rows(after id: Int64, of kinds: Set<UInt8>) throws(Failure) -> EventRows {
    try read { journal throws(JournalError) in
      try journal.rows(after: id, of: kinds, atMost: Self.pageSize)
    }
  }

  func storedDocument(_ digest: [UInt8]) throws(Failure) -> StoredRow? {
    try read { journal throws(JournalError) in try journal.storedDocument(digest) }
  }

  func newestEvent(
    of kinds: [UInt8], before later: Int64, upTo last: Int64
  ) throws(Failure) -> Int64? {
    try read { journal throws(JournalError) in
      try journal.newestEvent(of: kinds, before: later, upTo: last)
    }
  }

  func pumpKey() throws(Failure) -> ShownKey? {
    let path = "\(directory)/identity"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let secret = bytes(hexadecimal: String(text.prefix(64))), let key = SigningKey(secret: secret)
    else { return nil }
    return ShownKey(key: key.verifying, place: path)
  }

  func commitElsewhere(of lineage: [UInt8]) throws(Failure) -> Int64 {
    let copies = SafeBasalCopies(CopyFiles(directory: directory)) { $0.lineage == lineage }
    return copies.record?.commit ?? 0
  }
}
