internal import Quantities

extension DosingState {
  /// A refill that is under way.
  func reportRefill(to shown: inout ShownRefill) {
    shown = ShownRefill()
    guard refill.stage != .none else {
      let isOther = ledger.reservoir.holdsOther(than: therapy?.prescription.drug)
      if isOther { shown.otherDrug = ledger.reservoir.drug }
      return
    }
    shown.stage = refill.stage
    (shown.announced, shown.before) = (refill.announced, refill.before)
    shown.otherDrug = refill.otherDrug
    (shown.expected, shown.aspirated) = (refill.expected, refill.aspirated)
    shown.filled = refill.filled
    if refill.stage == .filled { shown.mixed = refill.mixed(rig) }
  }

  /// What is in the line, and when it leaves it.
  func reportLine(to shown: inout ShownLine) {
    shown = ShownLine()
    shown.isConnected = isConnected
    reportPrime(to: &shown.prime)
    let (line, steps) = (ledger.line, account.steps)
    guard line.isFilled else { return }
    shown.isMixing = line.mixes(from: steps, to: steps, doubts: stepsInDoubt)
    var (from, charged) = (steps, -account.pending)
    for index in line.part(ofStep: steps + 1)..<line.count {
      let end = min(line[index].end, steps + line.length)
      charged += Int128(line.charge(ofPart: index)) * Int128(end - from) * ledger.perStepAtOne
      var part = ShownLine.Part()
      part.concentration = line[index].concentration
      part.volume = rig.volume(ofSteps: end - from)
      if line[index].end != .max {
        part.uncertain = rig.volume(ofSteps: line.doubted(index, stepsInDoubt))
        part.leaves = tick(atWhichAccrued: charged)
      }
      shown.append(part)
      from = end
    }
  }

  private func reportPrime(to shown: inout ShownPrime?) {
    guard let prime else { return }
    var told = ShownPrime()
    told.kind = prime.kind
    told.left = rig.volume(ofSteps: prime.stepsLeft)
    told.ends = now + TickCount(rig.ticks(Prime.time(prime.stepsLeft, rig)))
    shown = told
  }

  /// When so much more basal has accrued; nil for not within a year.
  private func tick(atWhichAccrued units: Int128) -> Tick? {
    guard mode.delivers, basalPerTick > 0 || mode == .flex else { return nil }
    return ticks(until: units, atMost: 365 * rig.ticks(.days(1)), beside: { _ in 0 })
      .map { now + TickCount($0) }
  }

  /// The fewest ticks from now in which basal and what comes beside it come to so much; nil where they do not.
  ///
  /// - Parameter others: what comes beside basal in so many ticks; never less in more.
  func ticks(
    until units: Int128, atMost most: Int64, beside others: (_ ticks: Int64) -> Int128
  ) -> Int64? {
    func accrued(_ ticks: Int64) -> Int128 {
      let basal =
        mode == .flex
        ? order.schedule.units(from: clock(at: now), ticks: ticks) : basalPerTick * Int128(ticks)
      return basal + others(ticks)
    }
    var (low, high) = (Int64(0), most)
    if accrued(high) < units { return nil }
    while low < high {
      let middle = low + (high - low) / 2
      if accrued(middle) < units { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
