internal import DosingCore
internal import Quantities

/// Which failures of outputs the core is to hear of: a new one at once, and the end of one when it has held for a
/// while, so that a line that fails now and then fails, and fills no journal.
struct OutputNews {
  private static let settles = Nanoseconds.seconds(1)

  private let settlesAfter: Int64
  private(set) var told = OutputSet.none
  /// Since when less fails than was told; nil where just that does.
  private var betterSince: Int64?

  init(_ rig: Rig) { settlesAfter = rig.ticks(Self.settles) }

  /// Returns what the core is to be told; nil where it knows.
  @inline(__always)
  mutating func take(_ failed: OutputSet, at tick: Int64) -> OutputSet? {
    failed == told && betterSince == nil ? nil : change(failed, at: tick)
  }

  @inline(never)
  private mutating func change(_ failed: OutputSet, at tick: Int64) -> OutputSet? {
    if failed == told {
      betterSince = nil
      return nil
    }
    if failed.isSubset(of: told) {
      let since = betterSince ?? tick
      betterSince = since
      guard tick - since >= settlesAfter else { return nil }
      told = failed
    } else {
      told.insert(failed)
    }
    betterSince = nil
    return told
  }
}
