/// What was lost for one reason in the last hour, judged once in five minutes.
struct HourOfLoss: BitwiseCopyable {
  static let minutesPerBucket: Int64 = 5
  static let buckets = 13

  /// The whole loss at the begin of each of the last 13 times of five minutes.
  private var totals: InlineArray<13, Int128>
  private var newest = 0

  /// - Parameter total: what was lost up to now, which is none of the last hour.
  init(total: Int128) { totals = InlineArray(repeating: total) }

  /// Five minutes more begin.
  mutating func begin(total: Int128) {
    newest = newest + 1 < totals.count ? newest + 1 : 0
    totals[newest] = total
  }

  /// - Parameter total: what was lost up to now.
  func loss(total: Int128) -> Int128 {
    total - totals[newest + 1 < totals.count ? newest + 1 : 0]
  }
}
