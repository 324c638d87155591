internal import Quantities

/// What a step gives at the tip, in what a step moves at 1 ng/mL.
struct StepWorth: Equatable, BitwiseCopyable {
  /// By plug flow.
  var gift: Int64 = 0
  /// What it may be more, where a boundary is mixed.
  var excess: Int64 = 0
}

/// What was delivered in the last hour or day, in fixed memory.
///
/// Time is cut into buckets that are aligned to tick 0. The window is the current bucket and all
/// full ones, so it is never shorter than its name says and up to one bucket longer: a limit that
/// holds over it holds over every half-open window (t - w, t].
public struct RollingWindow<let bucketCount: Int>: Sendable, BitwiseCopyable {
  private var steps: InlineArray<bucketCount, Int32>
  // What the tip gave with them, and what it may have given more where a boundary is mixed: in what a step
  // moves at 1 ng/mL.
  private var gifts: InlineArray<bucketCount, Int64>
  private var excesses: InlineArray<bucketCount, Int64>
  private var extraUnits: InlineArray<bucketCount, Int128>
  private var doubts: InlineArray<bucketCount, Int32>
  let ticksPerBucket: Int64
  /// The bucket that is being filled, as its place and as its number since tick 0.
  private var current = 0
  private(set) var currentNumber: Int64 = 0
  private var nextStart: Tick

  /// Steps in the whole window.
  public private(set) var stepsTotal: Int64 = 0
  /// What the tip gave in the whole window, in what a step moves at 1 ng/mL.
  public private(set) var giftTotal: Int64 = 0
  /// Units of extra doses that accrued in the whole window.
  public private(set) var extraTotal: Int128 = 0
  /// Steps in the whole window that may have been made and were not counted.
  public private(set) var doubtTotal: Int64 = 0

  init(ticksPerBucket: Int64) {
    steps = InlineArray(repeating: 0)
    gifts = InlineArray(repeating: 0)
    excesses = InlineArray(repeating: 0)
    extraUnits = InlineArray(repeating: 0)
    doubts = InlineArray(repeating: 0)
    self.ticksPerBucket = ticksPerBucket
    nextStart = Tick(ticksPerBucket)
  }

  /// The first tick of the bucket that lies `offset` behind the current one.
  func start(ofBucket offset: Int64) -> Tick { Tick((currentNumber + offset) * ticksPerBucket) }

  mutating func countStep(_ worth: StepWorth) {
    steps[current] += 1
    stepsTotal += 1
    gifts[current] += worth.gift
    giftTotal += worth.gift
    if worth.excess != 0 { excesses[current] += worth.excess }
  }

  /// More or fewer steps in doubt, in a bucket by its number; nothing where that has left the window.
  mutating func count(doubts more: Int64, inBucket number: Int64) {
    guard let index = place(back: Int(clamping: currentNumber - number)) else { return }
    let before = Int64(doubts[index])
    doubts[index] = Int32(clamping: max(0, before + more))
    doubtTotal += Int64(doubts[index]) - before
  }

  /// What the tip may have given beside all that is counted.
  mutating func count(excess: Int64) { excesses[current] += excess }

  /// Takes back a step that was counted in this tick.
  mutating func uncountStep(_ worth: StepWorth) {
    steps[current] -= 1
    stepsTotal -= 1
    gifts[current] -= worth.gift
    giftTotal -= worth.gift
    excesses[current] -= worth.excess
  }

  /// All steps were of one drug, as they were before there were lines.
  mutating func countAs(_ gift: Int64) {
    giftTotal = stepsTotal * gift
    for index in 0..<bucketCount { gifts[index] = Int64(steps[index]) * gift }
  }

  mutating func countExtra(units: Int128) {
    extraUnits[current] += units
    extraTotal += units
  }

  /// Makes the bucket of `tick` the current one. Buckets that fall out of the window are forgotten.
  mutating func advance(to tick: Tick) {
    guard tick >= nextStart else { return }
    let number = tick.number / ticksPerBucket
    let passed = min(number - currentNumber, Int64(bucketCount))
    currentNumber = number
    nextStart = start(ofBucket: 1)
    for _ in 0..<Int(truncatingIfNeeded: passed) {
      current = current + 1 < bucketCount ? current + 1 : 0
      stepsTotal -= Int64(steps[current])
      giftTotal -= gifts[current]
      extraTotal -= extraUnits[current]
      doubtTotal -= Int64(doubts[current])
      steps[current] = 0
      gifts[current] = 0
      excesses[current] = 0
      extraUnits[current] = 0
      doubts[current] = 0
    }
  }

  /// One bucket of the window.
  struct Bucket {
    var steps: Int64 = 0
    var gift: Int64 = 0
    var excess: Int64 = 0
    var extraUnits: Int128 = 0
    var doubts: Int64 = 0
  }

  /// What the bucket holds that lies so many before the current one; nothing outside the window.
  ///
  /// Mutating, though nothing changes: else each call would be given a copy of the window.
  mutating func bucket(back: Int) -> Bucket {
    guard let index = place(back: back) else { return Bucket() }
    return Bucket(
      steps: Int64(steps.span[index]), gift: gifts.span[index], excess: excesses.span[index],
      extraUnits: extraUnits.span[index],
      doubts: Int64(doubts.span[index]))
  }

  /// Where a bucket lies; nil for none of the window.
  @inline(__always)
  private func place(back: Int) -> Int? {
    guard back >= 0, back < bucketCount else { return nil }
    return current >= back ? current - back : current - back + bucketCount
  }

  /// What the tip gave that is still in the window, no later than in a bucket.
  mutating func gift(upToBucket number: Int64) -> Int64 {
    var sum = giftTotal
    var back = 0
    while back < bucketCount, currentNumber - Int64(back) > number {
      sum -= bucket(back: back).gift
      back += 1
    }
    return sum
  }

  /// Visits the number of each bucket with steps, and how many: what the interlock is told at a start.
  /// Oldest first.
  func forEachBucketWithSteps(_ visit: (_ number: Int64, _ steps: Int64) -> Void) {
    for back in stride(from: bucketCount - 1, through: 0, by: -1) {
      guard let place = place(back: back), steps[place] > 0 else { continue }
      visit(currentNumber - Int64(back), Int64(steps[place]))
    }
  }

  /// Whether the current bucket is that of a tick.
  func isAt(_ tick: Tick) -> Bool { currentNumber == max(0, tick.number) / ticksPerBucket }

  /// - Precondition: traps where the totals are not the sums.
  mutating func checkInvariants() {
    var sum = Bucket()
    let (steps, extraUnits, doubts) = (steps.span, extraUnits.span, doubts.span)
    let gifts = gifts.span
    for index in 0..<bucketCount {
      sum.steps += Int64(steps[index])
      sum.gift += gifts[index]
      sum.extraUnits += extraUnits[index]
      sum.doubts += Int64(doubts[index])
    }
    precondition(sum.steps == stepsTotal && sum.extraUnits == extraTotal)
    precondition(sum.gift == giftTotal)
    precondition(sum.doubts == doubtTotal && stepsTotal >= 0 && extraTotal >= 0)
  }

  /// Visits every field, to write the window down or to read it. The oldest bucket comes first.
  ///
  /// - Parameter tellsGifts: as records of before there were lines do not.
  mutating func layout(_ coder: inout some FrameCoder, tellsGifts: Bool) {
    layout(&coder, tellsGifts: tellsGifts) { units, coder in coder.field(magnitude: &units) }
  }

  /// - Parameter field: how an amount is laid out.
  mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, tellsGifts: Bool = false, field: (inout Int128, inout Coder) -> Void
  ) {
    coder.field(magnitude: &currentNumber)
    (stepsTotal, giftTotal, extraTotal, doubtTotal) = (0, 0, 0, 0)
    for offset in 1...bucketCount {
      let index = (current + offset) % bucketCount
      coder.field(&steps[index])
      field(&extraUnits[index], &coder)
      coder.field(&doubts[index])
      if tellsGifts {
        coder.field(magnitude: &gifts[index])
        coder.field(magnitude: &excesses[index])
      }
      let most = Limits.concentrationMax.nanogramsPerMillilitre << 32
      if gifts[index] > most || excesses[index] > most {
        coder.fail()
        (gifts[index], excesses[index]) = (0, 0)
      }
      if steps[index] < 0 || doubts[index] < 0 || extraUnits[index] > Int128.max / 128 {
        coder.fail()
        (steps[index], doubts[index], extraUnits[index]) = (0, 0, 0)
      }
      stepsTotal += Int64(steps[index])
      giftTotal += gifts[index]
      extraTotal += extraUnits[index]
      doubtTotal += Int64(doubts[index])
    }
    if currentNumber > Int64.max / 4 / ticksPerBucket {
      coder.fail()
      currentNumber = 0
    }
    nextStart = start(ofBucket: 1)
  }
}
