internal import GRDB

/// Why the journal cannot be opened, read or written.
public enum JournalError: Error, Equatable, Sendable {
  case missing
  case noPermission
  case readOnly
  case diskFull
  /// SQLite's extended result code, see its list of result and error codes.
  case inputOutput(Int32)
  case busy
  case damaged(String)
  /// Not a journal of a pump.
  case notAJournal
  /// Of a pump with another serial.
  case otherPump(String)
  /// Made by a newer version of the programs.
  case newerSchema

  init(_ error: any Error) {
    guard let error = error as? DatabaseError else {
      self = (error as? JournalError) ?? .damaged("\(error)")
      return
    }
    let code = error.extendedResultCode
    self =
      switch error.resultCode {
      case .SQLITE_FULL: .diskFull
      case .SQLITE_READONLY: .readOnly
      case .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN: .noPermission
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
      case .SQLITE_NOTADB: .notAJournal
      case .SQLITE_IOERR, .SQLITE_NOMEM: .inputOutput(code.rawValue)
      default: .damaged(error.message ?? "SQLite result \(code.rawValue)")
      }
  }

  /// What is wrong, and the remedy.
  public var sentence: String {
    switch self {
    case .missing: "there is no journal; start pumpd first"
    case .noPermission: "no permission to open the journal; become the pump's user or root"
    case .readOnly: "the file system is read-only; mount it for writing"
    case .diskFull: "the disk is full; free some space"
    case .inputOutput(let code): "the disk fails (SQLite result \(code)); replace it"
    case .busy: "another program holds the journal"
    case .damaged(let what): "the journal is damaged: \(what)"
    case .notAJournal: "this is not the journal of a pump"
    case .otherPump(let serial): "the journal belongs to pump \(serial); give the right --state"
    case .newerSchema: "the journal was made by a newer version; use that version"
    }
  }
}

extension DatabaseError {
  /// It is not the content that is wrong.
  var isOfTheDisk: Bool {
    switch resultCode {
    case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_FULL: true
    default: false
    }
  }
}
