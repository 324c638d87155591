public import Hardware
public import Journal

/// What the memory of a pump is kept on: a state directory, or the disk of a simulated machine.
public protocol StateStorage: AnyObject {
  /// Where SQLite finds the journal.
  var journalPath: String { get }
  /// Whether there is a file of a journal, whatever it holds.
  var hasJournal: Bool { get }
  /// Whether that file begins with nothing but zeros: somebody has wiped it.
  var journalIsWiped: Bool { get }
  /// The two copies of the safe-basal record.
  var copies: any CopyStorage { get }
  /// A name of the place, of 16 bytes, which no other place of this machine has.
  var place: [UInt8] { get }

  /// Puts a journal that cannot be used where it is in nobody's way, whole. Returns where that is; nil where
  /// it cannot be moved.
  func putJournalAside() -> String?

  /// The journal that stands there now was opened: from here on it is looked after.
  func journalWasOpened()

  /// The memory that outlives the process though not the power, for the history of that name. Belongs to
  /// this process alone, and is looked after from here on.
  func runMemory(of lineage: [UInt8]) throws(NoRunMemory) -> MappedFile

  /// Whether everything is where it was. Makes the run memory anew where it is gone.
  func look() -> StorageLook

  /// After an end in order nothing is left to be told by the run memory.
  func removeRunMemory()
}

/// What a look at the places found.
public struct StorageLook: Equatable, Sendable {
  public var directoryIsLost = false
  public var journalIsLost = false
  public var page = Page.isThere

  public enum Page: Equatable, Sendable {
    case isThere
    /// It was gone, and is being made anew.
    case isMadeAnew
    case cannotBeMade(NoRunMemory)
  }

  public init() {}

  public var isLost: Bool { directoryIsLost || journalIsLost || page != .isThere }
}

/// No memory outlives the process.
public struct NoRunMemory: Error, Equatable {
  /// Where it should have been.
  public var place: String
  public var reason: HardwareError

  public init(place: String, reason: HardwareError) {
    self.place = place
    self.reason = reason
  }
}
