internal import Quantities

/// What is left in the reservoir, counted in steps since it was full.
struct ReservoirGauge: BitwiseCopyable {
  /// Steps after which the low mark, and the empty mark, are reached.
  let stepsToLow: Int64
  let stepsToEmpty: Int64
  /// The count of steps at which something has to be looked at next.
  private(set) var nextMark: Int64

  init(_ rig: Rig) {
    stepsToLow = rig.steps(in: rig.reservoir.volume - rig.reservoir.low)
    stepsToEmpty = rig.steps(in: rig.reservoir.volume - rig.reservoir.empty)
    nextMark = stepsToLow
  }

  mutating func pass(steps: Int64) {
    nextMark = steps >= stepsToEmpty ? Int64.max : stepsToEmpty
  }

  mutating func layout(_ coder: inout some FrameCoder) { coder.field(magnitude: &nextMark) }

  func contents(stepsMade: Int64, rig: Rig) -> Volume {
    rig.reservoir.volume - rig.volume(ofSteps: stepsMade)
  }

  /// A dose that would meet the empty mark on the way is refused.
  func refuses(units: Int64, perStep: Int64, stepsMade: Int64, rig: Rig) -> Refusal? {
    let steps = units / perStep + 1
    let left = max(0, stepsToEmpty - stepsMade)
    if steps <= left { return nil }
    return Refusal(
      .reservoirTooSmall, limit: rig.volume(ofSteps: left).picolitres,
      value: rig.volume(ofSteps: steps).picolitres)
  }
}
