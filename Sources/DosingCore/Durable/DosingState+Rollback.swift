public import Quantities

extension DosingState {
  /// The last day is not known, though the order is: the windows hold as much as they may, so that no extra
  /// dose is given for a day. No lockout is longer, and no count reaches further back.
  public mutating func doubtLastDay() {
    guard order.exists else { return }
    ledger.hour.count(doubts: order.therapy.hour.steps, inBucket: ledger.hour.currentNumber)
    ledger.day.count(doubts: order.therapy.day.steps, inBucket: ledger.day.currentNumber)
    watch()
    latch()
  }

  /// The tick in which the newest extra dose began or ended; nil where there was none.
  public var newestDoseChange: Tick? { doses.running?.start ?? doses.last?.end }
}
