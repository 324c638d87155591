internal import Glibc

/// A simulated bench in a file, so that it goes on where it was when its process is gone, however that
/// ended: a real bench does not fill up again because a program is started.
///
/// Two slots of 4096 bytes, written in turns and whole; the newest one that is valid holds the bench. What a
/// kill leaves is therefore the newest that was kept, and what a power cut tears leaves the one before. A
/// slot is words of 64 bits, little-endian: the letters `SIMBENCH`, the number of its layout, its own number,
/// how many words of a bench follow, these, and the checksum of all of them in the last word.
public struct BenchFile: ~Copyable {
  private let file: Int32
  /// The number of the newest slot, and what stands in it.
  private var number: UInt64 = 0
  private var kept: [UInt64] = []

  /// What a file holds.
  public enum Finding: Sendable {
    /// It is new.
    case nothing
    case bench(PumpHeadTruth)
    /// Nothing of it can be read.
    case unreadable
  }

  static let slotWords = 512
  private static let slotBytes = slotWords * 8
  private static let letters: UInt64 = 0x4843_4E45_424D_4953

  /// Opens it, and makes it where it is missing. Nil where that is not possible, or another has it open.
  public init?(path: String) {
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return nil }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      _ = close(file)
      return nil
    }
    self.file = file
  }

  deinit { _ = close(file) }

  /// The bench that was kept last.
  ///
  /// - Parameter gate: that of the bench now.
  public mutating func read(gate: HeartbeatGate) -> Finding {
    let slots = [Self.slot(of: file, 0), Self.slot(of: file, 1)]
    let newest = slots.compactMap { $0.flatMap(Self.content) }.max { $0.number < $1.number }
    guard let newest else { return slots.allSatisfy { $0 == nil } ? .nothing : .unreadable }
    (number, kept) = newest
    guard let head = BenchRecord(words: newest.words).head(gate: gate) else { return .unreadable }
    return .bench(head)
  }

  /// Keeps a bench, if it is another than what is kept. Writes at most once, over the older slot; never waits
  /// for the disk.
  ///
  /// - Returns: false where it cannot be kept: no room for a first slot, or more slugs in the line than fit.
  public mutating func keep(_ head: PumpHeadTruth) -> Bool {
    let words = BenchRecord(head).words
    guard words != kept else { return true }
    guard let slot = Self.slot(number: number + 1, words) else { return false }
    let offset = off_t(Int((number + 1) % 2) * Self.slotBytes)
    let bytes = slot.map(\.littleEndian)
    let written = unsafe bytes.withUnsafeBytes {
      unsafe pwrite(file, $0.baseAddress, Self.slotBytes, offset)
    }
    guard written == Self.slotBytes else { return false }
    (number, kept) = (number + 1, words)
    return true
  }

  // MARK: Slots

  /// Nil where words do not fit.
  private static func slot(number: UInt64, _ words: [UInt64]) -> [UInt64]? {
    var slot = [letters, BenchRecord.layout, number, UInt64(words.count)] + words
    guard slot.count < slotWords else { return nil }
    slot += Array(repeating: 0, count: slotWords - 1 - slot.count)
    return slot + [checksum(slot)]
  }

  /// Nil where nothing was ever written there.
  private static func slot(of file: Int32, _ index: Int) -> [UInt64]? {
    var words = [UInt64](repeating: 0, count: slotWords)
    let count = unsafe words.withUnsafeMutableBytes {
      unsafe pread(file, $0.baseAddress, slotBytes, off_t(index * slotBytes))
    }
    guard count > 0, words.contains(where: { $0 != 0 }) else { return nil }
    return words.map { UInt64(littleEndian: $0) }
  }

  /// Nil where the slot is torn, or of another layout.
  private static func content(of slot: [UInt64]) -> (number: UInt64, words: [UInt64])? {
    guard slot[0] == letters, slot[1] == BenchRecord.layout,
      slot[slotWords - 1] == checksum(slot.dropLast()),
      slot[3] < UInt64(slotWords - 4)
    else { return nil }
    return (slot[2], Array(slot[4..<4 + Int(slot[3])]))
  }

  /// FNV-1a over the words, with a shift, so that the upper bits matter too.
  private static func checksum(_ words: some Sequence<UInt64>) -> UInt64 {
    words.reduce(0xcbf2_9ce4_8422_2325) { sum, word in
      let mixed = (sum ^ word) &* 0x0000_0100_0000_01b3
      return mixed ^ (mixed >> 29)
    }
  }
}
