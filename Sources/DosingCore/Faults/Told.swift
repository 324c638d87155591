public import Quantities

/// Which faults somebody was told of, so that he is told of each raise, change and end, and of nothing else.
public struct ToldFaults: Sendable {
  private var told: InlineArray<23, Fault?> = InlineArray(repeating: nil)

  /// Nobody was told of anything yet.
  public init() {}

  /// Visits what is other than was told, and takes it as told.
  ///
  /// - Parameter visit: the code, its priority or nil where it has ended, and since when it is or was on.
  public mutating func forEachChange(
    in board: FaultBoard, _ visit: (FaultCode, AlarmPriority?, Tick) -> Void
  ) {
    for index in told.indices {
      let (before, now) = (told[index], board[index])
      guard before != now, let code = now?.code ?? before?.code else { continue }
      told[index] = now
      // One that ended and came again between two looks is told as both.
      if let before, let now, before.raised != now.raised { visit(code, nil, before.raised) }
      visit(code, now?.priority, now?.raised ?? before?.raised ?? Tick(0))
    }
  }
}
