internal import DosingCore
internal import Quantities

/// How many steps a dose may take.
struct StepsPerDose {
  private let picogramsOfRevolution: Int128
  private let stepsOfRevolution: Int128

  init(rig: Rig, concentration: Concentration) {
    // pL x ng/mL is 1e-9 ng.
    picogramsOfRevolution =
      Int128(rig.pump.volumePerRevolution.picolitres)
      * Int128(concentration.nanogramsPerMillilitre)
    stepsOfRevolution = Int128(rig.pump.stepsPerRevolution)
  }

  /// Rounded down: no step more.
  func steps(_ dose: Mass) -> Int {
    Int(
      clamping: Int128(dose.nanograms) * 1_000_000_000 * stepsOfRevolution / picogramsOfRevolution)
  }
}

/// The steps of the half-open window (t - length, t], each by its time, and what the prescription allows
/// in it.
///
/// After a commit of a lower limit what was given before it may still be in the window: then the limit
/// holds for what comes after, and for all together what was allowed before.
struct DoseWindow {
  private let length: Int64
  /// The pump counts by buckets; that of a commit belongs to what was before.
  private let bucket: Int64
  private let stepsPerDose: StepsPerDose
  private var limit: Int
  /// What was allowed before the newest commit, and until when a step counts as before it.
  private var before: (limit: Int, until: Int64)?

  private var times: [Int64] = []
  /// Where the window begins, and where the steps end that count as before the commit.
  private var first = 0
  private var committed = 0

  init(
    _ length: Nanoseconds, bucket: Nanoseconds, _ stepsPerDose: StepsPerDose, _ limit: Mass
  ) {
    self.length = length.count
    self.bucket = bucket.count
    self.stepsPerDose = stepsPerDose
    self.limit = stepsPerDose.steps(limit)
  }

  var count: Int { times.count - first }

  var isAboveLimit: Bool { count > allowed }

  private var allowed: Int {
    guard let before, before.limit > limit else { return limit }
    return committed > first ? min(before.limit, committed - first + limit) : limit
  }

  mutating func append(_ time: Int64) {
    times.append(time)
    if let before, time < before.until { committed = times.count }
    leave(behind: time)
  }

  /// - Parameter zero: where the pump's buckets begin.
  mutating func commit(_ dose: Mass, at time: Int64, bucketsFrom zero: Int64) {
    leave(behind: time)
    before = (allowed, ((time - zero) / bucket + 1) * bucket + zero)
    committed = times.count
    limit = stepsPerDose.steps(dose)
  }

  private mutating func leave(behind time: Int64) {
    while first < times.count, times[first] <= time - length { first += 1 }
    if first > 65_536 {
      times.removeFirst(first)
      (first, committed) = (0, max(0, committed - first))
    }
  }
}
