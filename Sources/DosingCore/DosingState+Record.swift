internal import Quantities

extension DosingState {
  /// Visits everything that a restart needs, to write it down or to read it: all but the rig and the
  /// therapy, which have records of their own. Less than `FrameHeader.frameMax` bytes.
  ///
  /// A reader has to look at `failed` before it uses what was read.
  public mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&now.number)
    if now.number < -1 { coder.fail() }
    account.layout(&coder)
    hour.layout(&coder)
    day.layout(&coder)
    reservoir.layout(&coder)
    var sinceMonday = clockAtTickZero.sinceMonday
    coder.field(&sinceMonday)
    clockAtTickZero = WeekTime(sinceMonday: sinceMonday)
    coder.field(&clockIsTrusted)
    alarms.layout(&coder)
    layoutExtraDoses(&coder)
    patientBoluses.layout(&coder)
    coder.field(&stoppedByCommand)
    var defect = lastInterlockDefect ?? Tick(-1)
    coder.field(&defect.number)
    lastInterlockDefect = defect.number < 0 ? nil : defect
    coder.field(&stopEscalates)
    today.layout(&coder)
    coder.field(magnitude: &ticksMissed)
    coder.field(magnitude: &stepsInDoubt)
    restarts.layout(&coder)
    coder.field(&accountCertainAt)
  }

  private mutating func layoutExtraDoses(_ coder: inout some FrameCoder) {
    var isRunning = extraDose != nil
    coder.field(&isRunning)
    var running = extraDose ?? ExtraDose(kind: .bolus, units: 0, ticks: 1, start: Tick(0))
    running.layout(&coder)
    extraDose = isRunning && !coder.failed ? running : nil
    var hasEnded = lastExtraDose != nil
    coder.field(&hasEnded)
    var ended =
      lastExtraDose
      ?? EndedExtraDose(kind: .bolus, start: Tick(0), end: Tick(0), units: 0, discarded: 0)
    ended.layout(&coder)
    lastExtraDose = hasEnded ? ended : nil
  }

  /// Reads what `layout(_:)` wrote.
  ///
  /// - Parameters:
  ///   - therapy: what was committed with it; nil for none.
  /// - Returns: nil where it is not a record of this rig and this therapy.
  public static func restored(
    from record: Span<UInt8>, rig: Rig, therapy: Therapy?
  ) -> DosingState? {
    var state = DosingState(rig: rig, clock: WeekTime(sinceMonday: .zero))
    if let therapy { state.adopt(therapy) }
    let perStep = state.account.perStep
    var reader = FrameReader(record)
    state.layout(&reader)
    guard
      reader.isComplete, therapy == nil || state.account.perStep == perStep,
      state.now.number <= Int64.max / 4 / rig.tick.count, state.hour.isAt(state.now),
      state.day.isAt(state.now)
    else { return nil }
    state.latch()
    return state
  }
}
