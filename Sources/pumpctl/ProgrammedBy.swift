internal import Documents
internal import DosingCore
internal import Journal

/// Who put the order in force into force, and when, as a journal tells.
struct ProgrammedBy {
  /// Nil where nobody signed it.
  let key: KeyID?
  /// UTC in ns.
  let utc: Int64

  /// Nil where the journal does not go back so far.
  ///
  /// - Parameter order: the digest of the order in force.
  init?(_ order: [UInt8], in journal: JournalReader) throws(Failure) {
    var (orders, newest) = (ProposedOrders(), ProgrammedBy?.none)
    // What was accepted last may be taken back: then the one before it holds.
    var before = ProgrammedBy?.none
    var last: Int64 = 0
    while true {
      let page = try journal.page(after: last, of: [.request, .takenBack])
      for numbered in page.entries {
        switch numbered.entry.content {
        case .requestTakenBack: newest = before
        case .requested(let requested) where requested.mayBeTakenBack:
          before = newest
          if let ordered = orders.ordered(by: requested), sha256(of: ordered.recordBytes) == order {
            newest = ProgrammedBy(key: requested.seal?.key, utc: numbered.entry.utc)
          }
        case .requested(let requested) where requested.reason == 0:
          _ = orders.ordered(by: requested)
        default: break
        }
      }
      guard !page.entries.isEmpty, page.last > last else { break }
      last = page.last
    }
    guard let newest else { return nil }
    self = newest
  }

  private init(key: KeyID?, utc: Int64) { (self.key, self.utc) = (key, utc) }
}

extension Requested {
  /// It was accepted, and acts only once it is durable.
  fileprivate var mayBeTakenBack: Bool {
    guard reason == 0 else { return false }
    return switch Order(frame: frame) {
    case .change(_, let isProposal): !isProposal
    case .plain(.stop), .plain(.acknowledge), .plain(.silence), .plain(.cancelBolus), .unreadable:
      false
    case .commit, .bolus, .plain: true
    }
  }
}
