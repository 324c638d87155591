internal import Quantities

/// When the patient's boluses began: the newest 48, which is as many as any prescription counts.
struct PatientBolusStarts {
  private var starts: InlineArray<48, Tick> = InlineArray(repeating: Tick(0))
  private var newest = 0
  private var kept = 0

  mutating func append(_ tick: Tick) {
    newest = (newest + 1) % Limits.patientBolusesIn24hMax
    starts[newest] = tick
    kept = min(kept + 1, Limits.patientBolusesIn24hMax)
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    for index in starts.indices { coder.field(&starts[index]) }
    coder.field(count: &newest, atMost: Limits.patientBolusesIn24hMax - 1)
    coder.field(count: &kept, atMost: Limits.patientBolusesIn24hMax)
  }

  /// The start of the bolus `back` boluses before the newest; nil where there were not as many.
  private func start(back: Int) -> Tick? {
    guard back < kept else { return nil }
    let capacity = Limits.patientBolusesIn24hMax
    return starts[(newest - back + capacity) % capacity]
  }

  /// How many began in the 24 h up to and including `tick`.
  func count(at tick: Tick, rig: Rig) -> Int {
    let day = TickCount(rig.ticks(.hours(24)))
    var count = 0
    while let start = start(back: count), tick - start < day { count += 1 }
    return count
  }

  /// Outside the lockout and the allotment.
  func allowedAt(_ bolus: PatientBolus, lastEnd: Tick?, rig: Rig) -> Tick {
    let day = TickCount(rig.ticks(.hours(24)))
    let byCount = start(back: bolus.maxIn24h - 1).map { $0 + day } ?? Tick(0)
    let byLockout = lastEnd.map { $0 + Self.lockout(bolus, rig) } ?? Tick(0)
    return max(byCount, byLockout)
  }

  func refuses(_ bolus: PatientBolus, at tick: Tick, lastEnd: Tick?, rig: Rig) -> Refusal? {
    let allowed = allowedAt(bolus, lastEnd: lastEnd, rig: rig)
    if let lastEnd, tick - lastEnd < Self.lockout(bolus, rig) {
      return Refusal(
        .lockout, limit: bolus.lockout.count,
        value: (tick - lastEnd).count * rig.tick.count, allowedAt: allowed)
    }
    let given = count(at: tick, rig: rig)
    if given >= bolus.maxIn24h {
      return Refusal(
        .maxIn24h, limit: Int64(bolus.maxIn24h), value: Int64(given), allowedAt: allowed)
    }
    return nil
  }

  /// Rounded up to a whole tick.
  private static func lockout(_ bolus: PatientBolus, _ rig: Rig) -> TickCount {
    TickCount(rig.wholeTicks(bolus.lockout))
  }
}
