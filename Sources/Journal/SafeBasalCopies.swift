/// Both copies of the safe-basal record.
///
/// Each is written by itself, so that one that fails leaves the other one whole and new.
public struct SafeBasalCopies {
  private let storage: any CopyStorage
  /// The better of the two: the newer one; nil where neither is whole and of this pump.
  public private(set) var record: SafeBasalRecord?
  /// Which of the two do not hold the record: torn, of somebody else, or not to be written.
  private var isBad = [false, false]
  /// Why the newest write of a copy failed; nil where none did.
  public private(set) var failure: JournalError?

  /// - Parameter belongs: whether a record is of this pump; what is not counts as damage.
  public init(_ storage: any CopyStorage, belongs: (SafeBasalRecord) -> Bool = { _ in true }) {
    self.storage = storage
    var found: [SafeBasalRecord?] = [nil, nil]
    for copy in 0...1 {
      let bytes = storage.read(copy)
      found[copy] = bytes.flatMap { SafeBasalRecord($0) }.flatMap { belongs($0) ? $0 : nil }
      isBad[copy] = bytes != nil && found[copy] == nil
      guard let new = found[copy] else { continue }
      if record.map({ new.generation > $0.generation }) ?? true { record = new }
    }
    // One of the two alone was never left so by a pump that could write.
    if record != nil { for copy in 0...1 where found[copy] == nil { isBad[copy] = true } }
  }

  /// Whether a copy does not hold what it should.
  public var hasDamage: Bool { isBad.contains(true) }

  /// Writes one copy and then the other, so that one of them is whole at any time.
  ///
  /// - Throws: where neither could be written.
  public mutating func write(_ new: SafeBasalRecord) throws(JournalError) {
    let isWritten = write(new, into: [0, 1])
    guard isWritten else { throw failure ?? .inputOutput(0) }
    record = new
  }

  /// Tries once more what could not be written.
  public mutating func mend() {
    guard let record, hasDamage else { return }
    _ = write(record, into: (0...1).filter { isBad[$0] })
  }

  /// Returns whether any was written.
  private mutating func write(_ new: SafeBasalRecord, into copies: [Int]) -> Bool {
    let bytes = new.bytes
    var isWritten = false
    failure = nil
    for copy in copies {
      do {
        try storage.write(copy, bytes)
        (isBad[copy], isWritten) = (false, true)
      } catch {
        (isBad[copy], failure) = (true, error)
      }
    }
    return isWritten
  }

  /// The same copies, with whatever they hold as of no use.
  public func forgotten() -> SafeBasalCopies { SafeBasalCopies(storage, belongs: { _ in false }) }
}
