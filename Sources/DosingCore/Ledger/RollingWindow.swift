internal import Quantities

/// What was delivered in the last hour or day, in fixed memory.
///
/// Time is cut into buckets that are aligned to tick 0. The window is the current bucket and all
/// full ones, so it is never shorter than its name says and up to one bucket longer: a limit that
/// holds over it holds over every half-open window (t - w, t].
public struct RollingWindow<let bucketCount: Int>: Sendable, BitwiseCopyable {
  private var steps: InlineArray<bucketCount, Int32>
  private var extraUnits: InlineArray<bucketCount, Int128>
  private var doubts: InlineArray<bucketCount, Int32>
  let ticksPerBucket: Int64
  /// The bucket that is being filled, as its place and as its number since tick 0.
  private var current = 0
  private(set) var currentNumber: Int64 = 0
  private var nextStart: Tick

  /// Steps in the whole window.
  public private(set) var stepsTotal: Int64 = 0
  /// Units of extra doses that accrued in the whole window.
  public private(set) var extraTotal: Int128 = 0
  /// Steps in the whole window that may have been made and were not counted.
  public private(set) var doubtTotal: Int64 = 0

  init(ticksPerBucket: Int64) {
    steps = InlineArray(repeating: 0)
    extraUnits = InlineArray(repeating: 0)
    doubts = InlineArray(repeating: 0)
    self.ticksPerBucket = ticksPerBucket
    nextStart = Tick(ticksPerBucket)
  }

  /// The first tick of the bucket that lies `offset` behind the current one.
  func start(ofBucket offset: Int64) -> Tick { Tick((currentNumber + offset) * ticksPerBucket) }

  mutating func countStep() {
    steps[current] += 1
    stepsTotal += 1
  }

  /// More or fewer steps in doubt, in a bucket by its number; nothing where that has left the window.
  mutating func count(doubts more: Int64, inBucket number: Int64) {
    guard let index = place(back: Int(clamping: currentNumber - number)) else { return }
    let before = Int64(doubts[index])
    doubts[index] = Int32(clamping: max(0, before + more))
    doubtTotal += Int64(doubts[index]) - before
  }

  /// Takes back a step that was counted in this tick.
  mutating func uncountStep() {
    steps[current] -= 1
    stepsTotal -= 1
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
      extraTotal -= extraUnits[current]
      doubtTotal -= Int64(doubts[current])
      steps[current] = 0
      extraUnits[current] = 0
      doubts[current] = 0
    }
  }

  /// One bucket of the window.
  struct Bucket {
    var steps: Int64 = 0
    var extraUnits: Int128 = 0
    var doubts: Int64 = 0
  }

  /// What the bucket holds that lies so many before the current one; nothing outside the window.
  ///
  /// Mutating, though nothing changes: else each call would be given a copy of the window.
  mutating func bucket(back: Int) -> Bucket {
    guard let index = place(back: back) else { return Bucket() }
    return Bucket(
      steps: Int64(steps.span[index]), extraUnits: extraUnits.span[index],
      doubts: Int64(doubts.span[index]))
  }

  /// Where a bucket lies; nil for none of the window.
  @inline(__always)
  private func place(back: Int) -> Int? {
    guard back >= 0, back < bucketCount else { return nil }
    return current >= back ? current - back : current - back + bucketCount
  }

  /// The steps that are still in the window and were made no later than in a bucket.
  mutating func steps(upToBucket number: Int64) -> Int64 {
    var sum = stepsTotal
    var back = 0
    while back < bucketCount, currentNumber - Int64(back) > number {
      sum -= bucket(back: back).steps
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
    for index in 0..<bucketCount {
      sum.steps += Int64(steps[index])
      sum.extraUnits += extraUnits[index]
      sum.doubts += Int64(doubts[index])
    }
    precondition(sum.steps == stepsTotal && sum.extraUnits == extraTotal)
    precondition(sum.doubts == doubtTotal && stepsTotal >= 0 && extraTotal >= 0)
  }

  /// Visits every field, to write the window down or to read it. The oldest bucket comes first.
  mutating func layout(_ coder: inout some FrameCoder) {
    layout(&coder) { units, coder in coder.field(magnitude: &units) }
  }

  /// - Parameter field: how an amount is laid out.
  mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, field: (inout Int128, inout Coder) -> Void
  ) {
    coder.field(magnitude: &currentNumber)
    (stepsTotal, extraTotal, doubtTotal) = (0, 0, 0)
    for offset in 1...bucketCount {
      let index = (current + offset) % bucketCount
      coder.field(&steps[index])
      field(&extraUnits[index], &coder)
      coder.field(&doubts[index])
      if steps[index] < 0 || doubts[index] < 0 || extraUnits[index] > Int128.max / 128 {
        coder.fail()
        (steps[index], doubts[index], extraUnits[index]) = (0, 0, 0)
      }
      stepsTotal += Int64(steps[index])
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
