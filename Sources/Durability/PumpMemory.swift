public import DosingCore
public import Engine
public import Hardware
public import Journal
public import Quantities

/// What is remembered of a pump, opened for a start: the one way from a state directory, or a simulated
/// disk, to an engine that goes on.
public struct PumpMemory {
  public let journal: KeptJournal
  public let copies: SafeBasalCopies
  /// Nil where no memory outlives the process: then each kill costs a lease.
  public let page: RunPage?
  public let start: PumpStart
  public let outcome: RestartOutcome
  /// Whom the link believed, and who stopped a pump that stands.
  public let link: LinkMemory
  /// What is worth a line in the log.
  public let remarks: [String]
  /// What is worth a warning.
  public let warnings: [String]

  /// What is in the way of a start. Nothing was changed then.
  public enum Problem: Error {
    /// The pump is said to be new, and something is remembered of one.
    case isNotNew
    case journal(JournalError)
  }

  /// Whose memory it is, as the rig file says it.
  public struct Pump {
    public var rig: Rig
    public var serial: String
    public var isSimulated: Bool
    /// The therapy clock, where nothing says what it was.
    public var clock: WeekTime
    /// A person has said so.
    public var clockIsStated: Bool

    public init(
      rig: Rig, serial: String, isSimulated: Bool, clock: WeekTime, clockIsStated: Bool = false
    ) {
      self.rig = rig
      self.serial = serial
      self.isSimulated = isSimulated
      self.clock = clock
      self.clockIsStated = clockIsStated
    }
  }

  /// - Parameters:
  ///   - isNew: the pump is new; anything that is remembered speaks against it.
  ///   - firstTickIn: how long after now the first tick will be.
  public init(
    of pump: Pump, on storage: some StateStorage, at time: ClockReading, isNew: Bool,
    firstTickIn: Nanoseconds
  ) throws(Problem) {
    var copies = SafeBasalCopies(storage.copies) { $0.serial.isEmpty || $0.serial == pump.serial }
    if isNew, storage.hasJournal || copies.record != nil { throw .isNotNew }
    let past = Journal.Past(lineage: copies.record?.lineage ?? Self.newLineage)
    var opening: JournalOpening
    do {
      opening = try JournalOpening(
        storage, serial: pump.serial, goingOn: past, hasCopies: copies.record != nil)
    } catch {
      throw .journal(error)
    }
    var told = opening.warnings
    link = opening.journal.map { Self.link($0, &told) } ?? LinkMemory()
    journal = KeptJournal(
      on: storage, serial: pump.serial, past: past, link: link, opening)
    // The copies belong to this history, or the history is new and they are what is left of it.
    if let record = copies.record, opening.state != nil, record.lineage != journal.lineage {
      told.append("the safe-basal record belongs to another history and is not used")
      copies = copies.forgotten()
    }
    page = Self.page(storage, lineage: journal.lineage, bootID: time.now.bootID, &told)
    let restoration = Restoration(
      rig: pump.rig, clock: pump.clock, clockIsStated: pump.clockIsStated, time: time,
      trace: { [page] in page?.read(unitsInUnit: $0) },
      safeBasal: copies.record, firstTickIn: firstTickIn,
      committedRig: { opening.journal.flatMap { (try? $0.newestRig()) ?? nil } })
    let restored =
      isNew ? restoration.newPump(isFilled: pump.isSimulated) : restoration.restore(opening.state)
    (remarks, outcome) = (restored.remarks, restored.outcome)
    (self.copies, warnings) = (copies, told)
    start = PumpStart(restored, time, after: opening.state, isSimulated: pump.isSimulated)
  }

  private static var newLineage: [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private static func link(_ journal: Journal, _ warnings: inout [String]) -> LinkMemory {
    do {
      let link = try journal.linkMemory()
      if link.keysDamaged > 0 {
        warnings.append("\(link.keysDamaged) keys are damaged and are not believed")
      }
      return link
    } catch {
      // Delivery does not hang on the link: stop needs no key, and root enrolls new ones.
      warnings.append("the keys cannot be read (\(error.sentence)): none is believed")
      return LinkMemory()
    }
  }

  // MARK: The run page

  private static func page(
    _ storage: some StateStorage, lineage: [UInt8], bootID: [UInt8], _ warnings: inout [String]
  ) -> RunPage? {
    var owner = RunPage.Owner(repeating: 0)
    let place = storage.place
    for index in 0..<16 {
      owner[index] = lineage[index]
      owner[16 + index] = bootID[index]
      owner[32 + index] = place[index]
    }
    do {
      return RunPage(try storage.runMemory(of: lineage), owner: owner)
    } catch {
      warnings.append(
        "no run page at \(error.place) (\(error.reason)): each kill will leave a lease in doubt")
      return nil
    }
  }

  // MARK: The engine

  /// The loop before its first tick: the interlock knows the last 24 h and is sealed.
  ///
  /// - Parameter alarms: to whoever plays them; nil where nobody does.
  /// - Throws: the hardware's refusal, or `Unreadable`.
  public func loop(on hardware: HardwareRig, alarms: AlarmPost? = nil) throws -> TickLoop {
    guard let core = start.core() else { throw Unreadable() }
    try hardware.load(core)
    try hardware.seal(for: start.rig, epoch: Nanoseconds(start.timeOfTickZero.boot))
    return TickLoop(
      core: core, drive: hardware.drive, annunciator: hardware.annunciator,
      alarms: alarms, page: page)
  }

  /// The state that was restored cannot be read again.
  public struct Unreadable: Error {}
}
