internal import Documents
internal import DosingCore
internal import Plant
internal import Quantities

/// Judges a run by the steps that the motor really made, by what the tip gave with them, by what was ordered,
/// and by the faults that were made.
///
/// It shares nothing with the code that decides a dose: it integrates the prescription itself, from
/// the plain data, follows what people told of the reservoir through Plant's line, and looks at every window
/// of the steps themselves. An engine may be killed and started again: then a run has several lives.
///
/// What it judges: no more than is prescribed leaves the tip, and less by no more than the deficits and, right
/// after a step, what a tick brings, or later one step of what is at the tip; both windows hold no more
/// than their limits, in mass at the tip by plug flow, and where boundaries are dispersed; the bench has lost
/// nothing (`BenchSupply`), and its tip gave what was told.
struct Oracle {
  private(set) var violations: [String] = []

  private let rig: Rig
  private var prescription: Prescription
  private(set) var supply: ToldSupply

  private var prescribed: Prescribed
  private var isOrdered = true
  private var isStopped = false
  private var isAway = false
  /// Until when a prime or a purge may push what holds no drug; nil for none.
  private var primeEnds: Int64?

  private var hour: DoseWindow
  private var day: DoseWindow
  private var lastStep: Int64?

  // This life: when its tick 0 was, and what the sums were when it began.
  private var tickZero: Int64 = 0
  private var leastBefore: Int128 = 0
  private var givenBefore: Int128 = 0
  private var restarts: Int128 = 0
  /// What the engine has given up for good, over all lives.
  private var deficit: Int128 = 0
  /// Of this life, what steps would have given that were told and turned nothing.
  private var unmade: Int128 = 0
  /// What the tip gave with steps that nobody told.
  private var stray: Int128 = 0
  /// Steps that turned nothing, and of which no encoder can have told.
  private var unseen: Int64 = 0
  /// Steps that no restart could learn of.
  private var uncounted: Int64 = 0
  /// Requests and faults: each may cost a step or two on its own.
  private var disturbances: Int128 = 0

  init(rig: Rig, prescription: Prescription, clock: WeekTime) {
    self.rig = rig
    self.prescription = prescription
    supply = ToldSupply(rig, prescription.concentration)
    prescribed = Prescribed(prescription, on: rig, clock: clock)
    hour = DoseWindow(.hours(1), bucket: .minutes(1), prescription.maxDose1h)
    day = DoseWindow(.hours(24), bucket: .minutes(15), prescription.maxDose24h)
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
  ///
  /// - Parameter mayEnd: by what happens on the bench.
  mutating func extraEnded(at time: Int64, mayEnd: Bool = false) {
    prescribed.advance(to: time)
    if prescribed.extraGoesOn, !prescribed.isSafeAllowed, !mayEnd {
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
    primeEnds = nil
    isStopped = true
    prescribed.runs = runs
  }

  mutating func resume(at time: Int64) {
    disturb(at: time)
    isStopped = false
    prescribed.runs = runs
  }

  /// What a person did to reservoir and line is told, and counts from the next step on.
  ///
  /// - Parameter expected: what the pump says that was in the reservoir when it was aspirated.
  mutating func tell(_ change: SupplyChange, expected: Volume? = nil, at time: Int64) {
    disturb(at: time)
    supply.tell(change, expected: expected)
    if [.prime, .purge].contains(change.step) { prime(at: time) }
    lookAtTip()
  }

  /// Basal goes nowhere meanwhile: what would bring it holds no drug.
  private mutating func prime(at time: Int64) {
    let day = Int128(Nanoseconds.days(1).count)
    let takes =
      Int128(supply.withoutDrugAtTip) * day / Int128(rig.primeRate.picolitresPerDay)
    let end = time + Int64(takes * 21 / 20) + Nanoseconds.minutes(2).count
    primeEnds = end
    prescribed.mayBeKeptBack(until: end)
  }

  private mutating func lookAtTip() {
    prescribed.tipHolds(Int64(supply.chargedConcentration.rounded()))
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
  ///
  /// - Parameter benchIsAsTold: people did what they told the pump, and its load cell is an ordinary one.
  ///   - shaftIsOrdinary: so are motor, driver and encoder.
  ///   - lineIsOrdinary: so are the way out of the line, and the sensor of its pressure.
  mutating func raised(
    _ code: FaultCode, benchIsAsTold: Bool = true, shaftIsOrdinary: Bool = true,
    lineIsOrdinary: Bool = true, at time: Int64
  ) {
    switch code {
    case .hardStop where !shaftIsOrdinary || !benchIsAsTold: break
    case .stalled, .wasStalled, .shaftSlips, .driveDisobeys, .encoderLost:
      if shaftIsOrdinary {
        report("the alarm \(code.code), and the shaft does as it is told", time)
      }
    case .occluded, .wasOccluded, .pressureLost:
      if lineIsOrdinary { report("the alarm \(code.code), and nothing blocks the line", time) }
    case .weightDiffers, .notEmptying, .freeFlow, .fluidElsewhere:
      if benchIsAsTold { report("the alarm \(code.code), and all is as it was told", time) }
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
  ///
  /// - Parameters:
  ///   - doubt: steps of which it cannot tell whether the life before made them.
  ///   - counted: where nobody can tell how long the power was away, the steps that it knows of.
  mutating func begin(at time: Int64, tickZero: Int64, doubt: Int64 = 0, counted: Int64? = nil) {
    disturb(at: time)
    supply.doubt(doubt)
    if let counted { supply.losePlaces(counted: counted) }
    primeEnds = nil
    self.tickZero = tickZero
    restarts += 1
    lastStep = nil
    isAway = false
    prescribed.runs = runs
    (leastBefore, givenBefore, unmade) = (prescribed.least, supply.given, 0)
    // An engine that starts begins to look anew.
    if unseen > 0 { shaftChanges() }
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
    if missing(new) > Self.mass(supply.nextCharge) + told() {
      report("more is missing than one step and the deficit", time)
    }
    deficit += Int128(new.nanograms) * Prescribed.nanogram
    // Each disturbance may cost what is on its way; liquid without drug costs what it takes the place of.
    let allowed =
      prescribed.excused + (disturbances + 1) * (3 * step + Prescribed.nanogram)
      + Self.mass(supply.withoutDrug + supply.misplaced)
    if deficit > allowed { report("basal was kept back longer than a fault asks for", time) }
    prescribed.endExtra()
    isAway = true
    prescribed.runs = runs
  }

  /// What of this life was ordered, has not left the tip, and is no deficit.
  ///
  /// Mutating, though nothing changes: else each call would be given a copy of the oracle.
  private mutating func missing(_ deficit: Mass) -> Int128 {
    prescribed.least - leastBefore - Self.mass(supply.given - givenBefore)
      - Int128(deficit.nanograms) * Prescribed.nanogram - unmade
  }

  /// Deficits and the cuts of extra doses are told to a nanogram.
  private mutating func told() -> Int128 {
    (3 + prescribed.cuts) * Prescribed.nanogram + Self.mass(supply.misplaced + supply.withheld)
  }

  /// The power went while nothing could be written down: the steps since somebody last could may be known to
  /// nobody.
  mutating func loseCount(of steps: Int64) { uncounted += steps }

  // MARK: What the motor did

  /// So many steps were told and turned nothing: the line is where it was.
  ///
  /// - Parameter isSeen: there is an encoder that says so.
  mutating func lose(steps count: Int, isSeen: Bool) {
    if !isSeen { unseen += Int64(count) }
    unmade += Int128(count) * Self.mass(supply.nextCharge)
    supply.doubt(Int64(count))
  }

  /// Shaft or encoder begin to be otherwise: what the engine was about to see of it is lost, three looks and less.
  mutating func shaftChanges() { unseen += 128 }

  /// The driver made so many of its own.
  mutating func stray(steps count: Int) {
    for _ in 0..<count { stray += Self.mass(Int128(supply.step().plug)) }
    uncounted += Int64(count)
  }

  /// The engine says that it no longer knows of so many steps whether they were made.
  mutating func doubt(_ steps: Int64) { supply.doubt(steps) }

  /// - Parameter deficit: what the engine says that in this life will never be delivered; nil where it is not
  ///   asked.
  mutating func step(at time: Int64, deficit: Mass? = nil) {
    prescribed.advance(to: time)
    let primes = supply.withoutDrugAtTip > 0 && primeEnds.map { time <= $0 } ?? false
    let gift = supply.step(primes: primes)
    if isAway { report("a step while no engine runs", time) }
    if isStopped, !primes { report("a step while stopped", time) }
    if let lastStep, time - lastStep < rig.tick.count { report("two steps in one tick", time) }
    lastStep = time
    // A step of a prime pays for nothing that waits.
    judge(primes ? nil : deficit, at: time)
    lookAtTip()
    hour.append(time, gift)
    day.append(time, gift)
    check(hour, volume: rig.maxVolume1h, "1 h", time)
    check(day, volume: rig.maxVolume24h, "24 h", time)
  }

  /// Right after a step.
  private mutating func judge(_ deficit: Mass?, at time: Int64) {
    // An extra dose that was cut short is known to a nanogram. After a restart a fraction of a step may
    // have come twice, and never more than that in all.
    let known =
      (restarts + 1) * Prescribed.nanogram + (restarts > 0 ? step : 0)
      + Self.mass(supply.misplaced)
    if Self.mass(supply.given) - stray - prescribed.most > known {
      report("delivered more than was prescribed", time)
    }
    // What waited is at most a step, and has been made now.
    if let deficit, missing(deficit) > prescribed.mostPerTick() + told() {
      report("more is missing after a step than a tick brings", time)
    }
  }

  /// The mass of a step of the strongest drug so far.
  private var step: Int128 { Self.mass(supply.ofStep(supply.strongest)) }

  /// In the unit of `Prescribed`, from 1e-9 ng.
  private static func mass(_ units: Int128) -> Int128 {
    units * (Prescribed.nanogram / 1_000_000_000)
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
    if window.given > window.allowed { report("above the dose limit of \(name)", time) }
    // The pump counts the stronger of two drugs within its zone, in whole steps: one more, and what is so
    // mixed outside the zone that it counts as the weaker.
    if window.dispersed <= window.allowed { return }
    let outside = supply.ofStep(supply.strongest) + supply.outsideZones
    if Int128(window.dispersed) > Int128(window.allowed) + outside {
      report("dispersed, above the dose limit of \(name)", time)
    }
  }

  // MARK: The bench

  /// What has become of the bench, once nothing goes on any more, or for now.
  ///
  /// - Parameters:
  ///   - counted: what the pump says that is in the reservoir, and how many steps of that it doubts.
  mutating func compare(
    _ bench: BenchSupply, _ head: PumpHeadTruth, counted: Volume, doubt: Int64, at time: Int64
  ) {
    for loss in bench.losses(head, steps: supply.steps) { report(loss, time) }
    guard bench.isAsTold else { return }
    // What is pressed into a line that is blocked is on its way: it counts as given.
    let really = Int128(((head.nanogramsAtTip + head.nanogramsHeld) * 1e9).rounded())
    // The sums of Plant are good to far less than that.
    let rounding = Int128(1_000_000)
    if abs(really - supply.given) > supply.loose + supply.misplaced + rounding {
      report("the tip gave something else than was told", time)
    }
    let left = supply.heldPicolitres - Int128(counted.picolitres)
    let (lost, doubted) = (Int128(uncounted) * supply.ofStep(1), Int128(doubt) * supply.ofStep(1))
    if left < -lost || left > doubted + 1 + Int128(unseen) * supply.ofStep(1) {
      report("the pump counts something else in the reservoir", time)
    }
  }

  /// What the pump says that there may be in a reservoir of which it was told all, beside what there is.
  mutating func judge(_ intervals: ReservoirIntervals, _ reservoir: Liquid, at time: Int64) {
    // Steps that no restart could count are in nobody's interval.
    let slack = Double(uncounted + unseen) * supply.stepMicrolitres + 1e-3
    for interval in [intervals.counted, intervals.held, intervals.weighed ?? intervals.held] {
      let least = Double(interval.least.picolitres) / 1e6
      let most = Double(interval.most.picolitres) / 1e6
      if reservoir.microlitres < least - slack || reservoir.microlitres > most + slack {
        report("the reservoir holds what the pump says that it cannot", time)
      }
    }
  }

  private mutating func report(_ what: String, _ time: Int64) {
    // One line a kind is enough to fail; a broken run would fill the disk otherwise.
    guard !violations.contains(where: { $0.hasPrefix(what) }) else { return }
    violations.append("\(what), first at \(decimalText(time, per: 1_000_000_000)) s")
  }
}
