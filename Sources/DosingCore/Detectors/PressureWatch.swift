internal import Quantities

/// The pressure in the line, held against what is usual at the flow of now. It never acts.
///
/// What is usual is the lowest that three looks in a row did not exceed since the flow last rose by more than a fifth,
/// and creeps up by `creepPerHour`: so that what drifts in days raises nothing, and a line that is blocked is not taken
/// for usual.
///
/// A sensor that says the very same for an hour in which the motor ran, or would but for it, is not believed: each step
/// moves the pressure by more than a sensor's last digit.
struct PressureWatch: BitwiseCopyable {
  /// So many samples in a row have to say that it is blocked.
  static let samplesInARow = 3
  /// In pascals: a seventh of what the slowest verified flow makes of a blocked line (0.048 mL/d, 0.145 uL/kPa).
  static let creepPerHour: Int64 = 2_000
  /// A pressure follows a flow that rises within seconds.
  static let settles = Nanoseconds.seconds(10)

  /// After so long a sensor that says the same is stuck.
  static let sameAtMost = Nanoseconds.hours(1)

  /// What was seen last, and since when nothing else was, in which it should have moved.
  private var same: (pascals: Int64, since: Tick)?
  /// It says the same for too long.
  private(set) var isStuck = false
  private var usual: Usual?
  /// The two looks before.
  private var before: (Int64, Int64)?
  /// The flow that there was last, in steps an hour, and since when.
  private var flow: (stepsPerHour: Int64, since: Tick) = (0, Tick(0))
  private var highs = 0
  /// It has fallen by half of what it was too high by.
  private(set) var hasFallen = true

  private struct Usual: BitwiseCopyable {
    var pascals: Int64
    var at: Tick
    let stepsPerHour: Int64
  }

  /// Nothing was seen yet.
  init() {}

  /// Takes a look at the pressure.
  ///
  /// - Parameters:
  ///   - pascals: nil where the sensor is not believed: then what was usual is forgotten.
  ///   - stepsPerHour: the flow of now.
  /// - Returns: whether the line is blocked.
  mutating func take(
    _ pascals: Int64?, at tick: Tick, stepsPerHour: Int64, isBlocked: Bool,
    _ limits: OcclusionLimits, _ rig: Rig
  ) -> Bool {
    guard let pascals else {
      self = PressureWatch()
      return false
    }
    watchSameness(pascals, at: tick, mayMove: stepsPerHour > 0 || isBlocked, rig)
    if isStuck {
      let kept = same
      self = PressureWatch()
      (same, isStuck) = (kept, true)
      return false
    }
    if !isBlocked { learn(pascals, at: tick, stepsPerHour: stepsPerHour, rig) }
    let none = usual?.pascals ?? 0
    let threshold = limits.threshold.pascals
    let limit = usual == nil ? threshold : min(threshold, none + limits.rise.pascals)
    highs = pascals >= limit ? highs + 1 : 0
    hasFallen = pascals < limit && 2 * (pascals - none) < limit - none
    return highs >= Self.samplesInARow
  }

  private mutating func watchSameness(_ pascals: Int64, at tick: Tick, mayMove: Bool, _ rig: Rig) {
    guard mayMove, let same, same.pascals == pascals else {
      (same, isStuck) = ((pascals, tick), false)
      return
    }
    isStuck = tick - same.since >= TickCount(rig.ticks(Self.sameAtMost))
  }

  private mutating func learn(_ pascals: Int64, at tick: Tick, stepsPerHour: Int64, _ rig: Rig) {
    if stepsPerHour * 5 > flow.stepsPerHour * 6 { flow.since = tick }
    if let usual, stepsPerHour * 5 > usual.stepsPerHour * 6 { (self.usual, before) = (nil, nil) }
    flow.stepsPerHour = stepsPerHour
    guard stepsPerHour > 0, tick - flow.since >= TickCount(rig.ticks(Self.settles)) else { return }
    let (older, old) = before ?? (.max, .max)
    before = (old, pascals)
    // Two looks in a row may be torn.
    let seen = max(pascals, max(old, older))
    if seen == .max { return }
    guard var known = usual else {
      usual = Usual(pascals: seen, at: tick, stepsPerHour: stepsPerHour)
      return
    }
    let crept = (tick - known.at).count * Self.creepPerHour / rig.ticks(.hours(1))
    if seen <= known.pascals + crept {
      (known.pascals, known.at) = (seen, tick)
    } else if crept > 0 {
      (known.pascals, known.at) = (known.pascals + crept, tick)
    }
    usual = known
  }
}
