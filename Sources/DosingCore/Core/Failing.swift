internal import Quantities

/// What does not do what it is told, and since when.
struct Failing: BitwiseCopyable {
  /// Since when the drive has taken no step; nil where the last one was taken.
  var driveSince: Tick?
  private(set) var outputs = OutputSet.none
  private(set) var outputsSince: Tick?

  mutating func learn(_ failed: OutputSet, at tick: Tick) {
    outputs = failed
    outputsSince = failed == .none ? nil : outputsSince ?? tick
  }

  /// Whether the drive, and whether an output, has failed for so long.
  func lasts(_ length: TickCount, at tick: Tick) -> (drive: Bool, output: Bool) {
    (
      driveSince.map { tick - $0 >= length } ?? false,
      outputsSince.map { tick - $0 >= length } ?? false
    )
  }

  /// The next tick at which one of them has failed for so long, as far as that is not known yet.
  func attention(_ length: TickCount, known: FaultSet) -> Tick {
    var next = Tick.never
    if let driveSince, !known[.driveFails] { next = driveSince + length }
    if let outputsSince, !known[.outputFails] { next = min(next, outputsSince + length) }
    return next
  }
}
