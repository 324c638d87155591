internal import Quantities

/// Something that would change what is delivered from some moment on: an extra dose, another
/// program, or both.
struct Proposal: ~Copyable {
  let now: Tick
  /// The therapy clock now.
  let clock: WeekTime
  let perStep: Int64
  /// What has accrued and not been delivered.
  let pending: Int64
  /// Basal until the proposal begins, and from then on.
  let before: Schedule
  let after: Schedule
  /// An extra dose that begins with the proposal; no units for none.
  let extraUnits: Int64
  let extraTicks: Int64
}

/// Whether a proposal keeps every rolling window within its limit, now or later.
///
/// Every window that could hold a part of the proposal is judged, by two rules:
/// 1. Basal is reserved first: extra doses given + the proposed one + the most that basal can
///    deliver in a window <= limit.
/// 2. What was delivered, of any kind, + what basal will deliver + the proposed dose + the step
///    that may be pending <= limit. This one matters after a change of program, when the past
///    belongs to another schedule than the reserve.
/// Both hold at admission and nothing later adds to them, so a committed basal step cannot meet the
/// limit.
///
/// Time is told in edges: edge 0 is now, edge k is the last tick before the k-th bucket from here, so
/// that what accrues between two edges is what accrues in the ticks of the buckets between them. All
/// sums are taken once, so that looking for the first moment that fits stays cheap.
struct Outlook<let bucketCount: Int>: ~Copyable {
  private static var edges: Int { 2 * bucketCount + 2 }

  private let window: RollingWindow<bucketCount>
  private let limit: WindowLimit
  private let now: Tick
  private let perStep: Int64
  private let pending: Int64
  // Sums up to each edge. Both arrays hold 2 x 97 + 2 edges, which serves the hour and the day.
  private var before: InlineArray<196, Int64> = InlineArray(repeating: 0)
  private var after: InlineArray<196, Int64> = InlineArray(repeating: 0)
  // Between an edge and the start of its bucket lies one tick, which is the last of the old basal.
  private var turn: InlineArray<98, Int64> = InlineArray(repeating: 0)
  // The proposed dose by each edge, if it begins now and if it begins at the start of a bucket.
  private var doseFromNow: InlineArray<99, Int64> = InlineArray(repeating: 0)
  private var doseFromEdge: InlineArray<99, Int64> = InlineArray(repeating: 0)
  // In the newest k buckets.
  private var pastSteps: InlineArray<98, Int64> = InlineArray(repeating: 0)
  private var pastExtra: InlineArray<98, Int64> = InlineArray(repeating: 0)

  init(
    of proposal: borrowing Proposal, in window: RollingWindow<bucketCount>, limit: WindowLimit,
    tick: Nanoseconds
  ) {
    self.window = window
    self.limit = limit
    now = proposal.now
    perStep = proposal.perStep
    pending = proposal.pending
    sumBasal(of: proposal, tick: tick)
    sumDose(of: proposal)
    // Steps in doubt count as extra doses, and only against an extra dose.
    let doubtCounts = proposal.extraUnits > 0
    for count in 1...bucketCount {
      let past = window.newest(count)
      let doubts = doubtCounts ? past.doubts : 0
      pastSteps[count] = past.steps + doubts
      pastExtra[count] = past.extraUnits + doubts * perStep
    }
  }

  private mutating func sumBasal(of proposal: borrowing Proposal, tick: Nanoseconds) {
    for edge in 1..<Self.edges {
      let start = self.tick(ofEdge: edge - 1)
      let ticks = self.tick(ofEdge: edge).number - start.number
      let clock = proposal.clock + Nanoseconds((start.number - now.number) * tick.count)
      before[edge] = before[edge - 1] + proposal.before.units(from: clock, ticks: ticks)
      after[edge] = after[edge - 1] + proposal.after.units(from: clock, ticks: ticks)
      guard edge <= bucketCount else { continue }
      let turns = clock + Nanoseconds(ticks * tick.count)
      turn[edge] =
        proposal.before.unitsPerTick(at: turns) - proposal.after.unitsPerTick(at: turns)
    }
  }

  private mutating func sumDose(of proposal: borrowing Proposal) {
    guard proposal.extraUnits > 0 else { return }
    let bucket = tick(ofEdge: 2).number - tick(ofEdge: 1).number
    for edge in 1...(bucketCount + 1) {
      doseFromNow[edge] = ExtraDose.unitsAccrued(
        of: proposal.extraUnits, over: proposal.extraTicks,
        after: tick(ofEdge: edge).number - now.number)
      doseFromEdge[edge] = ExtraDose.unitsAccrued(
        of: proposal.extraUnits, over: proposal.extraTicks, after: Int64(edge) * bucket - 1)
    }
  }

  private func tick(ofEdge edge: Int) -> Tick {
    edge == 0 ? now : Tick(window.start(ofBucket: Int64(edge)).number - 1)
  }

  var fitsNow: Bool { fits(beginningAt: 0) }

  /// The first tick, now or at the start of a bucket, at which the proposal would fit; nil where
  /// none does.
  func firstFit() -> Tick? {
    for edge in 0...bucketCount where fits(beginningAt: edge) {
      return edge == 0 ? now : window.start(ofBucket: Int64(edge))
    }
    return nil
  }

  private func fits(beginningAt begin: Int) -> Bool { most(beginningAt: begin) <= limit.units }

  /// The most that any window could hold, by the stricter of the two rules.
  ///
  /// Judges every window that ends in a bucket from the proposal's first on, as long as it still
  /// holds something of the past or not yet its full share of the dose.
  func most(beginningAt begin: Int = 0) -> Int64 {
    var most: Int64 = 0
    for last in begin...(begin + bucketCount) {
      let opens = max(0, last - bucketCount + 1)
      let closes = last + 1
      let pastBuckets = max(0, bucketCount - last)
      let dose = doseSum(to: closes, from: begin) - doseSum(to: opens, from: begin)
      let basal = basalSum(to: closes, from: begin) - basalSum(to: opens, from: begin)
      let delivered = pastSteps[pastBuckets] * perStep
      // What is pending now is known; what may be pending when a later window opens is a step.
      let waiting = opens == 0 ? pending : perStep
      most = max(most, pastExtra[pastBuckets] + dose + limit.reservedForBasal)
      most = max(most, delivered + waiting + basal + dose)
    }
    return most
  }

  /// The proposed dose by `edge`, if it begins at edge `begin`.
  private func doseSum(to edge: Int, from begin: Int) -> Int64 {
    let passed = min(edge - begin, bucketCount + 1)
    if passed <= 0 { return 0 }
    return begin == 0 ? doseFromNow[passed] : doseFromEdge[passed]
  }

  /// Basal by `edge`, if the proposal begins at edge `begin`.
  private func basalSum(to edge: Int, from begin: Int) -> Int64 {
    edge <= begin ? before[edge] : before[begin] + turn[begin] + after[edge] - after[begin]
  }
}
