internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import Journal

/// Whose journal is read. The pump may be running or not.
struct JournalOption: ParsableArguments {
  @Option(help: ArgumentHelp("The state directory of the pump.", valueName: "DIR"))
  var state = "/var/lib/pumpd"

  func open() throws(Failure) -> JournalReader {
    let path = "\(state)/journal.sqlite"
    if unsafe access(path, R_OK) != 0 {
      switch errno {
      case EACCES, EPERM: throw JournalError.noPermission.failure(path)
      case ENOENT, ENOTDIR:
        throw Failure(
          .badInput, "\(path): there is no journal; start pumpd first, or give another --state")
      default:
        throw Failure(.unavailable, "\(path): \(unsafe String(cString: strerror(errno)))")
      }
    }
    return try JournalReader(path)
  }
}

/// The journal of a pump, for looking only. Nothing is held between two calls.
struct JournalReader {
  private let path: String
  private let journal: Journal

  /// Entries that are in memory at once.
  private static let pageSize = 256

  init(_ path: String) throws(Failure) {
    self.path = path
    do {
      journal = try Journal(path: path, serial: nil, isReader: true)
    } catch {
      throw error.failure(path)
    }
  }

  var serial: String { journal.serial }
  var lineage: [UInt8] { journal.lineage }

  /// The next entries behind `id`; none where it is the newest.
  func page(after id: Int64) throws(Failure) -> [NumberedEntry] {
    do {
      return try journal.entries(after: id, atMost: Self.pageSize)
    } catch {
      throw error.failure(path)
    }
  }

  /// See `Journal.newestEvent`.
  func newest(
    of kinds: some Collection<EntryKind>, before later: Int64 = 0, upTo last: Int64 = .max
  ) throws(Failure) -> Int64? {
    do {
      return try journal.newestEvent(of: kinds.map(\.number), before: later, upTo: last)
    } catch {
      throw error.failure(path)
    }
  }

  func document(_ digest: [UInt8]) throws(Failure) -> [UInt8]? {
    do {
      return try journal.document(digest)
    } catch {
      throw error.failure(path)
    }
  }

  /// The rig of a start; nil where its record is missing.
  func rig(of started: Started) throws(Failure) -> Rig? {
    try document(started.rig).flatMap { Rig(recordBytes: $0) }
  }

  /// The rig of the newest start up to an entry; nil where it is not known.
  func rig(upTo last: Int64 = .max) throws(Failure) -> Rig? {
    guard let newest = try newest(of: [.started], upTo: last),
      case .started(let started)? = try page(after: newest - 1).first?.entry.content
    else { return nil }
    return try rig(of: started)
  }

  /// The rig of the newest commit; nil where there is none.
  func committedRig() throws(Failure) -> Rig? {
    do {
      return try journal.newestState().flatMap { Rig(recordBytes: $0.rig) }
    } catch {
      throw error.failure(path)
    }
  }

  func copy(to path: String) throws(Failure) {
    do {
      try journal.copy(to: path)
    } catch {
      throw error.failure(path)
    }
  }

  func verify() throws(Failure) -> ChainReport {
    do {
      return try journal.verify()
    } catch {
      throw error.failure(path)
    }
  }

  func failure(_ code: Documents.ExitCode, _ message: String) -> Failure {
    Failure(code, "\(path): \(message)")
  }
}

extension JournalError {
  fileprivate func failure(_ path: String) -> Failure {
    let code: Documents.ExitCode =
      switch self {
      case .missing: .badInput
      case .noPermission, .readOnly: .noPermission
      case .damaged, .notAJournal: .badData
      case .diskFull, .inputOutput, .busy, .otherPump, .newerSchema: .unavailable
      }
    return Failure(code, "\(path): \(sentence)")
  }
}
