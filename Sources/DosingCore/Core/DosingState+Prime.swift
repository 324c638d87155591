internal import Quantities

// Prime and purge: the head moves, and nothing of it is a dose.

extension DosingState {
  /// The steps of the line that hold no drug, of which the tip gives the first next; none where it holds some.
  /// What came to doubt may have moved the drug on.
  mutating func stepsToPrime() -> Int64 { ledger.line.drugless(after: account.steps, stepsInDoubt) }

  /// What stands against one; nil where it may begin now.
  @inline(never)
  mutating func refusesPrime(_ kind: Prime.Kind) -> Refusal? {
    if board.on[.hardStop] { return Refusal(.hardStop) }
    if board.on[.noHistory] { return Refusal(.noHistory) }
    if board.on[.driveFails] || attempts != nil { return Refusal(.driveFails) }
    if unblocking != nil { return Refusal(.occluded) }
    if refill.stage != .none { return Refusal(.refillOutOfOrder) }
    if isConnected != (kind == .prime) { return Refusal(isConnected ? .connected : .notConnected) }
    let steps = stepsToPrime()
    if steps == 0 { return Refusal(.nothingToPrime) }
    return refusesPrime(kind, steps: steps)
  }

  private mutating func refusesPrime(_ kind: Prime.Kind, steps: Int64) -> Refusal? {
    let upper = ledger.reservoir.upper(account.steps, doubts: stepsInDoubt)
    let left = max(0, ledger.reservoir.stepsToEmpty - upper)
    let filling = ledger.line.charge(after: account.steps)
    if steps > left || filling == 0 {
      return Refusal(
        .reservoirTooSmall, limit: rig.volume(ofSteps: left).picolitres,
        value: rig.volume(ofSteps: steps).picolitres)
    }
    let mixed = rig.mass(ofMixed: Prime.mixed(steps, of: filling))
    if kind == .prime, mixed > rig.maxPrimeDose {
      return Refusal(
        .primeAboveMaximum, limit: rig.maxPrimeDose.nanograms, value: mixed.nanograms)
    }
    return refusesPrimeVolume(steps)
  }

  /// What a rig lets leave the head in an hour and in a day is meant for a prime too, beside basal.
  private mutating func refusesPrimeVolume(_ steps: Int64) -> Refusal? {
    let basal =
      order.exists
      ? (order.therapy.hour.reservedForBasal, order.therapy.day.reservedForBasal) : (0, 0)
    let worths = ledger.worths(
      named: order.exists ? order.therapy.prescription.concentration : ledger.line.reservoir,
      order.mode ?? .stopped)
    func refusal(_ reason: RefusalReason, _ most: Volume, _ made: Int64, _ reserved: Int128)
      -> Refusal?
    {
      let others = made + Int64(clamping: reserved / max(1, worths.weakest) + 1)
      let left = max(0, rig.steps(in: most) - others)
      if steps <= left { return nil }
      return Refusal(
        reason, limit: rig.volume(ofSteps: left).picolitres,
        value: rig.volume(ofSteps: steps).picolitres)
    }
    return refusal(
      .primeVolume1h, rig.maxVolume1h, ledger.hour.stepsTotal + ledger.hour.doubtTotal, basal.0)
      ?? refusal(
        .primeVolume24h, rig.maxVolume24h, ledger.day.stepsTotal + ledger.day.doubtTotal, basal.1)
  }

  mutating func begin(_ kind: Prime.Kind) {
    let steps = stepsToPrime()
    guard steps > 0 else { return }
    if kind == .prime {
      let filling = ledger.line.charge(after: account.steps)
      ledger.countMixed(Prime.mixed(steps, of: filling))
    }
    prime = Prime(kind, steps: steps, at: now, rig)
  }

  /// It is over, or given up: what is left in the line is what it is.
  mutating func endPrime() {
    guard prime != nil else { return }
    prime = nil
    if lease.isOn { happened.wantsCommit = true }
  }

  /// A tick more of one that runs.
  mutating func passPrime() {
    prime?.accrue()
    if prime?.isOver(at: now) == true { endPrime() }
  }

  mutating func takePrimeStep(_ decision: inout Decision) {
    // A step of basal waits for its end; the tip could not give it.
    ledger.account.clamp(.stepWaited)
    guard prime?.isDue == true, account.steps < lease.end else { return }
    guard ledger.hour.stepsTotal < hourStepsMax && ledger.day.stepsTotal < dayStepsMax else {
      // It was let begin, and something has changed: whoever looks on decides.
      return endPrime()
    }
    ledger.countPrime()
    prime?.makeStep()
    decision.steps = true
  }

  mutating func uncountPrimeStep() {
    ledger.uncountPrime()
    prime?.unmakeStep()
  }

  /// What a lease has to cover while one runs.
  var primeLease: Int64 {
    prime == nil ? 0 : rig.primeSteps(in: Limits.leaseTimeMin)
  }

  /// What is under way, and whether the line is connected.
  mutating func layoutPrime(_ coder: inout some FrameCoder) {
    coder.field(&isConnected)
    var runs = prime != nil
    coder.field(&runs)
    var kind = prime?.kind ?? .prime
    var left = prime?.stepsLeft ?? 0
    coder.field(&kind)
    coder.field(magnitude: &left)
    // What reads it is a restart, which ends it.
    if !runs { prime = nil } else if prime == nil { prime = Prime(kind, stepsLeft: left) }
  }
}

extension Rig {
  /// The most that a prime makes in a time.
  func primeSteps(in time: Nanoseconds) -> Int64 {
    let perDay = steps(in: Volume(picolitres: primeRate.picolitresPerDay))
    return scaled(perDay, by: time.count, over: Nanoseconds.days(1).count, rounded: .up) ?? .max
  }

  /// Of a sum of concentrations over steps, rounded up.
  func mass(ofMixed sum: Int64) -> Mass {
    // ng/mL x pL is 1e-9 ng; the volume of a step is told by a million of them.
    Mass(
      nanograms: scaled(
        sum, by: volume(ofSteps: 1_000_000).picolitres, over: 1_000_000_000_000_000, rounded: .up)
        ?? .max)
  }
}
