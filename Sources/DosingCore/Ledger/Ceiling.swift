/// The most steps that a rolling window may hold now.
///
/// It is the committed limit, but after a commit that lowered it as much more as the window still holds
/// from before: what was given under the old limit is no reason to withhold the new basal. So it is the
/// larger of the limit and of what basal may need beside what was given before the commit, and never
/// above what was in force then.
struct Ceiling: BitwiseCopyable {
  /// In force when the newest order was committed.
  private var before: Int64 = 0
  /// The bucket of that commit, which counts as before it.
  private var committedIn: Int64 = -1

  /// An order is committed, in the current bucket of its window.
  ///
  /// - Parameter inForce: the ceiling until now.
  mutating func commit(inForce: Int64, bucket: Int64) {
    (before, committedIn) = (inForce, bucket)
  }

  /// Whether the newest order was committed before the window begins.
  func isOlder<let count: Int>(than window: inout RollingWindow<count>) -> Bool {
    window.currentNumber - committedIn >= Int64(count)
  }

  func steps<let count: Int>(_ limit: WindowLimit, _ window: inout RollingWindow<count>) -> Int64 {
    guard before > limit.steps, !isOlder(than: &window) else {
      return limit.steps
    }
    return steps(limit, besides: window.steps(upToBucket: committedIn))
  }

  /// Of a window in which so many steps were made before the commit.
  private func steps(_ limit: WindowLimit, besides given: Int64) -> Int64 {
    min(max(limit.steps, min(before, limit.stepsForBasal + given)), limit.stepsOfRig)
  }

  /// What windows to come may hold by it, each told by the oldest bucket that is in it.
  struct Ahead {
    fileprivate let ceiling: Ceiling
    fileprivate let limit: WindowLimit
    /// Before the commit, in the windows that were asked about.
    fileprivate var given: Int64 = 0

    /// In steps, of the window that begins with a bucket. Asked for the newest first, and for each.
    mutating func steps(fromBucket number: Int64, with steps: Int64) -> Int64 {
      guard number <= ceiling.committedIn, ceiling.before > limit.steps else {
        return limit.steps
      }
      given += steps
      return ceiling.steps(limit, besides: given)
    }
  }

  func ahead(_ limit: WindowLimit) -> Ahead { Ahead(ceiling: self, limit: limit) }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(magnitude: &before)
    coder.field(&committedIn)
  }
}
