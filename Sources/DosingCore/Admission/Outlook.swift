internal import Quantities

/// Something that would change what is delivered from some moment on: an extra dose, or another program.
struct Proposal: ~Copyable {
  let now: Tick
  /// The therapy clock now.
  let clock: WeekTime
  let tick: Nanoseconds
  let perStep: Int128
  /// What has accrued and not been delivered.
  let pending: Int128
  /// The most that basal can bring until the proposal begins, and from then on.
  let before: Schedule
  let after: Schedule
  /// An extra dose that begins with the proposal; nil for none.
  let extra: EvenDose?
  /// The extra dose that runs now, and is over when the proposal begins; nil for none.
  let running: ExtraDose?
}

/// Whether a proposal keeps every rolling window within its limit, if it begins at a moment or later.
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
/// Time is told in edges: edge 0 is the moment itself, edge k is the last tick before the k-th bucket from
/// there, so that what accrues between two edges is what accrues in the ticks of the buckets between them.
/// All sums are taken once, so that looking for the first moment that fits stays cheap.
struct Outlook<let bucketCount: Int>: ~Copyable {
  private static var edges: Int { 2 * bucketCount + 2 }

  private let base: Tick
  let ticksPerBucket: Int64
  /// The number of the bucket that holds the moment.
  let bucket: Int64
  private let limit: WindowLimit
  private let perStep: Int128
  /// What waits at the moment itself.
  private let waiting: Int128
  // Sums up to each edge. Both hold 2 x 97 + 2 edges, which serves the hour and the day.
  private var before: InlineArray<196, Int128> = InlineArray(repeating: 0)
  private var after: InlineArray<196, Int128> = InlineArray(repeating: 0)
  // Between an edge and the start of its bucket lies one tick, which is the last of the old basal.
  private var turn: InlineArray<98, Int128> = InlineArray(repeating: 0)
  // The proposed dose by each edge, if it begins at the moment and if it begins at the start of a bucket.
  private var doseFromBase: InlineArray<99, Int128> = InlineArray(repeating: 0)
  private var doseFromEdge: InlineArray<99, Int128> = InlineArray(repeating: 0)
  // In the newest k buckets up to the moment.
  private var pastDelivered: InlineArray<98, Int128> = InlineArray(repeating: 0)
  private var pastExtra: InlineArray<98, Int128> = InlineArray(repeating: 0)

  /// - Parameter base: the first moment at which the proposal could begin: now, or later.
  init(
    of proposal: borrowing Proposal, from base: Tick, in window: RollingWindow<bucketCount>,
    limit: WindowLimit
  ) {
    self.base = base
    self.limit = limit
    ticksPerBucket = window.ticksPerBucket
    bucket = base.number / ticksPerBucket
    perStep = proposal.perStep
    waiting = base > proposal.now ? proposal.perStep : proposal.pending
    sumPast(of: proposal, window)
    sumBasal(of: proposal)
    if let extra = proposal.extra { sumDose(extra) }
  }

  /// What was delivered up to now, and what will be from now to the moment.
  private mutating func sumPast(
    of proposal: borrowing Proposal, _ window: RollingWindow<bucketCount>
  ) {
    // Steps in doubt count as extra doses, and only against an extra dose.
    let doubtCounts = proposal.extra != nil
    var (delivered, extra): (Int128, Int128) = (0, 0)
    var end = base
    for count in 1...bucketCount {
      let number = bucket - Int64(count) + 1
      let past = window.bucket(back: Int(clamping: window.currentNumber - number))
      let doubts = doubtCounts ? Int128(past.doubts) * perStep : 0
      delivered += Int128(past.steps) * perStep + doubts
      extra += past.extraUnits + doubts
      let start = max(proposal.now, Tick(number * ticksPerBucket - 1))
      if end > start {
        let coming = proposal.runs(from: start, to: end)
        delivered += proposal.basalBefore(from: start, to: end) + coming
        extra += coming
        end = start
      }
      (pastDelivered[count], pastExtra[count]) = (delivered, extra)
    }
  }

  private mutating func sumBasal(of proposal: borrowing Proposal) {
    let clock = proposal.clock(at: base)
    let first = tick(ofEdge: 1).number - base.number
    let last = Self.edges - 1
    proposal.after.forEachEdge(from: clock, first: first, every: ticksPerBucket, count: last) {
      edge, sum, rate in
      after[edge] = sum
      if edge <= bucketCount { turn[edge] = -rate }
    }
    proposal.before.forEachEdge(from: clock, first: first, every: ticksPerBucket, count: last) {
      edge, sum, rate in
      before[edge] = sum
      if edge <= bucketCount { turn[edge] += rate }
    }
  }

  private mutating func sumDose(_ dose: EvenDose) {
    for edge in 1...(bucketCount + 1) {
      doseFromBase[edge] = dose.unitsAccrued(after: tick(ofEdge: edge).number - base.number)
      doseFromEdge[edge] = dose.unitsAccrued(after: Int64(edge) * ticksPerBucket - 1)
    }
  }

  private func tick(ofEdge edge: Int) -> Tick {
    edge == 0 ? base : Tick((bucket + Int64(edge)) * ticksPerBucket - 1)
  }

  /// The first tick of the bucket that lies so many behind the one of the moment.
  func start(ofBucket offset: Int) -> Tick { Tick((bucket + Int64(offset)) * ticksPerBucket) }

  /// Whether the proposal fits if it begins at the moment (0), or at the start of a bucket.
  mutating func fits(beginningAt begin: Int) -> Bool {
    most(from: begin, to: begin, limit.units) <= limit.units
  }

  /// Whether it fits wherever within a bucket it begins; that of the moment is 0.
  ///
  /// A dose is counted as if it began with the bucket where that is more, and with the next one where
  /// that is more, so it may be told to wait up to a bucket too long, and never too short. What basal
  /// delivers lies between what it would if the program began with the bucket and with the next one.
  mutating func fitsAnywhere(inBucket begin: Int) -> Bool {
    most(from: begin, to: begin, limit.units) <= limit.units
      && most(from: begin + 1, to: begin + 1, limit.units) <= limit.units
      && most(from: begin, to: begin + 1, limit.units) <= limit.units
  }

  /// The most that any window would hold if it began at the moment, by the stricter of the two rules.
  mutating func most() -> Int128 { most(from: 0, to: 0, .max) }

  /// The most that any window could hold, by the stricter of the two rules; something above `enough` where
  /// that is more.
  ///
  /// Judges every window that ends in a bucket from the proposal's first on, as long as it still
  /// holds something of the past or not yet its full share of the dose.
  ///
  /// - Parameters:
  ///   - from: the edge at which it begins, for what a window holds up to its end.
  ///   - to: the same, for what passed before the window opens.
  private mutating func most(from begin: Int, to end: Int, _ enough: Int128) -> Int128 {
    // Spans of what is in place, and mutating though nothing changes: an array that is asked through a
    // borrowed `self` is copied first, for each of a thousand windows.
    let (before, after) = (before.span, after.span)
    let (delivered, extra) = (pastDelivered.span, pastExtra.span)
    let (fromBase, fromEdge) = (doseFromBase.span, doseFromEdge.span)
    // Basal by an edge behind the beginning is that of the new schedule, but for what came before.
    let turned = before[begin] &+ turn.span[begin] &- after[begin]
    let reserve = limit.reservedForBasal
    // Without looking for overflows: what a hundred years bring stays below 2^127.
    var most: Int128 = 0
    for last in begin...(end + bucketCount) {
      let opens = max(0, last - bucketCount + 1)
      let closes = last + 1
      let pastBuckets = max(0, bucketCount - last)
      let (sinceBegin, untilOpen) = (
        min(closes - begin, bucketCount + 1), min(opens - end, bucketCount + 1)
      )
      var dose = begin == 0 ? fromBase[sinceBegin] : fromEdge[sinceBegin]
      if untilOpen > 0 { dose &-= end == 0 ? fromBase[untilOpen] : fromEdge[untilOpen] }
      most = max(most, extra[pastBuckets] &+ dose &+ reserve)
      // Where nothing is left of another basal, the reserve is at least as strict.
      if pastBuckets > 0 || opens < begin {
        let basal =
          (closes <= begin ? before[closes] : turned &+ after[closes])
          &- (opens <= begin ? before[opens] : turned &+ after[opens])
        // What waits at the moment is known; what may wait when a later window opens is a step.
        let waits = opens == 0 ? waiting : perStep
        most = max(most, delivered[pastBuckets] &+ waits &+ basal &+ dose)
      }
      if most > enough { return most }
    }
    return most
  }
}

extension Proposal {
  fileprivate func clock(at tick: Tick) -> WeekTime {
    clock + Nanoseconds((tick - now).count * self.tick.count)
  }

  func basalBefore(from start: Tick, to end: Tick) -> Int128 {
    before.units(from: clock(at: start), ticks: (end - start).count)
  }

  func basalAfter(from start: Tick, to end: Tick) -> Int128 {
    after.units(from: clock(at: start), ticks: (end - start).count)
  }

  /// What accrues of the dose that runs now.
  fileprivate func runs(from start: Tick, to end: Tick) -> Int128 {
    guard let running else { return 0 }
    return running.unitsLeft(after: (start - now).count)
      - running.unitsLeft(after: (end - now).count)
  }
}
