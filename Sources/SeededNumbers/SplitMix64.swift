/// SplitMix64 of Steele, Lea and Flood. Its whole state is its seed, so that a printed seed is a
/// history, on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// True in one case of `cases`.
  public mutating func oneIn(_ cases: Int) -> Bool { Int.random(in: 0..<cases, using: &self) == 0 }

  public mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
    .random(in: range, using: &self)
  }

  public mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &self)]
  }

  /// Around 0, with a standard deviation of 1: the sum of twelve even ones is normal enough.
  public mutating func normal() -> Double {
    (0..<12).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<1, using: &self) } - 6
  }

  /// Every power of two in the range is as likely as any other.
  public mutating func magnitude(_ range: ClosedRange<Int64>) -> Int64 {
    let lowBits = 64 - range.lowerBound.leadingZeroBitCount
    let highBits = 64 - range.upperBound.leadingZeroBitCount
    let bits = Int.random(in: lowBits...highBits, using: &self)
    let floor: Int64 = bits == 0 ? 0 : 1 << Int64(bits - 1)
    let ceiling = floor > Int64.max / 2 ? Int64.max : max(floor, 2 * floor - 1)
    return number(max(range.lowerBound, floor)...min(range.upperBound, max(ceiling, floor)))
  }
}
