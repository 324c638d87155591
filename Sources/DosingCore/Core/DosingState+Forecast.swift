internal import Quantities

extension DosingState {
  /// What the reservoir may hold, and how long it will last by the order in force, through the line that is
  /// filled now. Some thousand instructions: it is asked once a minute, not in every tick.
  public func forecast() -> Forecast {
    var forecast = Forecast()
    guard ledger.line.isFilled, !ledger.line.holdsNothing else { return forecast }
    forecast.reservoir = reservoirIntervals
    forecast.low = span(to: rig.reservoir.low, forecast)
    forecast.empty = span(to: rig.reservoir.empty, forecast)
    return forecast
  }

  private func span(to mark: Volume, _ forecast: Forecast) -> Forecast.Span {
    let (off, held) = (rig.pump.accuracyPermille, forecast.reservoir.held)
    var span = Forecast.Span()
    // A head that gives more than it should empties the reservoir with fewer steps.
    span.earliest = time(for: held.least - mark, over: 1_000 + off, withBoluses: true)
    // The count alone may be beyond what the weight leaves.
    let counted = max(held.least, min(reservoirContents, held.most))
    span.expected = time(for: counted - mark, over: 1_000, withBoluses: false)
    span.latest = time(for: held.most - mark, over: 1_000 - off, withBoluses: false)
    return span
  }

  /// - Parameter permille: of what a step should move, what it does.
  private func time(
    for volume: Volume, over permille: Int64, withBoluses: Bool
  ) -> Nanoseconds {
    if volume <= .zero { return .zero }
    let real = scaled(volume.picolitres, by: 1_000, over: permille, rounded: .up) ?? .max
    let steps = rig.steps(in: Volume(picolitres: real)) + 1
    guard mode.delivers else { return Forecast.notWithinAYear }
    if mode == .minimum {
      // Keep-open is a flow.
      let time = scaled(
        real, by: Nanoseconds.days(1).count, over: rig.pump.keepOpenRate.picolitresPerDay,
        rounded: .up)
      return min(Forecast.notWithinAYear, Nanoseconds(time ?? .max))
    }
    let units = ledger.line.units(ofSteps: steps, from: account.steps) * ledger.perStepAtOne
    let ticks = ticks(until: units, atMost: rig.ticks(Forecast.notWithinAYear)) {
      account.pending + (doses.running?.unitsLeft ?? 0) + (withBoluses ? boluses(inTicks: $0) : 0)
    }
    return ticks.map { Nanoseconds($0 * rig.tick.count) } ?? Forecast.notWithinAYear
  }

  /// The most that the patient may have in so many ticks.
  private func boluses(inTicks ticks: Int64) -> Int128 {
    guard let bolus = therapy?.prescription.patientBolus else { return 0 }
    let days = (ticks - 1) / rig.ticks(.days(1)) + 1
    return order.therapy.scale.units(bolus.dose) * Int128(days) * Int128(bolus.maxIn24h)
  }
}
