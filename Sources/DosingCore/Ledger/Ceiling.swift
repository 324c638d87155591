/// The most that a rolling window may hold now of what the tip gives.
///
/// It is the committed limit, but after a commit that lowered it as much more as the window still holds
/// from before: what was given under the old limit is no reason to withhold the new basal. So it is the
/// larger of the limit and of what basal may need beside what was given before the commit, and never
/// above what was in force then.
struct Ceiling: BitwiseCopyable {
  /// In force when the newest order was committed.
  private var before: Int128 = 0
  /// The bucket of that commit, which counts as before it.
  private var committedIn: Int64 = -1

  /// An order is committed, in the current bucket of its window.
  ///
  /// - Parameter inForce: the ceiling until now.
  mutating func commit(inForce: Int128, bucket: Int64) {
    (before, committedIn) = (inForce, bucket)
  }

  /// Whether the newest order was committed before the window begins.
  func isOlder<let count: Int>(than window: inout RollingWindow<count>) -> Bool {
    window.currentNumber - committedIn >= Int64(count)
  }

  /// - Parameter perStepAtOne: units of account that a step moves at 1 ng/mL.
  func units<let count: Int>(
    _ limit: WindowLimit, _ window: inout RollingWindow<count>, perStepAtOne: Int128
  ) -> Int128 {
    guard before > limit.most, !isOlder(than: &window) else { return limit.most }
    let given = Int128(window.gift(upToBucket: committedIn)) * perStepAtOne
    return units(limit, besides: given)
  }

  /// Of a window in which so much was given before the commit.
  private func units(_ limit: WindowLimit, besides given: Int128) -> Int128 {
    max(limit.most, min(before, limit.mostForBasal + given))
  }

  /// What windows to come may hold by it, each told by the oldest bucket that is in it.
  struct Ahead {
    fileprivate let ceiling: Ceiling
    fileprivate let limit: WindowLimit
    /// Before the commit, in the windows that were asked about.
    fileprivate var given: Int128 = 0

    /// By how much it is above the limit in the window that begins with a bucket. Asked for the newest first,
    /// and for each.
    mutating func above(fromBucket number: Int64, with gift: Int128) -> Int128 {
      guard number <= ceiling.committedIn, ceiling.before > limit.most else {
        return limit.above(limit.most)
      }
      given += gift
      return limit.above(ceiling.units(limit, besides: given))
    }
  }

  func ahead(_ limit: WindowLimit) -> Ahead { Ahead(ceiling: self, limit: limit) }

  /// - Parameter perStep: what a step is worth in a record that tells steps, as those of before there were
  ///   lines do; nil where it tells units of account.
  mutating func layout(_ coder: inout some FrameCoder, perStep: Int128?) {
    if let perStep {
      var steps: Int64 = 0
      coder.field(magnitude: &steps)
      let (product, overflows) = Int128(steps).multipliedReportingOverflow(by: perStep)
      if overflows { coder.fail() }
      before = overflows ? 0 : product
    } else {
      coder.field(magnitude: &before)
    }
    coder.field(&committedIn)
  }
}
