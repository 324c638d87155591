/// An account as every tick leaves it for its successor: what a step was worth, and what was lost for want
/// of drug, follow from its steps and the line.
public struct AccountTrace: Equatable, Sendable, BitwiseCopyable {
  public internal(set) var pending: Int128
  public internal(set) var steps: Int64
  public internal(set) var extra: Int128
  public internal(set) var delivered: Int128
  /// Of all reasons but `noDrug`.
  var deficits: InlineArray<9, Int128> = InlineArray(repeating: 0)

  public init(_ account: borrowing Account) {
    (pending, steps, extra, delivered) =
      (account.pending, account.steps, account.extra, account.delivered)
    for index in deficits.indices { deficits[index] = account.deficit(at: index) }
  }

  /// By the raw value of a reason other than `noDrug`.
  public func deficit(at index: Int) -> Int128 { deficits[index] }

  /// What it comes to, but for what was lost for want of drug; nil where that is more than can be.
  var sum: Int128? {
    var (sum, overflows) = delivered.addingReportingOverflow(pending)
    for index in deficits.indices {
      let (next, overflow) = sum.addingReportingOverflow(deficits[index])
      (sum, overflows) = (next, overflows || overflow)
    }
    return overflows || sum > Int128.max / 4 ? nil : sum
  }

  /// - Parameter tellsDelivered: as a page of before there were lines does not; it tells what each step was
  ///   worth.
  mutating func layout(_ coder: inout WordCoder, tellsDelivered: Bool) {
    coder.magnitude(&delivered)
    coder.magnitude(&pending)
    coder.magnitude(&steps)
    coder.magnitude(&extra)
    for index in deficits.indices { coder.magnitude(&deficits[index]) }
    guard coder.reads else { return }
    if !tellsDelivered {
      let (product, overflows) = Int128(steps).multipliedReportingOverflow(by: delivered)
      if overflows { coder.fail() }
      delivered = overflows ? 0 : product
    }
    if sum == nil { coder.fail() }
  }

  public static func == (left: AccountTrace, right: AccountTrace) -> Bool {
    for index in left.deficits.indices where left.deficits[index] != right.deficits[index] {
      return false
    }
    return left.pending == right.pending && left.steps == right.steps && left.extra == right.extra
      && left.delivered == right.delivered
  }
}
