internal import Documents
internal import DosingCore
internal import Durability
internal import Engine
internal import Glibc
internal import Hardware
internal import Journal
internal import ProgrammerLink
internal import Quantities

/// What a state directory remembers of a pump, opened for a start.
struct PumpMemory {
  let journal: Journal
  let copies: SafeBasalCopies
  /// Nil where no memory outlives the process here: then each kill costs a lease.
  let page: RunPage?
  let start: PumpStart
  private let link: LinkMemory
  /// What is worth a line in the log.
  let remarks: [String]
  /// What is worth a warning.
  let warnings: [String]

  /// Tick 0 comes a little later than the start, so that every thread is there by then.
  static let firstTickIn = Nanoseconds.milliseconds(50)

  /// - Parameter isNew: the pump is new; anything that is remembered speaks against it.
  /// - Throws: what is in the way, and the remedy. Nothing was changed then.
  init(_ document: RigDocument, directory: String, isNew: Bool) throws(Failure) {
    let path = "\(directory)/journal.sqlite"
    let bootID = Self.bootID()
    let time = StartTime(now: Self.now(bootID), witness: Self.witness(document))
    var copies = SafeBasalCopies(CopyFiles(directory: directory))
    if isNew, Self.exists(path) || copies.record != nil {
      throw Failure(
        .unavailable,
        "\(directory) holds the history of a pump; --new wants a --state that holds none")
    }
    var opening = try Self.open(path, serial: document.serial.text)
    let state = opening.state
    // The copies belong to this history, or the history is new and they are what is left of it.
    if let record = copies.record, state != nil, record.lineage != opening.journal.lineage {
      opening.warnings.append("the safe-basal record belongs to another history and is not used")
      copies = SafeBasalCopies(NoCopies(CopyFiles(directory: directory)))
    }
    page = Self.page(lineage: opening.journal.lineage, bootID: bootID, &opening.warnings)
    let restoration = Restoration(
      rig: document.rig, clock: Self.therapyClock(time.now.utc), time: time,
      trace: { [page] in page?.read(unitsInUnit: $0) }, safeBasal: copies.record,
      firstTickIn: Self.firstTickIn)
    let pump = isNew ? restoration.newPump() : restoration.restore(state)
    do {
      link = try opening.journal.linkMemory()
    } catch {
      // Delivery does not hang on the link: stop needs no key, and root enrolls new ones.
      link = LinkMemory()
      opening.warnings.append("the keys cannot be read (\(error.sentence)): none is believed")
    }
    if link.keysDamaged > 0 {
      opening.warnings.append("\(link.keysDamaged) keys are damaged and are not believed")
    }
    remarks = pump.remarks
    warnings = opening.warnings
    journal = opening.journal
    self.copies = copies
    start = PumpStart(pump, now: time.now, isSimulated: document.backend == .simulated)
  }

  private struct Opening {
    var journal: Journal
    var state: JournalState?
    var warnings: [String] = []
  }

  /// Opens the journal. One that is damaged is put aside; one that cannot be written is read, so that a
  /// pump goes on from it.
  private static func open(_ path: String, serial: String) throws(Failure) -> Opening {
    do {
      let journal = try Journal(path: path, serial: serial, makesNew: true)
      return Opening(journal: journal, state: try journal.newestState())
    } catch {
      switch error {
      case .damaged, .inputOutput: return try putAside(path, serial, error)
      case .readOnly, .diskFull, .noPermission: return try reading(path, serial, error)
      case .missing, .busy, .notAJournal, .otherPump, .newerSchema:
        throw failure(path, error)
      }
    }
  }

  private static func putAside(
    _ path: String, _ serial: String, _ error: JournalError
  ) throws(Failure) -> Opening {
    let aside = "\(path).damaged-\(RealTime.utc.count / 1_000_000_000)"
    for suffix in ["", "-wal", "-shm"] { _ = unsafe rename(path + suffix, aside + suffix) }
    do {
      let journal = try Journal(path: path, serial: serial, makesNew: true)
      return Opening(
        journal: journal, warnings: ["\(path): \(error.sentence); it was put aside as \(aside)"])
    } catch {
      throw failure(path, error)
    }
  }

  private static func reading(
    _ path: String, _ serial: String, _ error: JournalError
  ) throws(Failure) -> Opening {
    do {
      let journal = try Journal(path: path, serial: serial, isReader: true)
      return Opening(
        journal: journal, state: try journal.newestState(),
        warnings: ["\(path): \(error.sentence); nothing can be written down"])
    } catch _ {
      throw failure(path, error)
    }
  }

  private static func failure(_ path: String, _ error: JournalError) -> Failure {
    let code: Documents.ExitCode =
      switch error {
      case .noPermission, .readOnly: .noPermission
      default: .unavailable
      }
    return Failure(code, "\(path): \(error.sentence)")
  }

  /// Whom the link believes: the keys, and who stopped a pump that stands.
  func verifier(serial: Label, groups: LinkGroups) -> Verifier {
    let stopped = link.stopOrigin == .none ? StopOrigin.signed : link.stopOrigin
    return Verifier(
      serial: serial, keys: KeyTable(link.keys), stopOrigin: start.isStopped ? stopped : .none,
      groups: groups, nonce: UInt64.random(in: 0...UInt64.max))
  }

  // MARK: The run page

  /// In the runtime folder, whose files live in memory: that of the supervisor, or the shared one.
  private static func page(
    lineage: [UInt8], bootID: [UInt8], _ warnings: inout [String]
  ) -> RunPage? {
    let folder = unsafe getenv("RUNTIME_DIRECTORY").map { unsafe String(cString: $0) }
    let path = "\(folder ?? "/dev/shm")/pumpd-\(geteuid())-\(hexadecimal(lineage))"
    var owner = RunPage.Owner(repeating: 0)
    for index in 0..<16 {
      owner[index] = lineage[index]
      owner[16 + index] = bootID[index]
    }
    do {
      return RunPage(try MappedFile(path: path, byteCount: RunPage.byteCount), owner: owner)
    } catch {
      warnings.append("no run page at \(path) (\(error)): each kill will leave a lease in doubt")
      return nil
    }
  }

  // MARK: Time

  static func now(_ bootID: [UInt8]) -> MachineTime {
    MachineTime(
      utc: RealTime.utc.count, boot: RealTime.sinceBoot.count, monotonic: RealTime.now.count,
      bootID: bootID)
  }

  /// The kernel's random name of this boot: 16 bytes.
  private static func bootID() -> [UInt8] {
    let digits = Self.text("/proc/sys/kernel/random/boot_id").utf8.compactMap { digit -> UInt8? in
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
      default: nil
      }
    }
    return (0..<16).map { index in
      2 * index + 1 < digits.count ? digits[2 * index] << 4 | digits[2 * index + 1] : 0
    }
  }

  private static func witness(_ document: RigDocument) -> StartTime.Witness {
    if RealTime.utcIsSynchronised { return .synchronisedKernel }
    guard document.hasBatteryClock,
      let seconds = Int64(text("/sys/class/rtc/rtc0/since_epoch").filter(\.isNumber))
    else { return document.backend == .simulated ? .simulation : .nobody }
    return .batteryClock(utc: seconds * 1_000_000_000)
  }

  /// The pump's own clock where nothing says what it was: UTC as the system has it.
  private static func therapyClock(_ utc: Int64) -> WeekTime {
    // 1 January 1970 was a Thursday.
    WeekTime(sinceMonday: .days(3) + Nanoseconds(utc))
  }

  private static func text(_ path: String) -> String {
    let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = unsafe read(file, &bytes, 64)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}

/// Copies whose old content is of no use.
private struct NoCopies: CopyStorage {
  private let files: CopyFiles

  init(_ files: CopyFiles) { self.files = files }

  func read(_ copy: Int) -> [UInt8]? { nil }

  func write(_ copy: Int, _ bytes: [UInt8]) throws(JournalError) { try files.write(copy, bytes) }
}
