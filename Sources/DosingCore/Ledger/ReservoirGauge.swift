internal import Quantities

/// What is left in the reservoir, counted in steps since it was full.
struct ReservoirGauge: BitwiseCopyable {
  /// Steps after which the low mark, and the empty mark, are reached, and those of all that it holds.
  let stepsToLow: Int64
  let stepsToEmpty: Int64
  let stepsInAll: Int64

  init(_ rig: Rig) {
    stepsToLow = rig.steps(in: rig.reservoir.volume - rig.reservoir.low)
    stepsToEmpty = rig.steps(in: rig.reservoir.volume - rig.reservoir.empty)
    stepsInAll = rig.steps(in: rig.reservoir.volume)
  }

  /// The count of confirmed steps at which the next mark is reached, by what is certain or by what may be.
  func nextMark(_ steps: Int64, doubts: Int64) -> Int64 {
    min(
      nextMark(steps), nextMark(steps + doubts) == .max ? .max : nextMark(steps + doubts) - doubts)
  }

  private func nextMark(_ steps: Int64) -> Int64 {
    if steps < stepsToLow { return stepsToLow }
    return steps < stepsToEmpty ? stepsToEmpty : .max
  }

  /// Nothing where more is in doubt than there was.
  func contents(stepsMade: Int64, rig: Rig) -> Volume {
    rig.reservoir.volume - rig.volume(ofSteps: min(stepsMade, stepsInAll))
  }
}
