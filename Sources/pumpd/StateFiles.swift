internal import Documents
internal import DosingCore
internal import Durability
internal import Engine
internal import Glibc
internal import Hardware
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// The files of a state directory, and the run page that belongs to it.
final class StateFiles: StateStorage {
  let directory: String
  /// The directory and the journal as they were opened.
  private let own: FileIdentity?
  private var journal: FileIdentity?
  private var page: RunPageFile?

  init(directory: String) {
    self.directory = directory
    own = FileIdentity(path: directory)
  }

  var journalPath: String { "\(directory)/journal.sqlite" }
  /// Where a simulated bench is kept.
  var benchPath: String { "\(directory)/simulated-bench" }
  var hasJournal: Bool { unsafe access(journalPath, F_OK) == 0 }
  var copies: any CopyStorage { CopyFiles(directory: directory) }

  var journalIsWiped: Bool {
    let file = unsafe open(journalPath, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = unsafe read(file, &bytes, 100)
    return count > 0 && bytes.prefix(count).allSatisfy { $0 == 0 }
  }

  var place: [UInt8] {
    let path = unsafe realpath(directory, nil).map { resolved in
      defer { unsafe free(resolved) }
      return unsafe String(cString: resolved)
    }
    let name = "\(own?.device ?? 0) \(own?.inode ?? 0) \(path ?? directory)"
    return Array(sha256(of: Array(name.utf8)).prefix(16))
  }

  func putJournalAside() -> String? {
    let name = "\(journalPath).damaged-\(RealTime.utc.count / 1_000_000_000)"
    // Whatever the clock says: what was put aside earlier stays.
    var (aside, number) = (name, 1)
    while unsafe access(aside, F_OK) == 0 {
      number += 1
      aside = "\(name)-\(number)"
    }
    var moved = false
    for suffix in ["-wal", "-shm", ""] {
      moved = unsafe rename(journalPath + suffix, aside + suffix) == 0
    }
    return moved || !hasJournal ? aside : nil
  }

  func journalWasOpened() { journal = FileIdentity(path: journalPath) }

  // MARK: The run page

  /// In the runtime folder, whose files live in memory: that of the supervisor, or the shared one.
  private var runFolder: String {
    unsafe getenv("RUNTIME_DIRECTORY").map { unsafe String(cString: $0) } ?? "/dev/shm"
  }

  private var pagePrefix: String { "pumpd-\(geteuid())-" }

  func runMemory(of lineage: [UInt8]) throws(NoRunMemory) -> MappedFile {
    let name = "\(hexadecimal(lineage))-\(hexadecimal(Array(place.prefix(8))))"
    let new = try RunPageFile(path: "\(runFolder)/\(pagePrefix)\(name)", place: directory)
    page = new
    return new.memory
  }

  /// Removes the pages of dead pumps. Returns how many there were.
  func removeLeftPages(bootID: [UInt8]) -> Int {
    LeftPages(folder: runFolder, prefix: pagePrefix, bootID: bootID).remove()
  }

  func removeRunMemory() { page?.remove() }

  func look() -> StorageLook {
    var look = StorageLook()
    look.directoryIsLost = FileIdentity(path: directory) != own
    look.journalIsLost = journal != nil && FileIdentity(path: journalPath) != journal
    look.page = page?.look() ?? .isThere
    return look
  }
}

extension PumpMemory {
  /// Tick 0 comes a little later than the start, so that every thread is there by then.
  private static let firstTickIn = Nanoseconds.milliseconds(50)

  /// - Parameter isNew: the pump is new; anything that is remembered speaks against it.
  /// - Throws: what is in the way, and the remedy. Nothing was changed then.
  init(
    _ document: RigDocument, on files: StateFiles, at reading: ClockReading, isNew: Bool
  ) throws(Failure) {
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

  /// When patients' keys asked, as this boot sees it.
  private var askedBefore: [KeyID: [Nanoseconds]] {
    let now = start.timeOfTickZero
    return link.paces.mapValues {
      $0.asked(inBoot: now.bootID, at: now.boot).map { Nanoseconds($0) }
    }
  }

  /// Whom the link believes: the keys, and who stopped a pump that stands.
  func verifier(serial: Label, groups: LinkGroups) -> Verifier {
    let stopped = link.stopOrigin == .none ? StopOrigin.signed : link.stopOrigin
    return Verifier(
      serial: serial, keys: KeyTable(link.keys, asked: askedBefore),
      stopOrigin: start.isStopped ? stopped : .none,
      groups: groups, nonce: UInt64.random(in: 0...UInt64.max))
  }
}
