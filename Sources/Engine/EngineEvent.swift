public import DosingCore
internal import Quantities

/// Something that the tick did, in fixed memory: worth a line in the log, or needed to replay what
/// happened.
public struct EngineEvent: Equatable, Sendable, BitwiseCopyable {
  /// What `value`, `detail` and `more` are is said for each; `value` is else the mode, as
  /// `DeliveryMode.rawValue`.
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// A request was decided. value: its number; detail: 0, or the `RefusalReason.rawValue`.
    case requestDecided
    /// Ticks did not run before this one. value: how many.
    case ticksMissed
    case basalChanged
    /// value: the `ExtraDose.Kind.rawValue`; detail: what was asked for, in ng; more: what of it was given up.
    case extraDoseEnded
    /// A fault was raised, became a high alarm, or ended. value: the `FaultCode.rawValue`; detail: since
    /// when it is or was on; more: the `AlarmPriority.rawValue`, 0 where it ended.
    case faultChanged
    /// A step was decided, and passed.
    /// value: 0.
    case stepMade
    /// A step was decided, and not made, and so are all until the next that is made, or is not for another reason.
    /// value, detail and more: the `StepRefusal.numbers`.
    case stepRefused
    /// A commit was durable before this tick. value: its number; detail: where its lease ends.
    case leaseGranted
    /// A commit was proposed after this tick. value: its number; detail: where its lease ends.
    case commitProposed
    /// A request was taken back, since it could not be made durable.
    case requestTakenBack
    /// A request that had become durable acts from this tick on.
    case requestActed
    /// The machine slept before this tick. value: for how many ns.
    case suspended
    /// What cannot be driven has changed: see `OutputNews`. value: the `OutputSet.bits`.
    case outputsFailed
    /// Somebody else vouches for UTC from this tick on. value: UTC in tick 0, in ns; detail: for how many ns
    /// the machine was off before this start, as it is known now; more: the `ClockSource.rawValue`.
    case clockVouched
    /// What is wrong with the places where things are kept has changed. value: the `StorageTroubles.bits`.
    case storageTold
    /// The core heard what the sensors say. See `samples`.
    case sampled
    /// The engine ended in order, after this tick.
    case engineEnded
  }

  public var kind: Kind
  public var tick: Int64
  public var value: Int64
  public var detail: Int64
  public var more: Int64

  public init(_ kind: Kind, tick: Int64, value: Int64, detail: Int64 = 0, more: Int64 = 0) {
    self.kind = kind
    self.tick = tick
    self.value = value
    self.detail = detail
    self.more = more
  }

  public init(_ samples: SensorReadings, tick: Int64) {
    self.init(
      .sampled, tick: tick, value: samples.encoder.packed, detail: samples.loadCell.packed,
      more: samples.pressure.packed)
  }

  /// Of a `sampled`, what.
  public var samples: SensorReadings {
    var samples = SensorReadings()
    samples.encoder = SensorReading(packed: value)
    samples.loadCell = SensorReading(packed: detail)
    samples.pressure = SensorReading(packed: more)
    return samples
  }

  /// Of a `clockVouched`, what.
  public var vouchedUTC: TickFacts.VouchedUTC {
    TickFacts.VouchedUTC(
      ClockSource(rawValue: UInt8(clamping: more)) ?? .nobody, atTickZero: value,
      wasOff: Nanoseconds(detail))
  }

  /// Of a `stepRefused`, why.
  public var stepRefusal: StepRefusal? {
    StepRefusal(kind: UInt8(clamping: value), hourSteps: detail, daySteps: more)
  }
}

extension SensorReading {
  /// The state in the lowest bits. No sensor has a value that does not fit above them.
  fileprivate var packed: Int64 {
    let most = Int64.max >> Self.stateBits
    return max(-most, min(value, most)) << Self.stateBits | Int64(state.rawValue)
  }

  fileprivate init(packed: Int64) {
    let state = UInt8(packed & (1 << Self.stateBits - 1))
    self.init(SensorState(rawValue: state) ?? .failed, value: packed >> Self.stateBits)
  }

  private static let stateBits: Int64 = 3
}
