internal import Quantities

// The first layout of the state had no number, amounts of 64 bits, and a unit of account that hung on the
// concentration. Each amount is a whole number of today's units, so that it is read exactly.

extension DosingState {
  /// Reads the first layout.
  mutating func layoutFirst(_ coder: inout some FrameCoder) {
    let factor = therapy?.unitsInFirstUnit(on: rig) ?? 1
    coder.field(&now.number)
    if now.number < -1 { coder.fail() }
    ledger.layoutFirst(&coder, unitsInUnit: factor)
    ledger.holdAlone(concentrationOfOrder)
    // The mark of the reservoir, which follows from the steps.
    var mark: Int64 = 0
    coder.field(magnitude: &mark)
    therapyClock.layoutFirst(&coder)
    board.layoutFirst(&coder)
    doses.layoutFirst(&coder, unitsInUnit: factor)
    var isStopped = false
    coder.field(&isStopped)
    if isStopped != board.on[.stopped] { coder.fail() }
    // When the interlock refused last, and when the stop becomes a high alarm: both follow from the board.
    var (refused, escalates) = (Int64(0), Tick(0))
    coder.field(&refused)
    coder.field(&escalates)
    ledger.today.layoutFirst(&coder, unitsInUnit: factor, perStep: ledger.account.perStep)
    coder.field(magnitude: &ticksMissed)
    coder.field(magnitude: &ledger.stepsInDoubt)
    restarts.layout(&coder)
    var certainAt = Tick.never
    coder.field(&certainAt)
  }
}

extension Therapy {
  /// How many of today's units of account the unit of the first layout was: the largest mass of which a
  /// nanogram, a tick at 1 ng/d, a tick at the keep-open flow and a step were whole multiples.
  public func unitsInFirstUnit(on rig: Rig) -> Int128 {
    let ticksPerDay = Int128(Nanoseconds.days(1).count / rig.tick.count)
    let volume = Int128(rig.pump.volumePerRevolution.picolitres)
    let stepsPerMillilitre = Int128(rig.pump.stepsPerRevolution) * 1_000_000_000
    let stepDivisor = stepsPerMillilitre / greatestCommonDivisor(volume, stepsPerMillilitre)
    var perNanogram = ticksPerDay * (stepDivisor / greatestCommonDivisor(ticksPerDay, stepDivisor))
    let keepOpen =
      Int128(rig.pump.keepOpenRate.picolitresPerDay)
      * Int128(prescription.concentration.nanogramsPerMillilitre) * (perNanogram / ticksPerDay)
    perNanogram *= 1_000_000_000 / greatestCommonDivisor(keepOpen, 1_000_000_000)
    return scale.perNanogram / perNanogram
  }
}

extension FrameCoder {
  /// An amount of 64 bits in a unit that is so many of today's.
  fileprivate mutating func first(_ amount: inout Int128, unitsInUnit factor: Int128) {
    var number: Int64 = 0
    field(magnitude: &number)
    let (product, overflows) = Int128(number).multipliedReportingOverflow(by: factor)
    if overflows { fail() }
    amount = overflows ? 0 : product
  }
}

extension Ledger {
  fileprivate mutating func layoutFirst(_ coder: inout some FrameCoder, unitsInUnit factor: Int128)
  {
    account.layoutFirst(&coder, unitsInUnit: factor)
    hour.layoutFirst(&coder, unitsInUnit: factor)
    day.layoutFirst(&coder, unitsInUnit: factor)
  }
}

extension Account {
  /// Visits the fields of an account in the first layout.
  ///
  /// - Parameter unitsInUnit: see `Therapy.unitsInFirstUnit(on:)`; 1 leaves the amounts in the unit of
  ///   that time.
  public mutating func layoutFirst(_ coder: inout some FrameCoder, unitsInUnit factor: Int128) {
    var (perStep, pending, prescribed, extra) = (Int128(0), Int128(0), Int128(0), Int128(0))
    var steps: Int64 = 0
    coder.first(&perStep, unitsInUnit: factor)
    coder.first(&pending, unitsInUnit: factor)
    coder.first(&prescribed, unitsInUnit: factor)
    coder.field(magnitude: &steps)
    coder.first(&extra, unitsInUnit: factor)
    var deficits = InlineArray<5, Int128>(repeating: 0)
    for index in deficits.indices { coder.first(&deficits[index], unitsInUnit: factor) }
    guard !coder.failed,
      let read = Account(
        perStep: perStep, pending: pending, steps: steps, extra: extra, firstDeficits: deficits),
      read.prescribed == prescribed
    else { return coder.fail() }
    self = read
  }
}

extension RollingWindow {
  fileprivate mutating func layoutFirst(_ coder: inout some FrameCoder, unitsInUnit factor: Int128)
  {
    layout(&coder) { units, coder in coder.first(&units, unitsInUnit: factor) }
  }
}

extension DayCount {
  fileprivate mutating func layoutFirst(
    _ coder: inout some FrameCoder, unitsInUnit factor: Int128, perStep: Int128
  ) {
    layout(&coder, perStep: perStep) { units, coder in coder.first(&units, unitsInUnit: factor) }
  }
}

extension ExtraDoses {
  fileprivate mutating func layoutFirst(_ coder: inout some FrameCoder, unitsInUnit factor: Int128)
  {
    layout(&coder) { units, coder in coder.first(&units, unitsInUnit: factor) }
  }
}

extension FaultBoard {
  /// A priority and a tick for each of the first 14 faults.
  fileprivate mutating func layoutFirst(_ coder: inout some FrameCoder) {
    layout(&coder, count: 14)
  }
}
