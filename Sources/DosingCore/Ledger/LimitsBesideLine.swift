internal import Quantities

extension Therapy {
  /// Its limits where not all that is on its way to the tip holds what the order names.
  func limits(beside ledger: borrowing Ledger) -> (hour: WindowLimit, day: WindowLimit) {
    limits(beside: ledger, ledger.line)
  }

  /// - Parameter line: what is on its way, or would be.
  func limits(
    beside ledger: borrowing Ledger, _ line: borrowing Line
  ) -> (hour: WindowLimit, day: WindowLimit) {
    let named = prescription.concentration.nanogramsPerMillilitre
    let known = line.charges(after: ledger.account.steps)
    let charges = known.most > 0 ? known : (named, named)
    if charges == (named, named) { return (hour, day) }
    let one = ledger.perStepAtOne
    return (
      limit(hour, beside: charges, perStepAtOne: one),
      limit(day, beside: charges, perStepAtOne: one)
    )
  }

  private func limit(
    _ limit: WindowLimit, beside charges: (least: Int64, most: Int64), perStepAtOne: Int128
  ) -> WindowLimit {
    let named = Int128(prescription.concentration.nanogramsPerMillilitre)
    // Keep-open is a flow: it brings the more, the stronger what it pushes.
    let basal =
      prescription.mode == .minimum
      ? (limit.basal * Int128(charges.most) + named - 1) / named : nil
    return limit.beside(
      weakest: Int128(charges.least) * perStepAtOne, strongest: Int128(charges.most) * perStepAtOne,
      basal: basal)
  }
}

extension Ledger {
  /// The least and the most that a step on its way to the tip is charged with, in what a step moves at
  /// 1 ng/mL.
  ///
  /// - Parameter named: what an order names, where nobody has said what the pump holds.
  func charges(named: Int64) -> (least: Int64, most: Int64) {
    let charges = line.charges(after: account.steps)
    return charges.most > 0 ? charges : (named, named)
  }

  /// The same in units of account.
  func worths(named concentration: Concentration) -> (weakest: Int128, strongest: Int128) {
    let charges = charges(named: concentration.nanogramsPerMillilitre)
    return (Int128(charges.least) * perStepAtOne, Int128(charges.most) * perStepAtOne)
  }
}
