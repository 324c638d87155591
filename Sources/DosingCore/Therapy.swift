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
  public let units: Int64
  /// The same as whole steps.
  public let steps: Int64
  /// The most that basal can deliver in a window, a bucket and a step: it is reserved first.
  public let reservedForBasal: Int64
}

/// A prescription that fits a rig, compiled into what the tick needs.
///
/// The only way to one is through the checks, so whoever holds a therapy holds a valid one.
public struct Therapy: Sendable, BitwiseCopyable {
  public let prescription: Prescription
  public let scale: AccountScale
  public let schedule: Schedule
  public let hour: WindowLimit
  public let day: WindowLimit
  /// Units per tick of safe basal; 0 where the mode does not deliver.
  public let safeBasalPerTick: Int64

  /// Nil where `findings` holds an error. All findings are appended, not only the first.
  ///
  /// - Precondition: the rig has no findings of its own.
  public init?(_ prescription: Prescription, on rig: Rig, findings: inout Findings) {
    let errorsBefore = findings.errors
    prescription.checkShape(into: &findings)
    guard findings.errors == errorsBefore else { return nil }
    guard let scale = AccountScale(rig: rig, concentration: prescription.concentration) else {
      findings.append(Finding(.arithmeticOutOfRange))
      return nil
    }
    prescription.checkRates(on: rig, scale: scale, into: &findings)
    guard findings.errors == errorsBefore else { return nil }

    let schedule =
      switch prescription.mode {
      case .stopped: Schedule(constant: 0, tick: rig.tick)
      case .minimum: Schedule(constant: scale.perTickAtKeepOpen, tick: rig.tick)
      case .continuous:
        Schedule(
          constant: scale.perTick(prescription.patterns[0].steps[0].rate), tick: rig.tick)
      case .flex: Schedule(prescription, scale: scale, tick: rig.tick)
      }
    hour = WindowLimit(
      dose: prescription.maxDose1h, volume: rig.maxVolume1h, on: rig, scale: scale,
      prescription: prescription,
      basal: schedule.mostUnits(inTicks: rig.ticks(Limits.hourBucket) * Int64(Limits.hourBuckets)))
    day = WindowLimit(
      dose: prescription.maxDose24h, volume: rig.maxVolume24h, on: rig, scale: scale,
      prescription: prescription,
      basal: schedule.mostUnits(inTicks: rig.ticks(Limits.dayBucket) * Int64(Limits.dayBuckets)))
    safeBasalPerTick =
      prescription.mode.delivers ? scale.perTick(prescription.safeBasal ?? .zero) : 0
    self.prescription = prescription
    self.scale = scale
    self.schedule = schedule

    checkLimits(on: rig, into: &findings)
    checkSafeBasal(on: rig, into: &findings)
    checkPatientBolus(on: rig, into: &findings)
    guard findings.errors == errorsBefore else { return nil }
  }
}

extension Rig {
  /// - Precondition: `time` is a whole number of ticks.
  public func ticks(_ time: Nanoseconds) -> Int64 { time.count / tick.count }
}

extension WindowLimit {
  fileprivate init(
    dose: Mass, volume: Volume, on rig: Rig, scale: AccountScale,
    prescription: Prescription, basal: Int64
  ) {
    let byDose = scale.units(dose)
    let byVolume =
      scaled(
        rig.steps(in: volume), by: scale.perStep, over: 1, rounded: .down) ?? Int64.max
    source = byVolume < byDose ? .rigVolume : .prescribedDose
    units = min(byDose, byVolume)
    steps = units / scale.perStep
    reservedForBasal = basal + scale.perStep
  }
}
