import Foundation

/// SplitMix64: the same numbers for the same seed, on every machine.
struct Chance: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

  mutating func number(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &self) }

  /// Small numbers as often as large ones.
  mutating func magnitude(_ range: ClosedRange<Int64>) -> Int64 {
    let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
    let exponent = Double.random(in: 0...1, using: &self)
    return Int64(low * pow(high / low, exponent))
  }
}
