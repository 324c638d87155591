public import Quantities

/// A limit over a rolling window, in units of account, and what basal needs of it.
public struct WindowLimit: Sendable, BitwiseCopyable {
  /// Who set the tighter limit, which is the one that binds.
  public enum Source: UInt8, Sendable, BitwiseCopyable {
    case prescribedDose = 0
    case rigVolume = 1
  }

  public let source: Source
  /// The most that may leave the head in any window, rounded down to a unit.
  public let units: Int128
  /// The same as whole steps. An order in force that a newer program would refuse may need more for its
  /// basal than its limit: then this is what it needs, as far as the rig allows it.
  public let steps: Int64
  /// The most that basal can deliver in a window, a bucket and a step, whether it follows the schedule,
  /// is safe basal, or changes between the two: it is reserved first.
  public let reservedForBasal: Int128
  /// The same as whole steps, rounded up.
  let stepsForBasal: Int64
  /// What the rig lets pass, whatever is ordered.
  let stepsOfRig: Int64
}

/// A prescription that fits a rig, compiled into what the tick needs.
///
/// The only way to one is through the checks, so whoever holds a therapy holds a valid one; but for an
/// order that was in force already, see `inForce(_:on:)`.
public struct Therapy: Sendable, BitwiseCopyable {
  public let prescription: Prescription
  public let scale: AccountScale
  public let schedule: Schedule
  public let hour: WindowLimit
  public let day: WindowLimit
  /// In 1e-9 ng/d; 0 where the mode does not deliver.
  let safeBasalQuantaPerDay: Int64
  /// No check speaks against it.
  public private(set) var isValid = true

  /// Units per tick of safe basal.
  public var safeBasalPerTick: Int128 { scale.perTick(quantaPerDay: safeBasalQuantaPerDay) }

  /// The most that basal can bring at each time of the week, whatever it follows.
  var mostBasal: Schedule { schedule.raised(to: safeBasalQuantaPerDay) }

  /// Nil where `findings` holds an error. All findings are appended, not only the first.
  ///
  /// - Precondition: the rig has no findings of its own.
  public init?(_ prescription: Prescription, on rig: Rig, findings: inout Findings) {
    self.init(prescription, on: rig, isInForce: false, findings: &findings)
  }

  /// An order that was accepted before. What a newer program would refuse stays in force all the same:
  /// only an order that cannot be followed at all is nil.
  ///
  /// - Precondition: the rig has no findings of its own.
  public static func inForce(_ prescription: Prescription, on rig: Rig) -> Therapy? {
    var findings = Findings()
    return Therapy(prescription, on: rig, isInForce: true, findings: &findings)
  }

  /// What stands where nothing is ordered. Nothing follows from it.
  init(nothingOn rig: Rig) {
    prescription = Prescription(
      patient: .none, drug: .none, concentration: Limits.concentrationMin, mode: .stopped,
      maxDose1h: .zero, maxDose24h: .zero)
    scale = AccountScale(rig: rig, concentration: prescription.concentration)
    schedule = Schedule(constant: 0, scale: scale, tick: rig.tick)
    hour = WindowLimit(dose: .zero, volume: .zero, on: rig, scale: scale, basal: 0)
    day = hour
    safeBasalQuantaPerDay = 0
  }

  private init?(
    _ prescription: Prescription, on rig: Rig, isInForce: Bool, findings: inout Findings
  ) {
    let errorsBefore = findings.errors
    prescription.checkShape(into: &findings)
    guard findings.errors == errorsBefore else { return nil }
    let scale = AccountScale(rig: rig, concentration: prescription.concentration)
    prescription.checkRates(on: rig, scale: scale, into: &findings)
    let followable = isInForce && prescription.isCountable
    guard findings.errors == errorsBefore || followable else { return nil }

    let schedule = Schedule(following: prescription, on: rig, scale: scale)
    let safeBasal =
      prescription.mode.delivers ? AccountScale.quanta(prescription.safeBasal ?? .zero) : 0
    let most = schedule.raised(to: safeBasal)
    hour = WindowLimit(
      dose: prescription.maxDose1h, volume: rig.maxVolume1h, on: rig, scale: scale,
      basal: most.mostUnits(inTicks: rig.ticks(Limits.hourBucket) * Int64(Limits.hourBuckets)))
    day = WindowLimit(
      dose: prescription.maxDose24h, volume: rig.maxVolume24h, on: rig, scale: scale,
      basal: most.mostUnits(inTicks: rig.ticks(Limits.dayBucket) * Int64(Limits.dayBuckets)))
    safeBasalQuantaPerDay = safeBasal
    self.prescription = prescription
    self.scale = scale
    self.schedule = schedule

    checkLimits(on: rig, into: &findings)
    checkSafeBasal(on: rig, into: &findings)
    checkPatientBolus(on: rig, into: &findings)
    isValid = findings.errors == errorsBefore
    if !isValid && !isInForce { return nil }
  }
}

extension Schedule {
  /// What the order's mode calls for.
  fileprivate init(following prescription: Prescription, on rig: Rig, scale: AccountScale) {
    let quantaPerDay: Int64
    switch prescription.mode {
    case .flex:
      self.init(prescription, scale: scale, tick: rig.tick)
      return
    case .stopped: quantaPerDay = 0
    case .minimum:
      quantaPerDay = AccountScale.quanta(rig.pump.keepOpenRate, at: prescription.concentration)
    case .continuous: quantaPerDay = AccountScale.quanta(prescription.patterns[0].steps[0].rate)
    }
    self.init(constant: quantaPerDay, scale: scale, tick: rig.tick)
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
    let byDose = scale.units(dose)
    let (perStep, byVolume) = (scale.perStep, rig.steps(in: volume))
    // A volume may be far more than can be counted in units; then it does not bind.
    let volumeBinds = Int128(byVolume) <= (byDose - 1) / perStep
    source = volumeBinds ? .rigVolume : .prescribedDose
    units = volumeBinds ? Int128(byVolume) * perStep : byDose
    reservedForBasal = basal + perStep
    stepsForBasal = Int64(clamping: (reservedForBasal + perStep - 1) / perStep)
    stepsOfRig = byVolume
    steps = min(byVolume, Int64(clamping: max(units, reservedForBasal) / perStep))
  }
}
