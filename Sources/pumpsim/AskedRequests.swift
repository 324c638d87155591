internal import Documents
internal import DosingCore

/// What was asked and no tick has decided yet, in order.
///
/// A refill is told step by step: one that is refused, taken back or heard by nobody ends it.
struct AskedRequests {
  struct Item {
    let request: Request
    /// When it was asked, in ns.
    let at: Int64
    /// What it is a step of, and the number of that refill.
    var refill: (plan: Scenario.Refill, number: Int)?
  }

  private var items: [Item] = []
  private var refills = 0

  var isEmpty: Bool { items.isEmpty }
  var first: Item? { items.first }

  mutating func append(_ request: Request, at time: Int64) {
    items.append(Item(request: request, at: time))
  }

  mutating func append(_ refill: Scenario.Refill, at time: Int64) {
    refills += 1
    for request in refill.requests {
      items.append(Item(request: request, at: time, refill: (refill, refills)))
    }
  }

  /// The first of them is asked now.
  mutating func removeFirst() -> Item { items.removeFirst() }

  /// This one will never act: what would follow it is not asked.
  mutating func leave(after item: Item) {
    guard let number = item.refill?.number else { return }
    items.removeAll { $0.refill?.number == number }
  }
}
