internal import Quantities

extension Rig {
  /// Everything that makes the rig unusable. A rig without findings is a precondition of `Therapy`.
  public func check(into findings: inout Findings) {
    checkPump(into: &findings)
    // What a line is counted in has to be there.
    if pump.hasSteps { checkLine(into: &findings) }
    if let weighing { check(weighing, into: &findings) }
    if let occlusion { check(occlusion, into: &findings) }
  }

  /// No cell is exact.
  private func check(_ cell: Weighing, into findings: inout Findings) {
    let most = Limits.weighingErrorMax
    if cell.errorMilligrams < 1 || cell.errorMilligrams > most {
      findings.append(Finding(.weighingErrorOutOfRange, value: cell.errorMilligrams, bound: most))
    }
    if cell.driftMilligramsPerDay < 0 || cell.driftMilligramsPerDay > most {
      findings.append(
        Finding(.weighingDriftOutOfRange, value: cell.driftMilligramsPerDay, bound: most))
    }
  }

  private func check(_ limits: OcclusionLimits, into findings: inout Findings) {
    let (threshold, rise) = (limits.threshold.pascals, limits.rise.pascals)
    if threshold < Limits.occlusionMin.pascals || threshold > Limits.occlusionMax.pascals {
      findings.append(
        Finding(.occlusionOutOfRange, value: threshold, bound: Limits.occlusionMax.pascals))
    } else if rise < Limits.occlusionRiseMin.pascals || rise > threshold {
      findings.append(Finding(.occlusionRiseOutOfRange, value: rise, bound: threshold))
    }
  }

  /// The same without line, residue, accuracy and prime: all that was asked of a rig before it said them.
  public func checkPump(into findings: inout Findings) {
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
    guard pump.hasSteps else {
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

extension Rig {
  private func checkLine(into findings: inout Findings) {
    checkLineVolume(into: &findings)
    checkShares(into: &findings)
    if let rate = line.primeRate, rate < pump.minRate || rate > pump.maxRate {
      let bound = rate < pump.minRate ? pump.minRate : pump.maxRate
      findings.append(
        Finding(
          .primeRateOutOfRange, value: rate.picolitresPerDay, bound: bound.picolitresPerDay))
    }
    if reservoir.residue < .zero || reservoir.residue >= reservoir.volume {
      findings.append(
        Finding(
          .residueOutOfRange, value: reservoir.residue.picolitres,
          bound: reservoir.volume.picolitres))
    }
    let most = Mass(in: Limits.volumeMax, at: Limits.concentrationMax, rounded: .down) ?? .zero
    if maxPrimeDose <= .zero || maxPrimeDose > most {
      findings.append(
        Finding(.maxPrimeDoseOutOfRange, value: maxPrimeDose.nanograms, bound: most.nanograms))
    }
  }

  private func checkLineVolume(into findings: inout Findings) {
    let (tubing, catheter) = (line.pumpTubing.picolitres, line.catheter.picolitres)
    let (sum, isBeyond) = tubing.addingReportingOverflow(catheter)
    let most = Limits.lineVolumeMax.picolitres
    if isBeyond || sum > most {
      findings.append(Finding(.lineAboveMost, value: isBeyond ? .max : sum, bound: most))
      return
    }
    if tubing < 0 || catheter < 0 || steps(in: line.volume) < Limits.lineStepsMin {
      let least = scaled(
        Limits.lineStepsMin, by: pump.volumePerRevolution.picolitres, over: pump.stepsPerRevolution,
        rounded: .up)
      findings.append(Finding(.lineBelowLeast, value: sum, bound: least ?? .max))
    }
    if sum >= reservoir.volume.picolitres {
      findings.append(
        Finding(.lineNotBelowReservoir, value: sum, bound: reservoir.volume.picolitres))
    }
  }

  private func checkShares(into findings: inout Findings) {
    let (accuracy, tolerance) = (pump.accuracyPermille, line.tolerancePermille)
    let most = Limits.errorPermilleMax
    let (isNear, isKnown) = ((0...most).contains(accuracy), (0...most).contains(tolerance))
    if !isNear { findings.append(Finding(.accuracyOutOfRange, value: accuracy, bound: most)) }
    if !isKnown {
      findings.append(Finding(.lineToleranceOutOfRange, value: tolerance, bound: most))
    }
    guard isNear, isKnown else { return }
    // A boundary is nowhere nearer than head and line are known.
    let least = accuracy + tolerance
    if line.mixingPermille < least || line.mixingPermille > 1000 {
      findings.append(Finding(.lineMixingOutOfRange, value: line.mixingPermille, bound: least))
    }
  }
}

extension PumpHead {
  /// The bounds keep every product of this file and of AccountScale within 128 bits.
  fileprivate var hasSteps: Bool {
    stepsPerRevolution > 0 && stepsPerRevolution <= 10_000_000
      && volumePerRevolution.picolitres >= stepsPerRevolution
      && volumePerRevolution.picolitres <= 10_000_000_000
  }
}
