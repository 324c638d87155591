internal import Quantities

/// What was delivered in the last hour or day, in fixed memory.
///
/// Time is cut into buckets that are aligned to tick 0. The window is the current bucket and all
/// full ones, so it is never shorter than its name says and up to one bucket longer: a limit that
/// holds over it holds over every half-open window (t - w, t].
public struct RollingWindow<let bucketCount: Int>: Sendable {
  private var steps: InlineArray<bucketCount, Int32>
  private var extraUnits: InlineArray<bucketCount, Int64>
  private var doubts: InlineArray<bucketCount, Int32>
  private let ticksPerBucket: Int64
  /// The bucket that is being filled, as its place and as its number since tick 0.
  private var current = 0
  private(set) var currentNumber: Int64 = 0
  private var nextStart: Tick

  /// Steps in the whole window.
  public private(set) var stepsTotal: Int64 = 0
  /// Units of extra doses that accrued in the whole window.
  public private(set) var extraTotal: Int64 = 0
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

  /// Steps whose times are not known are dated now, so that none is forgotten too early.
  mutating func count(steps more: Int64, doubts doubtful: Int64) {
    steps[current] += Int32(clamping: more)
    stepsTotal += Int64(Int32(clamping: more))
    doubts[current] += Int32(clamping: doubtful)
    doubtTotal += Int64(Int32(clamping: doubtful))
  }

  /// Takes back a step that was counted in this tick.
  mutating func uncountStep() {
    steps[current] -= 1
    stepsTotal -= 1
  }

  mutating func countExtra(units: Int64) {
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

  /// What is in the newest `count` buckets, the current one included.
  func newest(_ count: Int) -> (steps: Int64, extraUnits: Int64, doubts: Int64) {
    var sum = (steps: Int64(0), extraUnits: Int64(0), doubts: Int64(0))
    var index = current
    for _ in 0..<min(max(count, 0), bucketCount) {
      sum.steps += Int64(steps[index])
      sum.extraUnits += extraUnits[index]
      sum.doubts += Int64(doubts[index])
      index = index > 0 ? index - 1 : bucketCount - 1
    }
    return sum
  }

  /// Whether the current bucket is that of a tick.
  func isAt(_ tick: Tick) -> Bool { currentNumber == max(0, tick.number) / ticksPerBucket }

  /// What a bucket holds, by its number since tick 0; nothing outside the window.
  func bucket(_ number: Int64) -> (steps: Int64, doubts: Int64) {
    let back = currentNumber - number
    guard back >= 0, back < Int64(bucketCount) else { return (0, 0) }
    let index = (current - Int(truncatingIfNeeded: back) + bucketCount) % bucketCount
    return (Int64(steps[index]), Int64(doubts[index]))
  }

  /// - Precondition: traps where the totals are not the sums.
  func checkInvariants() {
    let sum = newest(bucketCount)
    precondition(sum.steps == stepsTotal && sum.extraUnits == extraTotal)
    precondition(sum.doubts == doubtTotal)
    precondition(stepsTotal >= 0 && extraTotal >= 0)
  }

  /// Visits every field, to write the window down or to read it. The oldest bucket comes first.
  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(magnitude: &currentNumber)
    (stepsTotal, extraTotal, doubtTotal) = (0, 0, 0)
    for offset in 1...bucketCount {
      let index = (current + offset) % bucketCount
      coder.field(&steps[index])
      coder.field(magnitude: &extraUnits[index])
      coder.field(&doubts[index])
      if steps[index] < 0 || doubts[index] < 0 || extraUnits[index] > Int64.max / 128 {
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
