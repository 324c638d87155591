/// What was lost for one reason in the last hour, judged once a minute.
struct HourOfLoss: BitwiseCopyable {
  /// The whole loss at the begin of each of the last 61 minutes.
  private var totals: InlineArray<61, Int128>
  private var newest = 0

  /// - Parameter total: what was lost up to now, which is none of the last hour.
  init(total: Int128) { totals = InlineArray(repeating: total) }

  /// A minute begins.
  mutating func begin(total: Int128) {
    newest = newest + 1 < totals.count ? newest + 1 : 0
    totals[newest] = total
  }

  /// - Parameter total: what was lost up to now.
  func loss(total: Int128) -> Int128 {
    total - totals[newest + 1 < totals.count ? newest + 1 : 0]
  }
}
