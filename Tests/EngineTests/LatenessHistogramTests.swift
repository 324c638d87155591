import Engine
import Quantities
import SeededNumbers
import Testing

@Suite struct LatenessHistogramTests {
  /// The smallest value that at least the given share of all values does not exceed.
  private func exact(_ sorted: [Int64], perMille: Int) -> Int64 {
    let rank = (sorted.count * perMille + 999) / 1000
    return sorted[max(rank, 1) - 1]
  }

  @Test("a quantile is at least the exact one, and at most 0.8 % above it", arguments: 1...20)
  func quantiles(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var histogram = LatenessHistogram()
    var values: [Int64] = []
    for _ in 0..<Int.random(in: 1...5_000, using: &random) {
      // Evenly over the powers of two from 128 ns to 34 s.
      let power = Int64.random(in: 7...34, using: &random)
      let value = (Int64(1) << power) + Int64.random(in: 0..<(1 << power), using: &random)
      values.append(value)
      histogram.record(Nanoseconds(value))
    }
    values.sort()
    for perMille in [1, 10, 250, 500, 900, 990, 999, 1000] {
      let exact = exact(values, perMille: perMille)
      let found = histogram.quantile(perMille: Int64(perMille)).count
      #expect(found >= exact)
      #expect(found * 1_000 <= exact * 1_008)
    }
    #expect(histogram.total == Int64(values.count))
    #expect(histogram.max.count == values.last)
  }

  @Test("below 128 ns a quantile is exact to 1 ns")
  func smallValues() {
    for value in Int64(0)..<128 {
      var histogram = LatenessHistogram()
      histogram.record(Nanoseconds(value))
      histogram.record(Nanoseconds(1_000))
      let found = histogram.quantile(perMille: 500).count
      #expect(found >= value && found <= value + 1)
    }
  }

  @Test("no quantile exceeds the largest value")
  func atMostTheLargest() {
    var histogram = LatenessHistogram()
    #expect(histogram.quantile(perMille: 500) == .zero)
    histogram.record(Nanoseconds(1_000_001))
    for perMille in [Int64(0), 1, 500, 1000] {
      #expect(histogram.quantile(perMille: perMille).count <= 1_000_001)
    }
  }

  @Test("a tick that begins early counts as 0, and one that is hours late still counts")
  func extremes() {
    var histogram = LatenessHistogram()
    histogram.record(Nanoseconds(-5))
    histogram.record(.hours(3))
    #expect(histogram.total == 2)
    #expect(histogram.max == .hours(3))
    #expect(histogram.quantile(perMille: 500).count <= 1)
    #expect(histogram.quantile(perMille: 1000) >= .seconds(60))
  }
}
