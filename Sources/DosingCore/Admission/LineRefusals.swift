internal import Quantities

// What is on its way to the tip and says no: it was taken in long before it is given.

extension Admission {
  /// What the tip says to an extra dose now.
  @inline(never)
  func refusesByLine(at made: Int64, _ ledger: inout Ledger) -> Refusal? {
    guard ledger.line.isFilled else { return nil }
    if ledger.account.gift == 0 { return Refusal(.noDrugAtTip) }
    let mixes = ledger.line.mixes(from: made, to: made, doubts: ledger.stepsInDoubt)
    return mixes ? Refusal(.lineMixes) : nil
  }

  /// What the line says to an order, whenever it comes into force: it has to name what the reservoir holds, the
  /// head has to bring it with all that is on its way, and what mixes has to fit beside its basal.
  @inline(never)
  func refusesByLine(_ new: inout Therapy, _ ledger: inout Ledger) -> Refusal? {
    guard ledger.line.isFilled else { return nil }
    let (held, named) = (ledger.line.reservoir, new.prescription.concentration)
    if named != held, named != ledger.reservoir.label {
      return Refusal(.otherConcentration, limit: held.baseUnits, value: named.baseUnits)
    }
    var line = ledger.line
    return refusesByWay(of: &line, &new, &ledger)
  }

  /// What a line, which may be one to come, says to an order.
  func refusesByWay(of line: inout Line, _ new: inout Therapy, _ ledger: inout Ledger) -> Refusal? {
    guard line.count > 1, new.prescription.mode.delivers else { return nil }
    return refusesFlow(&line, &new, &ledger) ?? refusesVolume(&line, &new, &ledger)
      ?? refusesMixing(&line, &new, &ledger)
  }

  private func worths(
    of line: inout Line, _ new: inout Therapy, _ ledger: inout Ledger
  ) -> WorthsOnTheWay {
    WorthsOnTheWay(
      line.charges(after: ledger.account.steps), perStepAtOne: ledger.perStepAtOne,
      named: new.prescription.concentration, new.prescription.mode)
  }

  /// The weaker it is, the more basal takes of what may leave the head.
  @inline(never)
  private func refusesVolume(
    _ line: inout Line, _ new: inout Therapy, _ ledger: inout Ledger
  ) -> Refusal? {
    let worths = worths(of: &line, &new, &ledger)
    let (hour, day) = (worths.limit(new.hour), worths.limit(new.day))
    return refusal(most: hour.reservedForBasal, hour, isHour: true, new.scale)
      ?? refusal(most: day.reservedForBasal, day, isHour: false, new.scale)
  }

  /// The weakest drug on its way asks for the fastest flow.
  @inline(never)
  private func refusesFlow(
    _ line: inout Line, _ new: inout Therapy, _ ledger: inout Ledger
  ) -> Refusal? {
    let least = line.charges(after: ledger.account.steps).least
    let weakest = Concentration(nanogramsPerMillilitre: least)
    let most = new.scale.perTick(
      quantaPerDay: AccountScale.quanta(rig.pump.maxRate, at: weakest))
    let peak = new.mostBasal.peakUnitsPerTick
    if peak <= most { return nil }
    let flow = FlowRate(of: new.scale.rate(perTick: peak), at: weakest, rounded: .up)
    return Refusal(
      .tooFastForOldDrug, limit: rig.pump.maxRate.picolitresPerDay,
      value: flow?.picolitresPerDay ?? .max)
  }

  /// Basal is paid by plug flow. Where a boundary is mixed the tip may give what is stronger.
  @inline(never)
  private func refusesMixing(
    _ line: inout Line, _ new: inout Therapy, _ ledger: inout Ledger
  ) -> Refusal? {
    let worths = worths(of: &line, &new, &ledger)
    let (hour, day) = (worths.limit(new.hour), worths.limit(new.day))
    return refusesMixing(&line, hour, isHour: true, new.scale, &ledger)
      ?? refusesMixing(&line, day, isHour: false, new.scale, &ledger)
  }

  private func refusesMixing(
    _ line: inout Line, _ limit: WindowLimit, isHour: Bool, _ scale: AccountScale,
    _ ledger: inout Ledger
  ) -> Refusal? {
    let excess = line.mostExcess(
      beside: limit.basal / ledger.perStepAtOne, after: ledger.account.steps,
      doubts: ledger.stepsInDoubt)
    let most = limit.reservedForBasal + Int128(excess) * ledger.perStepAtOne
    // What mixes is a mass: the volume that leaves the head is the same.
    if most <= limit.dose { return nil }
    return Refusal(
      isHour ? .mixedDose1h : .mixedDose24h,
      limit: scale.mass(limit.dose, rounded: .down).nanograms,
      value: scale.mass(most, rounded: .up).nanograms)
  }
}
