internal import Quantities

// The reservoir and the line as people handle them: what they say they did, and what follows.

extension DosingState {
  /// What stands against a step; nil where it may be taken as it was told.
  @inline(never)
  mutating func refuses(_ change: SupplyChange) -> Refusal? {
    if doses.running != nil { return Refusal(.extraDoseRunning) }
    if prime != nil { return Refusal(.primeRuns) }
    switch change.step {
    case .begin:
      return refusesOtherDrug(change.lot) ?? refusesRefill(with: change.concentration)
    case .aspirated: return refusesAspirated(change.volume)
    case .filled: return refusesFilled(change.volume)
    case .finish:
      if refill.stage != .filled { return Refusal(.refillOutOfOrder) }
      return change.overrides ? nil : refusesMixture() ?? refusesElsewhere()
    case .leave: return refill.stage == .begun ? nil : Refusal(.refillOutOfOrder)
    case .catheterEmptied, .lineReplaced: return refusesWorkOnLine()
    case .prime: return refusesPrime(.prime)
    case .purge: return refusesPrime(.purge)
    case .connected:
      if isConnected { return Refusal(.connected) }
      return holdsOtherDrug() ? Refusal(.otherDrug) : nil
    }
  }

  /// What the reservoir holds; `.none` where nobody has said.
  mutating func heldDrug() -> Label {
    if ledger.reservoir.drug != .none || !order.exists { return ledger.reservoir.drug }
    return order.therapy.prescription.drug
  }

  /// It was filled with another drug than is ordered: nothing may be given until that is ordered.
  mutating func holdsOtherDrug() -> Bool {
    order.exists && ledger.reservoir.holdsOther(than: order.therapy.prescription.drug)
  }

  /// Another drug needs a line that holds none, with its tip in a beaker, and a pump that gives nothing.
  @inline(never)
  private mutating func refusesOtherDrug(_ drug: Label) -> Refusal? {
    if drug == .none || drug == heldDrug() || !ledger.line.isFilled || ledger.line.holdsNothing {
      return nil
    }
    if order.exists, !board.on[.stopped] { return Refusal(.notStopped) }
    return isConnected || stepsToPrime() < ledger.line.length ? Refusal(.otherDrug) : nil
  }

  @inline(never)
  private mutating func refusesRefill(with announced: Concentration) -> Refusal? {
    if refill.stage != .none { return Refusal(.refillOutOfOrder) }
    if announced < Limits.concentrationMin || announced > Limits.concentrationMax {
      return Refusal(
        .concentrationOutOfRange, limit: Limits.concentrationMax.baseUnits,
        value: announced.baseUnits)
    }
    guard ledger.line.isFilled else { return nil }
    let held = ledger.line.reservoir
    // What is dosed as the higher until it is stated, and what it is stated to be.
    if !ledger.line.hasRoom(for: 2) { return Refusal(.lineFull) }
    if ledger.line.isTooFarFromNeighbour(announced, after: ledger.account.steps) {
      return Refusal(.factorAbove5, limit: held.baseUnits, value: announced.baseUnits)
    }
    guard order.exists, announced != held else { return nil }
    var (line, therapy) = (ledger.line, order.therapy)
    line.changeReservoir(to: announced, after: ledger.account.steps, doubts: ledger.stepsInDoubt)
    return admission().refusesByWay(of: &line, &therapy, &ledger)
  }

  private mutating func refusesAspirated(_ volume: Volume) -> Refusal? {
    if refill.stage == .none { return Refusal(.refillOutOfOrder) }
    let most = rig.reservoir.volume
    if volume <= most { return nil }
    return Refusal(.moreThanReservoir, limit: most.picolitres, value: volume.picolitres)
  }

  private mutating func refusesFilled(_ volume: Volume) -> Refusal? {
    guard refill.isUnknown else { return Refusal(.refillOutOfOrder) }
    let room = rig.reservoir.volume - (contents() - refill.filled)
    if volume <= room, volume > .zero { return nil }
    return Refusal(.moreThanFits, limit: room.picolitres, value: volume.picolitres)
  }

  /// More than 5 % off the label has to be wanted.
  private mutating func refusesMixture() -> Refusal? {
    let (label, mixed) = (refill.announced.baseUnits, refill.mixed(rig).baseUnits)
    if abs(mixed - label) * 20 <= label { return nil }
    return Refusal(.mixtureOffLabel, limit: label, value: mixed)
  }

  private mutating func refusesWorkOnLine() -> Refusal? {
    guard ledger.line.isFilled else { return Refusal(.noTherapy) }
    // A refill that is open has been promised room for two more.
    let promised = refill.stage == .none ? 0 : 2
    return ledger.line.hasRoom(for: promised + 1) ? nil : Refusal(.lineFull)
  }

  /// What the reservoir holds by count. Mutating, though nothing changes: see `quietTicks()`.
  private mutating func contents() -> Volume {
    ledger.reservoir.contents(ledger.account.steps, doubts: ledger.stepsInDoubt, rig: rig)
  }

  /// Takes a step as it was told.
  @inline(never)
  mutating func carryOut(_ change: SupplyChange) {
    switch change.step {
    case .begin: begin(change)
    case .aspirated: aspirate(change.volume)
    case .filled: fill(change)
    case .finish: finishRefill()
    case .leave: refill = Refill()
    case .catheterEmptied: emptyTip(ledger.line.catheterLength)
    case .lineReplaced:
      emptyTip(ledger.line.length)
      isConnected = false
    case .prime: begin(.prime)
    case .purge: begin(.purge)
    case .connected: isConnected = true
    }
    // Work on the line is no step of a refill: it does not prolong one.
    if change.step.isOfRefill { refill.since = now }
  }

  private mutating func begin(_ change: SupplyChange) {
    refill = Refill()
    refill.stage = .begun
    refill.announced = change.concentration
    refill.otherDrug = change.lot == heldDrug() ? .none : change.lot
    refill.before = ledger.line.reservoir
    weight.beginRefill(after: ledger.account.steps)
  }

  /// From now on it may hold either: it is dosed as the stronger.
  private mutating func aspirate(_ volume: Volume) {
    if refill.stage == .begun {
      refill.expected = contents()
      ledger.reservoir.remember(counted())
      (refill.stepsBefore, refill.doubtBefore) = (ledger.account.steps, stepsInDoubt)
      let stronger = max(refill.before, refill.announced)
      ledger.line.changeReservoir(
        to: stronger, after: ledger.account.steps, doubts: ledger.stepsInDoubt)
      refill.stage = .aspirated
    }
    refill.aspirated = volume
    holdWhatWasTold()
    let given = rig.reservoir.volume - refill.expected
    if refill.differs(given: given, rig) { raise(.refillDiffers) }
  }

  private mutating func fill(_ change: SupplyChange) {
    refill.stage = .filled
    (refill.filled, refill.lot) = (change.volume, change.lot)
    holdWhatWasTold()
  }

  /// What was expected, less what came out, and what went in; the head has taken on since it was aspirated.
  private mutating func holdWhatWasTold() {
    ledger.reservoir.refill(
      expected: refill.expected, aspirated: refill.aspirated, filled: refill.filled,
      after: refill.stepsBefore, doubts: refill.doubtBefore)
  }

  private mutating func finishRefill() {
    ledger.line.changeReservoir(
      to: refill.mixed(rig), after: ledger.account.steps, doubts: ledger.stepsInDoubt)
    ledger.reservoir.take(label: refill.announced)
    if refill.otherDrug != .none { ledger.reservoir.take(drug: refill.otherDrug) }
    endRefillOfWeight()
    refill = Refill()
  }

  private mutating func emptyTip(_ steps: Int64) {
    ledger.line.emptyTip(steps, after: ledger.account.steps, doubts: ledger.stepsInDoubt)
  }

  /// What is at the tip, or may be.
  mutating func watchLine() {
    let line = ledger.line
    let isEmpty =
      line.isFilled && mode.delivers
      && line.gift(ofPart: line.part(ofStep: ledger.account.steps + 1)) == 0
    set(.noDrugAtTip, on: isEmpty)
    set(.notConnected, on: !isConnected)
    set(
      .lineUncertain, on: line.isUncertain(after: ledger.account.steps, doubts: ledger.stepsInDoubt)
    )
  }

  /// Whoever begins and goes away has not begun.
  mutating func watchRefill() {
    if refill.stage == .begun, now >= refillEnds() { refill = Refill() }
  }

  private mutating func refillEnds() -> Tick {
    refill.since + TickCount(rig.ticks(Limits.refillTime))
  }

  /// While somebody refills, the count says nothing of what there is: for so long it stops nothing.
  mutating func refillHidesContents() -> Bool {
    refill.stage == .aspirated && now < refillEnds()
  }

  /// When that ends, or a refill that has only begun; `.never` where neither is so.
  mutating func refillAttention() -> Tick {
    if refill.stage == .begun || refillHidesContents() { return refillEnds() }
    let weighed = refillIsWeighed()
    return refill.stage == .filled && now < weighed ? weighed : .never
  }

  /// When whoever told that he filled it has let go of it.
  mutating func refillIsWeighed() -> Tick {
    refill.since + TickCount(rig.ticks(Limits.refillSettles))
  }
}
