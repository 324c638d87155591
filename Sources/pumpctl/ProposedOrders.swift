internal import DosingCore
internal import Journal

/// What was proposed last by each key, so that a commit tells which prescription it put into force.
struct ProposedOrders {
  private var proposed: [KeyID: ProposedChange] = [:]

  /// Takes note of an accepted request. Returns the prescription that it puts into force; nil for none.
  mutating func ordered(by requested: Requested) -> Prescription? {
    let change: ProposedChange?
    switch Order(frame: requested.frame) {
    case .change(let asked, isProposal: false): change = asked
    case .change(let asked, isProposal: true):
      if let key = requested.seal?.key { proposed[key] = asked }
      return nil
    case .commit: change = requested.seal.flatMap { proposed[$0.key] }
    default: return nil
    }
    if case .program(let order)? = change { return order }
    return nil
  }
}
