import Durability
import Engine
import Hardware
import Journal
import Simulation

/// In which state a part of what is stored is found.
enum PartState: String, CaseIterable {
  case old, new, torn, zeroed, foreign, missing, unreadable

  /// It can be read, and is this pump's.
  var isWhole: Bool { self == .old || self == .new }
}

/// How the process ended before.
enum PumpEnd: String, CaseIterable {
  case kill, cut, clean
}

/// Journal, copies and run page at one moment.
struct StoredParts {
  var journal: [UInt8]
  var copies: [[UInt8]]
  var page: [UInt8]
}

/// A state directory that is put together from parts, each in its own state.
final class AlteredStorage: StateStorage {
  private let disk = SimulatedDisk(seed: 1)
  private let parts: AlteredCopies
  private var page: [UInt8]?
  private let pageIsUnreadable: Bool
  private var isUnreadable: Bool
  private var name = "journal.sqlite"
  private(set) var wasPutAside = false

  init(
    old: StoredParts, new: StoredParts, foreign: StoredParts, journal: PartState,
    copies: PartState, page: PartState
  ) {
    func bytes(_ state: PartState, _ part: (StoredParts) -> [UInt8]) -> [UInt8]? {
      switch state {
      case .old: part(old)
      case .new: part(new)
      case .foreign: part(foreign)
      case .torn: Self.torn(part(new))
      case .zeroed: [UInt8](repeating: 0, count: part(new).count)
      case .missing, .unreadable: nil
      }
    }
    if let bytes = bytes(journal, \.journal) { disk.put(name, bytes) }
    parts = AlteredCopies(
      [bytes(copies) { $0.copies[0] }, bytes(copies) { $0.copies[1] }],
      isUnreadable: copies == .unreadable)
    self.page = bytes(page, \.page)
    (isUnreadable, pageIsUnreadable) = (journal == .unreadable, page == .unreadable)
  }

  /// The first half as it was, the rest never written.
  private static func torn(_ bytes: [UInt8]) -> [UInt8] {
    let half = bytes.count / 2
    // Of a run page both slots are torn, as no write can leave them.
    let kept = bytes.count == RunPage.byteCount ? 100 : half
    return Array(bytes.prefix(kept)) + [UInt8](repeating: 0xa5, count: bytes.count - kept)
  }

  var journalPath: String { isUnreadable ? "/proc/nowhere/\(name)" : "\(disk.folder)/\(name)" }
  var hasJournal: Bool { isUnreadable || disk.contents(name, atMost: 1) != nil }
  var journalIsWiped: Bool {
    disk.contents(name, atMost: 100).map { $0.allSatisfy { $0 == 0 } } ?? false
  }
  var copies: any CopyStorage { parts }
  var place: [UInt8] { [UInt8](repeating: 3, count: 16) }

  func putJournalAside() -> String? {
    defer { (name, isUnreadable, wasPutAside) = ("journal-2.sqlite", false, true) }
    return journalPath
  }

  func journalWasOpened() {}

  func runMemory(of lineage: [UInt8]) throws(NoRunMemory) -> MappedFile {
    let none = NoRunMemory(place: "page", reason: .noPermission)
    guard !pageIsUnreadable, let file = try? MappedFile(path: nil, byteCount: RunPage.byteCount)
    else { throw none }
    for (index, byte) in (page ?? []).enumerated() {
      unsafe file.memory.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
    return file
  }

  func look() -> StorageLook { StorageLook() }
  func removeRunMemory() { page = nil }
}

final class AlteredCopies: CopyStorage {
  private var bytes: [[UInt8]?]
  private let isUnreadable: Bool

  init(_ bytes: [[UInt8]?], isUnreadable: Bool) {
    (self.bytes, self.isUnreadable) = (bytes, isUnreadable)
  }

  func read(_ copy: Int) -> [UInt8]? { bytes[copy] }

  func write(_ copy: Int, _ new: [UInt8]) throws(JournalError) {
    if isUnreadable { throw .noPermission }
    bytes[copy] = new
  }
}
