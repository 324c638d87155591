internal import Quantities

// The reservoir as it is counted and as it is weighed, and what holds where the two do not agree.

extension DosingState {
  mutating func takeWeight(_ cell: SensorReading) {
    let believed = cell.state == .good ? cell.value : nil
    weight.take(believed, after: ledger.account.steps, at: now, rig)
    let isAlone = refill.stage == .none && !ledger.line.holdsNothing
    let runs = freeFlow.take(isAlone ? believed : nil, after: ledger.account.steps, at: now, rig)
    guard runs else { return }
    raise(.freeFlow)
    raise(.hardStop)
  }

  /// What the reservoir may hold, by count, by weight where that is known, and by both: what both say, or, where
  /// they do not agree, all that either says.
  public var reservoirIntervals: ReservoirIntervals {
    // Not in the tick: bare metal has little stack for a copy of the state.
    var state = self
    var intervals = ReservoirIntervals(counted: state.counted())
    intervals.weighed = state.weighed()
    guard let weight = intervals.weighed else { return intervals }
    let counted = intervals.counted
    intervals.held =
      state.contentsAreOdd() ? counted.joined(with: weight) : counted.met(by: weight)
    return intervals
  }

  /// Mutating, though nothing changes, as all here: see `quietTicks()`.
  mutating func counted() -> VolumeInterval {
    ledger.reservoir.interval(ledger.account.steps, doubts: ledger.stepsInDoubt, rig)
  }

  /// While somebody refills it, and before it was filled, a weight is compared with nothing.
  private mutating func weighed() -> VolumeInterval? {
    if refill.stage != .none || ledger.line.holdsNothing { return nil }
    return weight.interval(at: now, rig)
  }

  /// Count and weight do not agree, for long enough to be believed.
  private mutating func contentsAreOdd() -> Bool {
    board.on[.weightDiffers] || board.on[.notEmptying]
      || (board.on[.reservoirUnknown] && !refill.isUnknown)
  }

  // MARK: Watching it

  /// Holds count and weight against each other, and both against the marks.
  mutating func watchContents() {
    let rises = watchWeight()
    set(.reservoirUnknown, on: refill.isUnknown || rises)
    set(
      .fluidElsewhere,
      on: refill.stage == .filled && now >= refillIsWeighed() && wasFilledElsewhere() != nil)
    let isSeen = contentsAreSeen()
    let isEmpty = isSeen && isEmptied()
    let upper = ledger.reservoir.upper(ledger.account.steps, doubts: ledger.stepsInDoubt)
    // A weight goes up and down by its noise.
    let slack = board.on[.reservoirLow] ? cellError() : .zero
    let isLow =
      isSeen
      && leastIsAt(rig.reservoir.low, slack, byCount: upper >= ledger.reservoir.stepsToLow)
    // Nobody knows whether there is anything: that is worth a high alarm.
    let mayBeEmpty =
      isLow && !isEmpty
      && leastIsAt(rig.reservoir.empty, .zero, byCount: upper >= ledger.reservoir.stepsToMayBeEmpty)
    set(.reservoirLow, on: isLow || isEmpty, mayBeEmpty ? .high : nil)
    set(.reservoirEmpty, on: isEmpty)
  }

  /// What was never filled is not empty: it is not in use yet.
  private mutating func contentsAreSeen() -> Bool {
    !refillHidesContents() && !ledger.line.holdsNothing
  }

  private mutating func cellError() -> Volume {
    Volume(milligrams: rig.weighing?.errorMilligrams ?? 0)
  }

  /// Returns whether it became more, and nobody has said that he filled it.
  private mutating func watchWeight() -> Bool {
    guard weighed() != nil else {
      set(.weightDiffers, on: false)
      set(.notEmptying, on: false)
      return false
    }
    // What is on ends when they agree by more than the noise.
    let isOn = board.on[.weightDiffers] || board.on[.notEmptying]
    let differs = weightDiffers(slack: isOn ? rig.weighing?.errorMilligrams ?? 0 : 0)
    let rises = weight.hasRisen(at: now, rig)
    let lasts = weight.lasts(differs != nil || rises, at: now, rig)
    set(.weightDiffers, on: differs == .lighter && lasts)
    set(.notEmptying, on: differs == .heavier && lasts)
    return rises && lasts
  }

  private mutating func weightDiffers(slack: Int64 = 0) -> ReservoirWeight.Difference? {
    weight.differs(
      after: ledger.account.steps, doubts: ledger.stepsInDoubt, at: now, slack: slack, rig)
  }

  /// By the count that is certain, or by a weight that goes with it. One that does not never stops basal: of the
  /// two the cell is the likelier to be wrong.
  private mutating func isEmptied() -> Bool {
    if ledger.account.steps >= ledger.reservoir.stepsToEmpty { return true }
    guard let weighed = weighed(), !contentsAreOdd(), weightDiffers() == nil else {
      return false
    }
    let slack = board.on[.reservoirEmpty] ? cellError() : .zero
    return weighed.most <= rig.reservoir.empty + slack
  }

  /// Whether the least that there may be has come to a mark; `byCount` says so of the count.
  private mutating func leastIsAt(_ mark: Volume, _ slack: Volume, byCount: Bool) -> Bool {
    guard let weighed = weighed() else { return byCount }
    if contentsAreOdd() { return byCount || weighed.least <= mark + slack }
    return byCount && weighed.least <= mark + slack
  }

  // MARK: A refill

  /// What was told of a refill, and what was weighed, where the two are not the same. Nil where nobody knows.
  mutating func wasFilledElsewhere() -> (told: Volume, weighed: Volume)? {
    guard let cell = rig.weighing,
      let weighed = weight.refilled(after: ledger.account.steps, rig)
    else { return nil }
    let margin = Volume(milligrams: cell.margin(after: .zero)) + Limits.volumeReading
    if (weighed.rise - refill.filled).magnitude > margin { return (refill.filled, weighed.rise) }
    if (weighed.fall - refill.aspirated).magnitude > margin {
      return (refill.aspirated, weighed.fall)
    }
    return nil
  }

  mutating func refusesElsewhere() -> Refusal? {
    wasFilledElsewhere().map {
      Refusal(.fluidElsewhere, limit: $0.told.picolitres, value: $0.weighed.picolitres)
    }
  }

  /// The end of a refill: what is weighed now is what there is, unless it is not what was told.
  mutating func endRefillOfWeight() {
    let told = (filled: refill.filled, aspirated: refill.aspirated)
    guard wasFilledElsewhere() == nil else { return weight.endRefill(told) }
    let (counted, weighed) = (counted(), weight.interval(at: now, rig))
    weight.endRefill(
      told, weighed.map { counted.met(by: $0) } ?? counted, after: ledger.account.steps,
      doubts: ledger.stepsInDoubt, at: now)
  }
}
