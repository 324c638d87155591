/// What the reservoir and the line hold, as it is kept in the copies beside the journal.
public typealias HeldWriter = BoundedWriter<512>

extension DosingState {
  /// Writes what the reservoir and the line hold. It changes with what people do to them and when a boundary
  /// has left the tip, not with a step.
  public mutating func writeHeld(to writer: inout HeldWriter) {
    layoutHeld(&writer)
    layoutReservoir(&writer)
  }

  private mutating func layoutHeld(_ coder: inout some FrameCoder) {
    ledger.line.layout(&coder)
    ledger.reservoir.layout(&coder)
    refill.layout(&coder)
    coder.field(&isConnected)
  }

  /// What a record of the state says of it since reservoirs are weighed.
  mutating func layoutReservoir(_ coder: inout some FrameCoder) {
    ledger.reservoir.layoutHeld(&coder)
    coder.field(&refill.otherDrug)
  }

  /// Takes over what `writeHeld(to:)` wrote, where a journal that would say more is gone or too old.
  ///
  /// - Parameters:
  ///   - steps: how many were made since the pump was new, and how many were in doubt, when it was written.
  ///   - made: how many by now; nil where nobody knows. Then any boundary that is on its way may have passed
  ///     the tip, and what is strongest is dosed for.
  /// - Returns: false where it cannot be read: nothing has changed.
  public mutating func takeHeld(
    _ record: Span<UInt8>, steps: Int64, inDoubt: Int64, made: Int64?
  ) -> Bool {
    let before = (ledger.line, ledger.reservoir, refill, isConnected)
    var reader = BoundedReader<512>(record)
    layoutHeld(&reader)
    // What was written before reservoirs were weighed says no more.
    if !reader.isComplete { layoutReservoir(&reader) }
    guard reader.isComplete else {
      (ledger.line, ledger.reservoir, refill, isConnected) = before
      return false
    }
    ledger.line.takeOpen(from: before.0)
    if refill.stage != .none { refill.since = now }
    weight.forgetReference()
    ledger.goOn(
      atSteps: max(steps, made ?? 0), inDoubt: inDoubt, placesAreKnown: (made ?? -1) >= steps)
    watch()
    latch()
    attention = now
    return true
  }
}
