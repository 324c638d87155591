internal import Quantities

/// The extra dose that runs, the one before it, and what the patient had.
struct ExtraDoses: Sendable {
  private(set) var running: ExtraDose?
  private(set) var last: EndedExtraDose?
  private(set) var patientBoluses = PatientBolusStarts()

  mutating func start(_ dose: ExtraDose) {
    running = dose
    if dose.kind == .patientBolus { patientBoluses.append(dose.start) }
  }

  mutating func accrue() -> Int128? { running?.accrue() }

  mutating func pass(_ ticks: Int64) -> Int128 { running?.pass(ticks) ?? 0 }

  mutating func goesOn(by units: Int128) { running?.goesOn(by: units) }

  /// True where there was one to end.
  mutating func end(at tick: Tick) -> Bool {
    guard let ended = running else { return false }
    last = EndedExtraDose(ended, end: tick)
    running = nil
    return true
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    layout(&coder) { units, coder in coder.field(magnitude: &units) }
  }

  /// - Parameter field: how an amount is laid out.
  mutating func layout<Coder: FrameCoder>(
    _ coder: inout Coder, field: (inout Int128, inout Coder) -> Void
  ) {
    let none = ExtraDose(kind: .bolus, units: 0, ticks: 1, start: Tick(0))
    var isRunning = running != nil
    coder.field(&isRunning)
    var ran = running ?? none
    ran.layout(&coder, field: field)
    running = isRunning && !coder.failed ? ran : nil
    var hasEnded = last != nil
    coder.field(&hasEnded)
    var over = last ?? EndedExtraDose(none, end: Tick(0))
    over.layout(&coder, field: field)
    last = hasEnded ? over : nil
    patientBoluses.layout(&coder)
  }
}
