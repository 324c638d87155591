public import Hardware
public import Journal

/// What the memory of a pump is kept on: a state directory, or the disk of a simulated machine.
public protocol StateStorage {
  /// Where SQLite finds the journal.
  var journalPath: String { get }
  /// Whether there is a file of a journal, whatever it holds.
  var hasJournal: Bool { get }
  /// The two copies of the safe-basal record.
  var copies: any CopyStorage { get }

  /// Puts a journal that cannot be used where it is in nobody's way. Returns where that is.
  func putJournalAside() -> String

  /// The memory that outlives the process though not the power, for the history of that name.
  func runMemory(of lineage: [UInt8]) throws(NoRunMemory) -> MappedFile
}

/// No memory outlives the process.
public struct NoRunMemory: Error {
  /// Where it should have been.
  public var place: String
  public var reason: HardwareError

  public init(place: String, reason: HardwareError) {
    self.place = place
    self.reason = reason
  }
}
