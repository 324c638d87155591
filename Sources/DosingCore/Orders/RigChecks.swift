internal import Quantities

extension Rig {
  /// Everything that makes the rig unusable. A rig without findings is a precondition of `Therapy`.
  public func check(into findings: inout Findings) {
    if tick < Limits.tickMin || tick > Limits.tickMax {
      findings.append(Finding(.tickOutOfRange, value: tick.count, bound: Limits.tickMax.count))
      return
    }
    if Limits.tickDivides.count % tick.count != 0 {
      findings.append(
        Finding(.tickDoesNotDivideMinute, value: tick.count, bound: Limits.tickDivides.count))
    }
    let head = pump.volumePerRevolution.picolitres
    let steps = pump.stepsPerRevolution
    // The bounds keep every product of this file and of AccountScale within 128 bits.
    guard steps > 0, steps <= 10_000_000, head >= steps, head <= 10_000_000_000 else {
      findings.append(Finding(.stepVolumeOutOfRange, value: head, bound: steps))
      return
    }
    checkRates(into: &findings)
    if !(reservoir.empty > .zero && reservoir.empty < reservoir.low
      && reservoir.low < reservoir.volume && reservoir.volume <= Limits.volumeMax)
    {
      findings.append(
        Finding(
          .reservoirOutOfOrder, value: reservoir.low.picolitres,
          bound: reservoir.volume.picolitres))
    }
    if self.steps(in: maxVolume1h) < 1 || self.steps(in: maxVolume24h) < 1 {
      findings.append(
        Finding(.rigLimitBelowOneStep, value: maxVolume1h.picolitres, bound: head / steps))
    }
    if maxVolume1h > maxVolume24h {
      findings.append(
        Finding(
          .rigHourLimitAboveDayLimit, value: maxVolume1h.picolitres,
          bound: maxVolume24h.picolitres))
    }
  }

  private func checkRates(into findings: inout Findings) {
    let inOrder =
      pump.keepOpenRate > .zero && pump.keepOpenRate <= pump.minRate
      && pump.minRate < pump.maxRate
      && pump.maxRate <= Limits.flowMax
    if !inOrder {
      findings.append(
        Finding(
          .ratesOutOfOrder, value: pump.minRate.picolitresPerDay,
          bound: pump.maxRate.picolitresPerDay))
    }
    // At most one step a tick: rate x tick <= volume of a step.
    let perDay = Nanoseconds.days(1).count
    let most = scaled(
      pump.volumePerRevolution.picolitres, by: perDay,
      over: tick.count * pump.stepsPerRevolution, rounded: .down)
    if let most, pump.maxRate.picolitresPerDay > most {
      findings.append(
        Finding(
          .maxRateAboveOneStepPerTick, value: pump.maxRate.picolitresPerDay, bound: most))
    }
  }
}
