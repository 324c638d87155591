internal import Quantities

/// Something that would change what is delivered from some moment on: an extra dose, another program, or
/// another time by which the program in force is read.
struct Proposal: ~Copyable {
  let now: Tick
  /// The therapy clock now, by which basal runs until the proposal begins, and what it would show from then
  /// on.
  let clock: WeekTime
  let clockAfter: WeekTime
  let tick: Nanoseconds
  /// What has accrued and not been delivered.
  let pending: Int128
  /// The limits that it is held against, and the unit of account.
  let hour: WindowLimit
  let day: WindowLimit
  let scale: AccountScale
  /// What the weakest and the strongest step on its way to the tip is worth.
  let worths: WorthsOnTheWay
  /// The most that basal can bring until the proposal begins, and from then on.
  let before: Schedule
  let after: Schedule
  /// An extra dose that begins with the proposal; nil for none.
  let extra: EvenDose?
  /// The extra dose that runs now, and is over when the proposal begins; nil for none.
  let running: ExtraDose?

  /// The program in force stays, and with it what it may still have under the limits before it.
  var keepsProgram: Bool { extra == nil && clock != clockAfter }
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

  private let limit: WindowLimit
  private let perStep: Int128
  let ticksPerBucket: Int64
  private let base: Tick
  /// The number of the bucket that holds the moment.
  let bucket: Int64
  // Sums up to each edge. Both hold 2 x 97 + 2 edges, which serves the hour and the day.
  private var before: InlineArray<196, Int128> = InlineArray(repeating: 0)
  private var after: InlineArray<196, Int128> = InlineArray(repeating: 0)
  // Between an edge and the start of its bucket lies one tick, which is the last of the old basal.
  private var turn: InlineArray<98, Int128> = InlineArray(repeating: 0)
  /// A program brings no dose of its own.
  private let isProgram: Bool
  // The proposed dose by each edge, if it begins at the moment and if it begins at the start of a bucket. Of
  // a program instead, by the edge at which it begins: the most in a window that opens up to the moment, and
  // in one that opens behind it and before the program.
  private var first: InlineArray<99, Int128> = InlineArray(repeating: 0)
  private var second: InlineArray<99, Int128> = InlineArray(repeating: 0)
  // In the newest k buckets up to the moment, with what waits at their beginning. Of another time by which
  // the program in force is read, less what the ceiling of a window with these k is above the limit.
  private var pastDelivered: InlineArray<98, Int128> = InlineArray(repeating: 0)
  private var pastExtra: InlineArray<98, Int128> = InlineArray(repeating: 0)

  /// Holds no sum yet; `sum(of:_:)` comes next. Apart from it, so that the sums are taken in place.
  ///
  /// - Parameter base: the first moment at which the proposal could begin: now, or later.
  init(of proposal: borrowing Proposal, from base: Tick, ticksPerBucket: Int64, limit: WindowLimit)
  {
    self.base = base
    self.limit = limit
    self.ticksPerBucket = ticksPerBucket
    bucket = base.number / ticksPerBucket
    perStep = proposal.worths.strongest
    isProgram = proposal.extra == nil
  }

  /// - Parameter ceiling: of the window.
  mutating func sum(
    of proposal: borrowing Proposal, _ window: inout RollingWindow<bucketCount>, _ ceiling: Ceiling
  ) {
    sumPast(of: proposal, &window, ceiling)
    sumBasal(of: proposal)
    if let extra = proposal.extra { sumDose(extra) } else { findMost() }
  }

  /// What was delivered up to now, and what will be from now to the moment.
  private mutating func sumPast(
    of proposal: borrowing Proposal, _ window: inout RollingWindow<bucketCount>, _ ceiling: Ceiling
  ) {
    // Steps in doubt count as extra doses, and only against an extra dose.
    let doubtCounts = proposal.extra != nil
    var (delivered, extra): (Int128, Int128) = (0, 0)
    // What left the head, as if all of it had been of the weakest drug there is: it is held against the volume
    // that a rig allows, which may be more than the limit.
    let spare = limit.spareVolume
    var pushed: Int128 = 0
    var ahead = ceiling.ahead(limit)
    var end = base
    for count in 1...bucketCount {
      let number = bucket - Int64(count) + 1
      let past = window.bucket(back: Int(clamping: window.currentNumber - number))
      let gift = Int128(past.gift) * proposal.scale.perStepAtOne
      let excess = Int128(past.excess) * proposal.scale.perStepAtOne
      let doubts = doubtCounts ? Int128(past.doubts) * perStep + excess : 0
      delivered += gift + doubts
      let moved = past.steps + (doubtCounts ? past.doubts : 0)
      pushed += Int128(moved) * proposal.worths.weakest
      extra += past.extraUnits + doubts
      let start = max(proposal.now, Tick(number * ticksPerBucket - 1))
      // What waits now is known; what may wait at a moment to come is a step.
      let waits = start == proposal.now ? proposal.pending : perStep
      if end > start {
        let coming = proposal.runs(from: start, to: end)
        let both = proposal.basalBefore(from: start, to: end) + coming
        (delivered, pushed) = (delivered + both, pushed + both)
        extra += coming
        end = start
      }
      var above: Int128 = 0
      if proposal.keepsProgram {
        above = ahead.above(fromBucket: number, with: gift)
      }
      pastDelivered[count] = max(delivered - above, pushed - spare) + waits
      pastExtra[count] = max(pastExtra[count - 1], extra - above)
    }
  }

  private mutating func sumBasal(of proposal: borrowing Proposal) {
    let first = tick(ofEdge: 1).number - base.number
    let last = Self.edges - 1
    proposal.after.forEachEdge(
      from: proposal.clockAfter(at: base), first: first, every: ticksPerBucket, count: last
    ) {
      edge, sum, rate in
      after[edge] = sum
      if edge <= bucketCount { turn[edge] = -rate }
    }
    // An extra dose changes no basal.
    guard isProgram else { return }
    proposal.before.forEachEdge(
      from: proposal.clock(at: base), first: first, every: ticksPerBucket, count: last
    ) {
      edge, sum, rate in
      before[edge] = sum
      if edge <= bucketCount { turn[edge] += rate }
    }
  }

  private mutating func sumDose(_ dose: EvenDose) {
    for edge in 1...(bucketCount + 1) {
      first[edge] = dose.unitsAccrued(after: tick(ofEdge: edge).number - base.number)
      second[edge] = dose.unitsAccrued(after: Int64(edge) * ticksPerBucket - 1)
    }
  }

  /// All windows of a program, looked at once: what one holds is a sum of what hangs on the window and of
  /// what hangs on the edge at which the program begins.
  private mutating func findMost() {
    // Less than any sum: no such window.
    let none = Int128.min / 4
    (first[bucketCount], second[0], second[1]) = (none, none, none)
    for begin in stride(from: bucketCount - 1, through: 0, by: -1) {
      first[begin] = max(first[begin + 1], pastDelivered[bucketCount - begin] + after[begin + 1])
    }
    for begin in 2...(bucketCount + 1) {
      let opens = begin - 1
      second[begin] = max(
        second[begin - 1], perStep + after[opens + bucketCount] - before[opens])
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
    isProgram ? mostOfProgram(from: begin) : mostOfDose(from: begin, to: end, enough)
  }

  private mutating func mostOfProgram(from begin: Int) -> Int128 {
    let extra = pastExtra.span[max(0, bucketCount - begin)]
    // Basal by an edge behind the beginning is that of the new schedule, but for what came before.
    let turned = before.span[begin] + turn.span[begin] - after.span[begin]
    let basal = max(first.span[begin], second.span[begin]) + turned
    return max(extra + limit.reservedForBasal, basal)
  }

  private mutating func mostOfDose(from begin: Int, to end: Int, _ enough: Int128) -> Int128 {
    // Spans of what is in place, and mutating though nothing changes: an array that is asked through a
    // borrowed `self` is copied first, for each of a thousand windows.
    let basal = after.span
    let (delivered, extra) = (pastDelivered.span, pastExtra.span)
    let (fromBase, fromEdge) = (first.span, second.span)
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
        // Where a window opens later, a step may wait then.
        let given = pastBuckets > 0 ? delivered[pastBuckets] : perStep
        most = max(most, given &+ basal[closes] &- basal[opens] &+ dose)
      }
      if most > enough { return most }
    }
    return most
  }
}

extension Proposal {
  func clock(at tick: Tick) -> WeekTime {
    clock.after(tick - now, of: self.tick)
  }

  func clockAfter(at tick: Tick) -> WeekTime {
    clockAfter.after(tick - now, of: self.tick)
  }

  @inline(never)
  func basalBefore(from start: Tick, to end: Tick) -> Int128 {
    before.units(from: clock(at: start), ticks: (end - start).count)
  }

  /// What accrues of the dose that runs now.
  @inline(never)
  fileprivate func runs(from start: Tick, to end: Tick) -> Int128 {
    guard let running else { return 0 }
    return running.unitsLeft(after: (start - now).count)
      - running.unitsLeft(after: (end - now).count)
  }
}
