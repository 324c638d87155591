internal import Quantities

/// What was delivered in the last hour or day, in fixed memory.
///
/// Time is cut into buckets that are aligned to tick 0. The window is the current bucket and all
/// full ones, so it is never shorter than its name says and up to one bucket longer: a limit that
/// holds over it holds over every half-open window (t - w, t].
public struct RollingWindow<let bucketCount: Int>: Sendable {
  private var steps: InlineArray<bucketCount, Int32>
  private var extraUnits: InlineArray<bucketCount, Int64>
  private let ticksPerBucket: Int64
  /// The bucket that is being filled, as its place and as its number since tick 0.
  private var current = 0
  private var currentNumber: Int64 = 0
  private var nextStart: Tick

  /// Steps in the whole window.
  public private(set) var stepsTotal: Int64 = 0
  /// Units of extra doses that accrued in the whole window.
  public private(set) var extraTotal: Int64 = 0

  init(ticksPerBucket: Int64) {
    steps = InlineArray(repeating: 0)
    extraUnits = InlineArray(repeating: 0)
    self.ticksPerBucket = ticksPerBucket
    nextStart = Tick(ticksPerBucket)
  }

  /// The first tick of the bucket that lies `offset` behind the current one.
  func start(ofBucket offset: Int64) -> Tick { Tick((currentNumber + offset) * ticksPerBucket) }

  mutating func countStep() {
    steps[current] += 1
    stepsTotal += 1
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
      steps[current] = 0
      extraUnits[current] = 0
    }
  }

  /// Steps and extra units in the newest `count` buckets, the current one included.
  func newest(_ count: Int) -> (steps: Int64, extraUnits: Int64) {
    var sum = (steps: Int64(0), extraUnits: Int64(0))
    var index = current
    for _ in 0..<min(max(count, 0), bucketCount) {
      sum.steps += Int64(steps[index])
      sum.extraUnits += extraUnits[index]
      index = index > 0 ? index - 1 : bucketCount - 1
    }
    return sum
  }

  /// - Precondition: traps where the totals are not the sums.
  func checkInvariants() {
    let sum = newest(bucketCount)
    precondition(sum.steps == stepsTotal && sum.extraUnits == extraTotal)
    precondition(stepsTotal >= 0 && extraTotal >= 0)
  }
}
