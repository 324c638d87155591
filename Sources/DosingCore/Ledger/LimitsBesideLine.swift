internal import Quantities

/// What the weakest and the strongest step on its way to the tip is worth, in units of account, beside what
/// an order names.
struct WorthsOnTheWay: BitwiseCopyable {
  let weakest: Int128
  let strongest: Int128
  private let named: Int128
  /// Keep-open is a flow: it brings the more, the stronger what it pushes.
  private let isFlow: Bool

  /// - Parameters:
  ///   - charges: the least and the most that a step is charged with; 0 where nobody has said what the pump
  ///     holds.
  ///   - perStepAtOne: units of account that a step moves at 1 ng/mL.
  init(
    _ charges: (least: Int64, most: Int64), perStepAtOne: Int128, named: Concentration,
    _ mode: BasalMode
  ) {
    self.named = Int128(named.nanogramsPerMillilitre) * perStepAtOne
    weakest = charges.most > 0 ? Int128(charges.least) * perStepAtOne : self.named
    strongest = charges.most > 0 ? Int128(charges.most) * perStepAtOne : self.named
    isFlow = mode == .minimum
  }

  /// A limit where not all that is on its way to the tip holds what the order names.
  func limit(_ limit: WindowLimit) -> WindowLimit {
    if weakest == named, strongest == named { return limit }
    let basal = isFlow ? (limit.basal * strongest + named - 1) / named : nil
    return limit.beside(weakest: weakest, strongest: strongest, basal: basal)
  }
}

extension Ledger {
  /// Mutating, though nothing changes: else each call would be given a copy.
  mutating func worths(named: Concentration, _ mode: BasalMode) -> WorthsOnTheWay {
    WorthsOnTheWay(
      line.charges(after: account.steps), perStepAtOne: perStepAtOne, named: named, mode)
  }
}
