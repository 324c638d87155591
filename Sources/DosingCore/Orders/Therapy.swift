public import Quantities

/// A limit over a rolling window, in units of account, and what basal needs of it.
public struct WindowLimit: Sendable, BitwiseCopyable {
  /// Who set the tighter limit, which is the one that binds.
  public enum Source: UInt8, Sendable, BitwiseCopyable {
    case prescribedDose = 0
    case rigVolume = 1
  }

  public let source: Source
  /// The most that may be given in any window, rounded down to a unit: by mass at the tip, and by volume at
  /// the head as if all of it were of the weakest drug on its way.
  public let units: Int128
  /// The same as whole steps. An order in force that a newer program would refuse may need more for its
  /// basal than its limit: then this is what it needs, as far as the rig allows it.
  public let steps: Int64
  /// The most that basal can deliver in a window, a bucket and a step, whether it follows the schedule,
  /// is safe basal, or changes between the two: it is reserved first.
  public let reservedForBasal: Int128
  /// What the tip may give by mass alone: the dose that is prescribed as a limit, or what basal needs.
  let most: Int128
  /// `reservedForBasal` as whole steps, rounded up.
  let mostForBasal: Int128
  /// What the rig lets pass at the head, whatever is ordered.
  let stepsOfRig: Int64
  // What all of it follows from: the dose that is prescribed as a limit, and what basal brings in a window and
  // a bucket.
  let dose: Int128
  let basal: Int128
  private let weakest: Int128

  /// The same limit beside what is on its way to the tip.
  ///
  /// - Parameters:
  ///   - weakest: the least that a step is charged with, and the most.
  ///   - basal: what basal brings in a window and a bucket; nil where that does not hang on the drug.
  func beside(weakest: Int128, strongest: Int128, basal: Int128? = nil) -> WindowLimit {
    WindowLimit(
      dose: dose, steps: stepsOfRig, basal: basal ?? self.basal, weakest: weakest,
      strongest: strongest)
  }

  /// By how much what a window may hold, in whole steps, is above the limit.
  func above(_ most: Int128) -> Int128 {
    max(0, min(most / weakest, Int128(stepsOfRig)) * weakest - units)
  }

  var basalAlone: Int128 { basal }

  /// What a rig lets leave the head beyond the limit, if all of it is of the weakest drug.
  var spareVolume: Int128 {
    let (most, overflows) = Int128(stepsOfRig).multipliedReportingOverflow(by: weakest)
    return overflows ? Int128.max / 4 : max(0, most - units)
  }
}

/// A prescription that fits a rig, compiled into what the tick needs.
///
/// The only way to one is through the checks, so whoever holds a therapy holds a valid one; but for an
/// order that was in force already, see `inForce(_:on:)`.
public struct Therapy: Sendable, BitwiseCopyable {
  public private(set) var prescription: Prescription
  public private(set) var scale: AccountScale
  private let tick: Nanoseconds
  /// Of the modes with one rate all week; 0 in flex.
  private var constantQuantaPerDay: Int64
  public private(set) var hour: WindowLimit
  public private(set) var day: WindowLimit
  /// In 1e-9 ng/d; 0 where the mode does not deliver.
  private(set) var safeBasalQuantaPerDay: Int64
  /// No check speaks against it.
  public private(set) var isValid = true

  /// Units per tick of safe basal.
  public var safeBasalPerTick: Int128 { scale.perTick(quantaPerDay: safeBasalQuantaPerDay) }

  /// The basal of the week, made anew each time.
  public var schedule: Schedule { schedule(atLeast: 0) }

  /// The most that basal can bring at each time of the week, whatever it follows.
  var mostBasal: Schedule { schedule(atLeast: safeBasalQuantaPerDay) }

  private func schedule(atLeast least: Int64) -> Schedule {
    prescription.schedule(
      constant: constantQuantaPerDay, atLeast: least, scale: scale, tick: tick)
  }

  /// Nil where `findings` holds an error. All findings are appended, not only the first.
  ///
  /// - Precondition: the rig has no findings of its own.
  public init?(_ prescription: Prescription, on rig: Rig, findings: inout Findings) {
    self.init(nothingOn: rig)
    if !take(prescription, on: rig, isInForce: false, findings: &findings) { return nil }
  }

  /// An order that was accepted before. What a newer program would refuse stays in force all the same:
  /// only an order that cannot be followed at all is nil.
  ///
  /// - Precondition: the rig has no findings of its own.
  public static func inForce(_ prescription: Prescription, on rig: Rig) -> Therapy? {
    var (therapy, findings) = (Therapy(nothingOn: rig), Findings())
    return therapy.take(prescription, on: rig, isInForce: true, findings: &findings)
      ? therapy : nil
  }

  /// What stands where nothing is ordered. Nothing follows from it.
  init(nothingOn rig: Rig) {
    prescription = Prescription(
      patient: .none, drug: .none, concentration: Limits.concentrationMin, mode: .stopped,
      maxDose1h: .zero, maxDose24h: .zero)
    scale = AccountScale(rig: rig, concentration: prescription.concentration)
    tick = rig.tick
    constantQuantaPerDay = 0
    hour = WindowLimit(dose: .zero, volume: .zero, on: rig, scale: scale, basal: 0)
    day = hour
    safeBasalQuantaPerDay = 0
  }

  /// In place: it is large, and bare metal has little stack.
  ///
  /// - Returns: false where it cannot be followed; then this is as it was, or of no use.
  @inline(never)
  mutating func take(
    _ prescription: Prescription, on rig: Rig, isInForce: Bool, findings: inout Findings
  ) -> Bool {
    let errorsBefore = findings.errors
    prescription.checkShape(into: &findings)
    guard findings.errors == errorsBefore else { return false }
    let scale = AccountScale(rig: rig, concentration: prescription.concentration)
    prescription.checkRates(on: rig, scale: scale, into: &findings)
    let followable = isInForce && prescription.isCountable
    guard findings.errors == errorsBefore || followable else { return false }

    self.prescription = prescription
    self.scale = scale
    constantQuantaPerDay = prescription.constantQuantaPerDay(on: rig)
    safeBasalQuantaPerDay =
      prescription.mode.delivers ? AccountScale.quanta(prescription.safeBasal ?? .zero) : 0
    let most = prescription.mostBasal(
      constant: constantQuantaPerDay, safe: safeBasalQuantaPerDay, scale: scale, on: rig)
    hour = WindowLimit(
      dose: prescription.maxDose1h, volume: rig.maxVolume1h, on: rig, scale: scale,
      basal: most.ofHour)
    day = WindowLimit(
      dose: prescription.maxDose24h, volume: rig.maxVolume24h, on: rig, scale: scale,
      basal: most.ofDay)
    checkLimits(on: rig, into: &findings)
    checkSafeBasal(on: rig, into: &findings)
    checkPatientBolus(on: rig, into: &findings)
    isValid = findings.errors == errorsBefore
    return isValid || isInForce
  }
}

extension Prescription {
  fileprivate func constantQuantaPerDay(on rig: Rig) -> Int64 {
    switch mode {
    case .stopped, .flex: 0
    case .minimum: AccountScale.quanta(rig.pump.keepOpenRate, at: concentration)
    case .continuous: AccountScale.quanta(patterns[0].steps[0].rate)
    }
  }

  fileprivate func schedule(
    constant: Int64, atLeast least: Int64, scale: AccountScale, tick: Nanoseconds
  ) -> Schedule {
    mode == .flex
      ? Schedule(flex: self, atLeast: least, scale: scale, tick: tick)
      : Schedule(constant: max(constant, least), scale: scale, tick: tick)
  }

  /// What basal can bring in any window and a bucket, in units of account.
  @inline(never)
  fileprivate func mostBasal(
    constant: Int64, safe: Int64, scale: AccountScale, on rig: Rig
  ) -> (ofHour: Int128, ofDay: Int128) {
    let schedule = schedule(constant: constant, atLeast: safe, scale: scale, tick: rig.tick)
    let hour = rig.ticks(Limits.hourBucket) * Int64(Limits.hourBuckets)
    let day = rig.ticks(Limits.dayBucket) * Int64(Limits.dayBuckets)
    return (schedule.mostUnits(inTicks: hour), schedule.mostUnits(inTicks: day))
  }
}

extension Rig {
  /// - Precondition: `time` is a whole number of ticks.
  public func ticks(_ time: Nanoseconds) -> Int64 { time.count / tick.count }
}

extension WindowLimit {
  fileprivate init(
    dose: Mass, volume: Volume, on rig: Rig, scale: AccountScale, basal: Int128
  ) {
    self.init(
      dose: scale.units(dose), steps: rig.steps(in: volume), basal: basal, weakest: scale.perStep,
      strongest: scale.perStep)
  }

  private init(
    dose: Int128, steps ofRig: Int64, basal: Int128, weakest: Int128, strongest: Int128
  ) {
    // A volume may be far more than can be counted in units; then it does not bind.
    let volumeBinds = Int128(ofRig) <= (dose - 1) / weakest
    source = volumeBinds ? .rigVolume : .prescribedDose
    units = volumeBinds ? Int128(ofRig) * weakest : dose
    reservedForBasal = basal + strongest
    mostForBasal = (reservedForBasal + strongest - 1) / strongest * strongest
    most = max(dose, reservedForBasal)
    steps = min(ofRig, Int64(clamping: max(units, reservedForBasal) / weakest))
    (stepsOfRig, self.dose, self.basal, self.weakest) = (ofRig, dose, basal, weakest)
  }
}
