internal import Quantities

extension DosingState {
  /// What the reservoir may hold, and how long it will last by the order in force, through the line that is
  /// filled now. Some thousand instructions: it is asked once a minute, not in every tick.
  public func forecast() -> Forecast {
    var forecast = Forecast()
    guard ledger.line.isFilled, !ledger.line.holdsNothing else { return forecast }
    (forecast.least, forecast.most) = ledger.reservoir.interval(
      account.steps, doubts: stepsInDoubt, rig)
    forecast.low = span(to: rig.reservoir.low, forecast)
    forecast.empty = span(to: rig.reservoir.empty, forecast)
    return forecast
  }

  private func span(to mark: Volume, _ forecast: Forecast) -> Forecast.Span {
    let off = rig.pump.accuracyPermille
    var span = Forecast.Span()
    // A head that gives more than it should empties the reservoir with fewer steps.
    span.earliest = time(for: forecast.least - mark, over: 1_000 + off, withBoluses: true)
    span.expected = time(for: reservoirContents - mark, over: 1_000, withBoluses: false)
    span.latest = time(for: forecast.most - mark, over: 1_000 - off, withBoluses: false)
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
    let most = rig.ticks(Forecast.notWithinAYear)
    guard accrued(most, withBoluses) >= units else { return Forecast.notWithinAYear }
    var (low, high) = (Int64(0), most)
    while low < high {
      let middle = low + (high - low) / 2
      if accrued(middle, withBoluses) < units { low = middle + 1 } else { high = middle }
    }
    return Nanoseconds(low * rig.tick.count)
  }

  /// What comes due in so many ticks from now.
  private func accrued(_ ticks: Int64, _ withBoluses: Bool) -> Int128 {
    let basal =
      mode == .flex
      ? order.schedule.units(from: clock(at: now), ticks: ticks) : basalPerTick * Int128(ticks)
    let sum = basal + account.pending + (doses.running?.unitsLeft ?? 0)
    guard withBoluses, let bolus = therapy?.prescription.patientBolus else { return sum }
    let days = (ticks - 1) / rig.ticks(.days(1)) + 1
    let each = order.therapy.scale.units(bolus.dose)
    return sum + each * Int128(days) * Int128(bolus.maxIn24h)
  }
}
