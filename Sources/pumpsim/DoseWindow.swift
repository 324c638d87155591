internal import Quantities

/// What the tip gave in the half-open window (t - length, t], step by step, and what the prescription allows
/// in it. Masses are in 1e-9 ng.
///
/// After a commit of a lower limit what was given before it may still be in the window: then the limit
/// holds for what comes after, and for all together what was allowed before.
struct DoseWindow {
  private let length: Int64
  /// The pump counts by buckets; that of a commit belongs to what was before.
  private let bucket: Int64
  private var limit: Int64
  /// What was allowed before the newest commit, and until when a step counts as before it.
  private var before: (limit: Int64, until: Int64)?

  private struct Step {
    let time: Int64
    let gift: ToldSupply.Gift
  }

  private var steps: [Step] = []
  /// Where the window begins, and where the steps end that count as before the commit.
  private var first = 0
  private var committed = 0
  /// What the window holds, and of that what counts as before the commit.
  private(set) var given: Int64 = 0
  private(set) var dispersed: Int64 = 0
  private var givenBefore: Int64 = 0

  init(_ length: Nanoseconds, bucket: Nanoseconds, _ limit: Mass) {
    self.length = length.count
    self.bucket = bucket.count
    self.limit = Self.units(limit)
  }

  private static func units(_ mass: Mass) -> Int64 {
    Int64(clamping: Int128(mass.nanograms) * 1_000_000_000)
  }

  /// In steps.
  var count: Int { steps.count - first }

  /// What it may hold.
  var allowed: Int64 {
    guard let before, before.limit > limit else { return limit }
    guard committed > first else { return limit }
    return min(before.limit, Int64(clamping: Int128(givenBefore) + Int128(limit)))
  }

  mutating func append(_ time: Int64, _ gift: ToldSupply.Gift) {
    steps.append(Step(time: time, gift: gift))
    given += gift.plug
    dispersed += gift.dispersed
    if let before, time < before.until {
      committed = steps.count
      givenBefore += gift.plug
    }
    leave(behind: time)
  }

  /// - Parameter zero: where the pump's buckets begin.
  mutating func commit(_ dose: Mass, at time: Int64, bucketsFrom zero: Int64) {
    leave(behind: time)
    before = (allowed, ((time - zero) / bucket + 1) * bucket + zero)
    committed = steps.count
    givenBefore = given
    limit = Self.units(dose)
  }

  private mutating func leave(behind time: Int64) {
    while first < steps.count, steps[first].time <= time - length {
      let gift = steps[first].gift
      given -= gift.plug
      dispersed -= gift.dispersed
      if first < committed { givenBefore -= gift.plug }
      first += 1
    }
    if first > 65_536 {
      steps.removeFirst(first)
      (first, committed) = (0, max(0, committed - first))
    }
  }
}
