internal import DosingCore
internal import Journal
internal import Quantities

/// When the log is signed: with the first commit of a start, every hour, and at the end.
struct LogSignatures {
  private let signer: HeadSigner?
  /// In ticks.
  private let every: Int64
  /// The tick of the newest signature of this start; nil before the first.
  private var newest: Int64?

  /// - Parameter signer: nil for a log that nobody vouches for.
  init(_ signer: HeadSigner?, on rig: Rig) {
    self.signer = signer
    // So that no hour passes without one: there may be no commit for so long.
    every = rig.ticks(.hours(1)) - rig.ticks(Limits.commitEvery)
  }

  /// How what is written now is signed.
  ///
  /// - Parameters:
  ///   - entry: of its time.
  ///   - isBegun: the journal was begun anew, and nothing in it is signed.
  func signing(at entry: Entry, isBegun: Bool, isEnd: Bool) -> Signing? {
    guard let signer else { return nil }
    let isDue = newest.map { entry.tick - $0 >= every } ?? true
    return Signing(signer, at: entry, isDue: isDue || isBegun || isEnd, isEnd: isEnd)
  }

  mutating func isWritten(_ isSigned: Bool, at tick: Int64) {
    if isSigned { newest = tick }
  }
}
