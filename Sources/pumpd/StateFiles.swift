internal import Documents
internal import DosingCore
internal import Durability
internal import Engine
internal import Glibc
internal import Hardware
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// The files of a state directory.
struct StateFiles: StateStorage {
  let directory: String

  var journalPath: String { "\(directory)/journal.sqlite" }
  var hasJournal: Bool { unsafe access(journalPath, F_OK) == 0 }
  var copies: any CopyStorage { CopyFiles(directory: directory) }

  func putJournalAside() -> String {
    let aside = "\(journalPath).damaged-\(RealTime.utc.count / 1_000_000_000)"
    for suffix in ["", "-wal", "-shm"] {
      _ = unsafe rename(journalPath + suffix, aside + suffix)
    }
    return aside
  }

  /// In the runtime folder, whose files live in memory: that of the supervisor, or the shared one.
  func runMemory(of lineage: [UInt8]) throws(NoRunMemory) -> MappedFile {
    let folder = unsafe getenv("RUNTIME_DIRECTORY").map { unsafe String(cString: $0) }
    let path = "\(folder ?? "/dev/shm")/pumpd-\(geteuid())-\(hexadecimal(lineage))"
    do {
      return try MappedFile(path: path, byteCount: RunPage.byteCount)
    } catch {
      throw NoRunMemory(place: path, reason: error)
    }
  }
}

extension PumpMemory {
  /// Tick 0 comes a little later than the start, so that every thread is there by then.
  private static let firstTickIn = Nanoseconds.milliseconds(50)

  /// - Parameter isNew: the pump is new; anything that is remembered speaks against it.
  /// - Throws: what is in the way, and the remedy. Nothing was changed then.
  init(
    _ document: RigDocument, directory: String, at reading: ClockReading, isNew: Bool
  ) throws(Failure) {
    let files = StateFiles(directory: directory)
    let pump = Pump(
      rig: document.rig, serial: document.serial.text,
      isSimulated: document.backend == .simulated, clock: WeekTime(ofUTC: reading.now.utc))
    do {
      try self.init(
        of: pump, on: files, at: reading, isNew: isNew, firstTickIn: Self.firstTickIn)
    } catch {
      throw Self.failure(error, files)
    }
  }

  private static func failure(_ problem: Problem, _ files: StateFiles) -> Failure {
    switch problem {
    case .isNotNew:
      return Failure(
        .unavailable,
        "\(files.directory) holds the history of a pump; --new wants a --state that holds none")
    case .journal(let error):
      let code: Documents.ExitCode =
        switch error {
        case .noPermission, .readOnly: .noPermission
        default: .unavailable
        }
      return Failure(code, "\(files.journalPath): \(error.sentence)")
    }
  }

  /// Whom the link believes: the keys, and who stopped a pump that stands.
  func verifier(serial: Label, groups: LinkGroups) -> Verifier {
    let stopped = link.stopOrigin == .none ? StopOrigin.signed : link.stopOrigin
    return Verifier(
      serial: serial, keys: KeyTable(link.keys), stopOrigin: start.isStopped ? stopped : .none,
      groups: groups, nonce: UInt64.random(in: 0...UInt64.max))
  }
}
