/// Something that the tick did, in fixed memory: worth a line in the log, or needed to replay what
/// happened.
public struct EngineEvent: Equatable, Sendable, BitwiseCopyable {
  /// What `value` and `detail` are is said for each; `value` is else the mode, as
  /// `DeliveryMode.rawValue`.
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// A request was decided. value: its number; detail: 0, or the `RefusalReason.rawValue`.
    case requestDecided
    /// Ticks did not run before this one. value: how many.
    case ticksMissed
    case basalChanged
    case extraDoseEnded
    case alarmsChanged
    /// A step was decided, and passed.
    case stepMade
    /// A step was decided, and the interlock refused it. value: the `StepRefusal.rawValue`.
    case stepRefused
    /// A commit was durable before this tick. value: its number; detail: where its lease ends.
    case leaseGranted
    /// A commit was proposed after this tick. value: its number; detail: where its lease ends.
    case commitProposed
    /// A request was taken back, since it could not be made durable.
    case requestTakenBack
    /// Somebody vouched for the therapy clock before this tick. value: by how many ns it was late.
    case clockTrusted
    /// The engine ended in order, after this tick.
    case engineEnded
  }

  public var kind: Kind
  public var tick: Int64
  public var value: Int64
  public var detail: Int64
  /// Bit i is set while the alarm with raw value i is on.
  public var alarms: UInt16

  public init(_ kind: Kind, tick: Int64, value: Int64, detail: Int64 = 0, alarms: UInt16 = 0) {
    self.kind = kind
    self.tick = tick
    self.value = value
    self.detail = detail
    self.alarms = alarms
  }
}
