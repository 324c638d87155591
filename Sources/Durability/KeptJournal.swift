internal import DosingCore
public import Journal

/// The journal of a pump that runs: opened again where it can be, and begun anew where it is lost.
///
/// For one thread. The history keeps its name and its chain of events, and whatever has to be known of it
/// is held here in memory, so that no journal is needed to make the next one.
public final class KeptJournal {
  /// Nil for a journal that is never looked after.
  private let storage: (any StateStorage)?
  public let serial: String
  private var past: Journal.Past
  private var open: Journal?
  private var canWrite: Bool
  /// Keys and whoever stopped the pump: what a new journal begins with.
  private var link: LinkChanges
  /// The journal, or the directory in which it stood, is not there any more.
  public private(set) var isLost = false
  /// How a new journal came about that no entry tells of yet.
  private var untold: JournalBegun?
  /// Why what stands in the place of the journal has to be put aside before anything can be written.
  private var toPutAside: JournalBegun.Cause?

  public var lineage: [UInt8] { past.lineage }

  /// A journal as it is: it stays where it is, whatever becomes of it.
  public init(_ journal: Journal) {
    (storage, serial, open, canWrite) = (nil, journal.serial, journal, true)
    (past, link) = (journal.past, LinkChanges())
  }

  /// - Parameters:
  ///   - past: whose history it is, where no journal could be opened.
  ///   - link: what the journal says of it.
  init(
    on storage: any StateStorage, serial: String, past: Journal.Past, link: LinkMemory,
    _ opening: JournalOpening
  ) {
    (self.storage, self.serial) = (storage, serial)
    (open, canWrite, toPutAside) = (opening.journal, opening.canWrite, opening.toPutAside)
    self.past = opening.journal?.past ?? past
    self.link = LinkChanges(link)
    untold = opening.begun.map { JournalBegun(cause: $0, after: past) }
    if opening.journal != nil { storage.journalWasOpened() }
  }

  /// What can be read now; nil where none is open.
  var readable: Journal? { open }

  // MARK: Writing

  /// What is worth an entry of the journal itself; told until it is durable.
  var news: Entry.Content? { untold.map { .journalBegun($0) } }

  /// Throws where nothing can be made durable.
  func touch() throws(JournalError) {
    try write { journal throws(JournalError) in try journal.touch() }
  }

  func commit(
    _ state: JournalState, _ entries: [Entry], _ changes: LinkChanges, signing: Signing?
  ) throws(JournalError) -> Bool {
    let isSigned = try write { [link] journal throws(JournalError) in
      // Whatever a new journal was begun for, its first commit holds all that the link remembers.
      var changes = changes
      if untold != nil { changes = link.merged(with: changes) }
      return try journal.commit(state, entries, changes, signing: signing)
    }
    untold = nil
    link.merge(changes)
    return isSigned
  }

  func keep(
    _ changes: LinkChanges, _ entries: [Entry], signing: Signing?
  ) throws(JournalError) -> Bool {
    let isSigned = try write { journal throws(JournalError) in
      try journal.keep(changes, entries, signing: signing)
    }
    link.merge(changes)
    return isSigned
  }

  /// Whether a commit of the engine has to come first: a new journal holds no state yet.
  var isEmpty: Bool { untold != nil }

  private func write<Value>(
    _ body: (Journal) throws(JournalError) -> Value
  ) throws(JournalError) -> Value {
    let journal = try usable()
    let value: Value
    do {
      value = try body(journal)
    } catch {
      // What stands on the disk is no journal any more; whatever it was is put aside whole.
      switch error {
      case .damaged, .notAJournal:
        // One that never took a commit is not worth another one: it would not end.
        guard storage != nil, untold == nil else { throw error }
        try begin(.damaged)
        // All that is to be written now is the next commit's.
        throw error
      default: throw error
      }
    }
    past = journal.past
    return value
  }

  /// The journal that can be written, opened now where it was not.
  private func usable() throws(JournalError) -> Journal {
    if isLost { throw .missing }
    if let open, canWrite { return open }
    guard let storage else { throw .missing }
    if let cause = toPutAside {
      try begin(cause)
      if let open { return open }
    }
    // Whoever still reads keeps the index of the log as what cannot be written, for the whole process.
    open = nil
    if !storage.hasJournal { untold = untold ?? JournalBegun(cause: .missing, after: past) }
    let journal = try Journal(
      path: storage.journalPath, serial: serial, makesNew: true, goingOn: past)
    // Another history is none of this pump's.
    guard journal.lineage == lineage else { throw .otherPump(journal.serial) }
    (open, canWrite) = (journal, true)
    storage.journalWasOpened()
    return journal
  }

  // MARK: Looking after it

  /// Whether everything is where it was; nil where nobody looks. Begins a new journal where that is gone, as
  /// long as there is a directory for it.
  func look() -> StorageLook? {
    guard let look = storage?.look() else { return nil }
    isLost = look.directoryIsLost || look.journalIsLost
    if isLost, !look.directoryIsLost { try? begin(.removed) }
    return look
  }

  /// Puts aside what stands in the place of the journal, and begins another one of the same history.
  private func begin(_ cause: JournalBegun.Cause) throws(JournalError) {
    guard let storage else { throw .missing }
    // Before it is closed: SQLite would clean up at the path of the one that is to come.
    let aside = storage.putJournalAside()
    guard aside != nil else { throw .noPermission }
    (open, toPutAside) = (nil, nil)
    untold = JournalBegun(cause: cause, after: past)
    open = try Journal(path: storage.journalPath, serial: serial, makesNew: true, goingOn: past)
    (canWrite, isLost) = (true, false)
    storage.journalWasOpened()
  }
}

extension JournalBegun {
  init(cause: Cause, after past: Journal.Past) {
    self.init(cause: cause.rawValue, after: past.newestEvent)
  }
}

extension LinkChanges {
  /// All of it.
  init(_ memory: LinkMemory) {
    self.init()
    for record in memory.keys { keys[record.id] = record }
    stopOrigin = memory.stopOrigin
    (paces, counts) = (memory.paces, memory.counts)
  }

  func merged(with later: LinkChanges) -> LinkChanges {
    var merged = self
    merged.merge(later)
    return merged
  }
}
