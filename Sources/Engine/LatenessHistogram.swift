public import Quantities

/// How late ticks began, in fixed memory: 128 buckets for each doubling, so that a quantile is
/// known to less than 1 %, up to 68 s.
public struct LatenessHistogram: Sendable {
  private static let bucketsPerDoubling: Int64 = 128
  private static let bucketCount = 4096

  private var counts = InlineArray<4096, Int64>(repeating: 0)
  public private(set) var total: Int64 = 0
  public private(set) var max = Nanoseconds.zero

  public init() {}

  public mutating func record(_ lateness: Nanoseconds) {
    counts[Self.bucket(of: lateness)] += 1
    total += 1
    if lateness > max { max = lateness }
  }

  /// The upper edge of the bucket in which the given share of all ticks is reached.
  ///
  /// - Parameter perMille: 0 to 1000.
  public mutating func quantile(perMille: Int64) -> Nanoseconds {
    let wanted = (total * perMille + 999) / 1000
    var sum: Int64 = 0
    // Through a span: by its subscript each look would copy the whole array.
    let counts = counts.span
    for index in counts.indices {
      sum += counts[index]
      if sum >= wanted && sum > 0 { return min(Self.upperEdge(of: index), max) }
    }
    return max
  }

  /// Up to 128 ns each bucket is one nanosecond; from there on it is 1/128 of the power of two below.
  static func bucket(of lateness: Nanoseconds) -> Int {
    let value = Swift.max(lateness.count, 0)
    if value < bucketsPerDoubling { return Int(value) }
    let doubling = Int64(Int64.bitWidth - 1 - value.leadingZeroBitCount) - 7
    let index = doubling * bucketsPerDoubling + (value >> doubling)
    return Int(min(index, Int64(bucketCount - 1)))
  }

  static func upperEdge(of bucket: Int) -> Nanoseconds {
    let index = Int64(bucket)
    if index < bucketsPerDoubling { return Nanoseconds(index + 1) }
    let doubling = index / bucketsPerDoubling - 1
    let within = index % bucketsPerDoubling + bucketsPerDoubling
    return Nanoseconds((within + 1) << doubling)
  }
}
