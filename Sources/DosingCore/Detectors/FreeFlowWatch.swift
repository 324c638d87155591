internal import Quantities

/// Holds by how much the reservoir becomes lighter against what the head was told to give, over stretches of a minute,
/// of ten and of an hour.
///
/// What runs by itself runs on, stretch after stretch. Whoever lifts the reservoir, or spills some of it, makes it
/// lighter once; and the noise of a cell within its error cannot make three stretches in a row lighter by that error.
struct FreeFlowWatch: BitwiseCopyable {
  private struct Stretch: BitwiseCopyable {
    let begin: Tick
    let milligrams: Int64
    let steps: Int64
    /// How many in a row before it have become lighter by more than was given.
    let lighter: Int64
  }

  private var minute: Stretch?
  private var tenMinutes: Stretch?
  private var hour: Stretch?

  /// So many in a row are believed.
  private static let stretchesMin: Int64 = 3

  /// - Parameter milligrams: nil where the cell is not believed, or somebody works on the reservoir.
  /// - Returns: whether something runs by itself.
  mutating func take(
    _ milligrams: Int64?, after steps: Int64, at now: Tick, _ rig: Rig
  ) -> Bool {
    guard let milligrams, let error = rig.weighing?.errorMilligrams else {
      self = FreeFlowWatch()
      return false
    }
    func runs(_ stretch: inout Stretch?, _ length: Nanoseconds) -> Bool {
      let known = stretch ?? Stretch(begin: now, milligrams: milligrams, steps: steps, lighter: 0)
      stretch = known
      guard (now - known.begin).count >= rig.ticks(length) else { return false }
      let given = rig.given(by: max(0, steps - known.steps), andMaybe: 0).most.milligrams + 1
      let isLighter = known.milligrams - milligrams > given + error
      let lighter = isLighter ? known.lighter + 1 : 0
      stretch = Stretch(begin: now, milligrams: milligrams, steps: steps, lighter: lighter)
      return lighter >= Self.stretchesMin
    }
    // Each is asked, whatever the others say.
    let runsFast = runs(&minute, .minutes(1))
    let runsSlowly = runs(&tenMinutes, .minutes(10))
    let runsVerySlowly = runs(&hour, .hours(1))
    return runsFast || runsSlowly || runsVerySlowly
  }
}
