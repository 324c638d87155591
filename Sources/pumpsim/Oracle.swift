internal import Documents
internal import DosingCore
internal import Quantities

/// Judges a run by the steps that the motor really made, by what was ordered, and by the faults that were
/// made.
///
/// It shares nothing with the code that decides a dose: it integrates the prescription itself, from
/// the plain data, and looks at every window of the steps themselves. An engine may be killed and started
/// again: then a run has several lives.
struct Oracle {
  private(set) var violations: [String] = []

  private let rig: Rig
  private var prescription: Prescription
  /// Of all prescriptions of a run, since another one is refused.
  private let strength: Int128

  private var prescribed: Prescribed
  private var isOrdered = true
  private var isStopped = false
  private var isAway = false

  private var steps: Int128 = 0
  private var hour: DoseWindow
  private var day: DoseWindow
  private var lastStep: Int64?

  // This life: when its tick 0 was, and what the sums were when it began.
  private var tickZero: Int64 = 0
  private var leastBefore: Int128 = 0
  private var stepsBefore: Int128 = 0
  private var restarts: Int128 = 0
  /// What the engine has given up for good, over all lives.
  private var deficit: Int128 = 0
  /// Requests and faults: each may cost a step or two on its own.
  private var disturbances: Int128 = 0

  init(rig: Rig, prescription: Prescription, clock: WeekTime) {
    self.rig = rig
    self.prescription = prescription
    strength = Int128(prescription.concentration.nanogramsPerMillilitre)
    prescribed = Prescribed(prescription, on: rig, clock: clock)
    let stepsPerDose = StepsPerDose(rig: rig, concentration: prescription.concentration)
    hour = DoseWindow(.hours(1), bucket: .minutes(1), stepsPerDose, prescription.maxDose1h)
    day = DoseWindow(.hours(24), bucket: .minutes(15), stepsPerDose, prescription.maxDose24h)
  }

  // MARK: What the engine accepted, and from when on it acts

  /// At time zero, until a program acts.
  mutating func nothingIsOrdered() {
    isOrdered = false
    prescribed.runs = false
  }

  mutating func program(_ new: Prescription, at time: Int64) {
    disturb(at: time)
    isOrdered = true
    prescribed.runs = runs
    prescribed.order(new)
    prescription = new
    hour.commit(new.maxDose1h, at: time, bucketsFrom: tickZero)
    day.commit(new.maxDose24h, at: time, bucketsFrom: tickZero)
  }

  mutating func startPatientBolus(at time: Int64) {
    guard let bolus = prescription.patientBolus else {
      return report("a patient bolus that nobody prescribed", time)
    }
    startExtra(dose: bolus.dose, duration: bolus.duration, at: time)
  }

  mutating func startExtra(dose: Mass, duration: Nanoseconds, at time: Int64) {
    disturb(at: time)
    prescribed.startExtra(dose, duration)
  }

  /// The engine says that an extra dose has ended.
  mutating func extraEnded(at time: Int64, reservoirIsEmpty: Bool = false) {
    prescribed.advance(to: time)
    if prescribed.extraGoesOn, !prescribed.isSafeAllowed, !reservoirIsEmpty {
      report("an extra dose was cut short, and nothing asked for it", time)
    }
    prescribed.endExtra()
  }

  mutating func cancelExtra(at time: Int64) {
    disturb(at: time)
    prescribed.endExtra()
  }

  mutating func stop(at time: Int64) {
    disturb(at: time)
    prescribed.endExtra()
    isStopped = true
    prescribed.runs = runs
  }

  mutating func resume(at time: Int64) {
    disturb(at: time)
    isStopped = false
    prescribed.runs = runs
  }

  private var runs: Bool { isOrdered && !isStopped && !isAway }

  // MARK: Faults

  /// From now on until `end` steps may be kept back: a fault may hinder them.
  mutating func mayBeKeptBack(at time: Int64, until end: Int64) {
    disturb(at: time)
    prescribed.mayBeKeptBack(until: end)
  }

  /// From now on until `end` a fault may have put safe basal in the place of the schedule.
  mutating func maySafe(at time: Int64, until end: Int64) {
    disturb(at: time)
    prescribed.maySafe(until: end)
  }

  /// An alarm that no fault of a scenario can ask for.
  mutating func raised(_ code: FaultCode, at time: Int64) {
    switch code {
    case .hardStop, .interlockDisagrees, .basalRefusedByLimit:
      report("the alarm \(code.code), which no fault asks for", time)
    default: break
    }
  }

  private mutating func disturb(at time: Int64) {
    prescribed.advance(to: time)
    disturbances += 1
  }

  // MARK: Lives

  /// An engine runs again. Its tick 0 was at `tickZero`.
  mutating func begin(at time: Int64, tickZero: Int64) {
    disturb(at: time)
    self.tickZero = tickZero
    restarts += 1
    lastStep = nil
    isAway = false
    prescribed.runs = runs
    (leastBefore, stepsBefore) = (prescribed.least, steps)
  }

  /// What is remembered can be read, and no engine goes on from it.
  mutating func cannotStart(at time: Int64) {
    disturb(at: time)
    report("the engine cannot start", time)
  }

  /// The engine ends here, or the scenario does.
  ///
  /// - Parameter deficit: what it says that in this life was prescribed and will never be delivered.
  mutating func end(at time: Int64, deficit new: Mass) {
    prescribed.advance(to: time)
    let given = Int128(new.nanograms) * Prescribed.nanogram
    let missing = prescribed.least - leastBefore - mass(ofSteps: steps - stepsBefore) - given
    // Deficits and the cut of an extra dose are told to a nanogram.
    if missing > step + 3 * Prescribed.nanogram {
      report("more is missing than one step and the deficit", time)
    }
    deficit += given
    // Each disturbance may cost what is on its way.
    let allowed = prescribed.excused + (disturbances + 1) * (3 * step + Prescribed.nanogram)
    if deficit > allowed { report("basal was kept back longer than a fault asks for", time) }
    prescribed.endExtra()
    isAway = true
    prescribed.runs = runs
  }

  // MARK: What the motor did

  mutating func step(at time: Int64) {
    prescribed.advance(to: time)
    steps += 1
    if isAway { report("a step while no engine runs", time) }
    if isStopped { report("a step while stopped", time) }
    if let lastStep, time - lastStep < rig.tick.count { report("two steps in one tick", time) }
    lastStep = time
    // An extra dose that was cut short is known to a nanogram. After a restart a fraction of a step may
    // have come twice, and never more than that in all.
    let known = (restarts + 1) * Prescribed.nanogram + (restarts > 0 ? step : 0)
    if mass(ofSteps: steps) - prescribed.most > known {
      report("delivered more than was prescribed", time)
    }
    hour.append(time)
    day.append(time)
    check(hour, volume: rig.maxVolume1h, "1 h", time)
    check(day, volume: rig.maxVolume24h, "24 h", time)
  }

  /// The mass of one step, rounded down by less than one unit.
  private var step: Int128 { mass(ofSteps: 1) }

  /// In the unit of `Prescribed`.
  private func mass(ofSteps steps: Int128) -> Int128 {
    let volume = steps * Int128(rig.pump.volumePerRevolution.picolitres)
    let perMillilitre = Int128(rig.pump.stepsPerRevolution) * 1_000_000_000
    // Volume x strength stays below 2^80, so the product with a day fits 128 bits.
    return volume * strength * Prescribed.nanogram / perMillilitre
  }

  private mutating func check(
    _ window: DoseWindow, volume: Volume, _ name: String, _ time: Int64
  ) {
    let picolitres =
      Int128(window.count) * Int128(rig.pump.volumePerRevolution.picolitres)
    let revolution = Int128(rig.pump.stepsPerRevolution)
    if picolitres > Int128(volume.picolitres) * revolution {
      report("above the volume limit of \(name)", time)
    }
    if window.isAboveLimit { report("above the dose limit of \(name)", time) }
  }

  private mutating func report(_ what: String, _ time: Int64) {
    // One line a kind is enough to fail; a broken run would fill the disk otherwise.
    guard !violations.contains(where: { $0.hasPrefix(what) }) else { return }
    violations.append("\(what), first at \(decimalText(time, per: 1_000_000_000)) s")
  }
}
