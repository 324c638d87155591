public import Quantities

/// What follows from a fault: the one place where it is written.
///
/// Mode, outputs, refusals, journal and displays read these rows. A consequence has three axes, and where
/// several faults are on the strictest of each axis holds.
public struct FaultRow: Sendable {
  /// Which basal rate runs, where any does.
  public enum Rate: UInt8, Comparable, Sendable, BitwiseCopyable {
    case scheduled = 0
    case safe = 1

    public static func < (left: Rate, right: Rate) -> Bool { left.rawValue < right.rawValue }
  }

  /// Whether the motor may run.
  public enum Gate: UInt8, Comparable, Sendable, BitwiseCopyable {
    case run = 0
    /// Now and then for some steps: see `Attempts`.
    case attempts = 1
    case stopped = 2
    /// The interlock is shut, the driver is off and the heartbeat stands still until a signed command clears it.
    case hardStop = 3

    public static func < (left: Gate, right: Gate) -> Bool { left.rawValue < right.rawValue }
  }

  /// What ends a fault.
  public enum End: UInt8, Sendable, BitwiseCopyable {
    /// Its cause: it is on exactly while that holds.
    case cause = 0
    /// Somebody who has seen it.
    case acknowledge = 1
    /// A commit of an order.
    case commit = 2
    /// `resume`, `new` and `clear`, each its own fault.
    case request = 3
  }

  /// What becomes of basal while the gate is closed.
  public enum Withheld: Sendable {
    /// Nothing is ordered then, so nothing is missing.
    case notOrdered
    /// It is prescribed, and a deficit for this reason.
    case deficit(Account.Deficit)
  }

  public let priority: AlarmPriority
  public let rate: Rate
  /// The rate where nobody sees the shaft turn: one fault more that leaves open whether what is told is given.
  public let rateUnseen: Rate
  public let gate: Gate
  public let withheld: Withheld
  /// What whoever asks for an extra dose is told; nil where extra doses go on.
  public let refusesExtras: RefusalReason?
  /// How long it is on before it becomes a high alarm, whoever has seen it. Where it is nil a medium one does so
  /// after `Limits.unseenEscalation` that nobody has acknowledged.
  public let becomesHighAfter: Nanoseconds?
  public let end: End
  /// How long it is on at the most; nil for as long as it takes.
  public let lasts: Nanoseconds?
  /// What the pump shows as its mode while this fault closes the gate.
  public let mode: DeliveryMode?

  private init(
    _ priority: AlarmPriority, rate: Rate = .scheduled, unseen: Rate? = nil, gate: Gate = .run,
    withheld: Withheld = .notOrdered, extras: RefusalReason?, highAfter: Nanoseconds? = nil,
    end: End, lasts: Nanoseconds? = nil, mode: DeliveryMode? = nil
  ) {
    self.priority = priority
    self.rate = rate
    rateUnseen = unseen ?? rate
    self.gate = gate
    self.withheld = withheld
    refusesExtras = extras
    becomesHighAfter = highAfter
    self.end = end
    self.lasts = lasts
    self.mode = mode
  }

  /// The row of a fault. The reasons are those of the hazards and requirements that name the fault.
  public init(of code: FaultCode) {
    self =
      switch code {
      // Withdrawal starts within hours, so a stop is no safe state for long.
      case .stopped:
        Self(
          .medium, gate: .stopped, extras: .stopped, highAfter: Limits.stopEscalation,
          end: .request,
          mode: .stoppedByCommand)
      case .reservoirLow: Self(.medium, extras: .reservoirLow, end: .cause)
      // No air may enter the line.
      case .reservoirEmpty:
        Self(
          .high, gate: .stopped, withheld: .deficit(.reservoirEmpty), extras: .highAlarm,
          end: .cause,
          mode: .reservoirEmpty)
      // The step is dropped and basal goes on: a limit never latches it off.
      case .basalRefusedByLimit: Self(.high, extras: .highAlarm, end: .commit)
      case .interlockDisagrees:
        Self(
          .high, rate: .safe, extras: .safeBasal, end: .acknowledge, lasts: Limits.episode)
      case .hardStop:
        Self(
          .high, gate: .hardStop, withheld: .deficit(.hardStop), extras: .hardStop, end: .request,
          mode: .hardStop)
      case .storageFailed: Self(.high, rate: .safe, extras: .safeBasal, end: .cause)
      case .restartedOften: Self(.high, extras: .highAlarm, end: .acknowledge)
      case .longInterruption:
        Self(.high, rate: .safe, extras: .safeBasal, end: .acknowledge)
      case .accountUncertain:
        Self(.medium, extras: .accountUncertain, end: .acknowledge, lasts: Limits.episode)
      case .clockUncertain: Self(.medium, rate: .safe, extras: .safeBasal, end: .cause)
      case .historyIncomplete:
        Self(.high, rate: .safe, extras: .safeBasal, end: .acknowledge)
      case .otherRig: Self(.high, extras: .highAlarm, end: .cause)
      case .noHistory:
        Self(.high, gate: .stopped, extras: .noHistory, end: .request, mode: .noHistory)
      case .driveFails:
        Self(.medium, unseen: .safe, extras: .driveFails, highAfter: .minutes(5), end: .cause)
      case .outputFails:
        Self(.medium, extras: nil, highAfter: .minutes(5), end: .cause)
      case .storageSlow, .ticksLate: Self(.medium, extras: nil, end: .cause)
      // What was missed is a deficit, and the clock goes on rightly: somebody should know.
      case .suspended: Self(.medium, extras: nil, end: .acknowledge)
      case .newClockUncertain: Self(.low, extras: nil, end: .acknowledge)
      case .orderNotValid: Self(.medium, extras: .orderNotValid, end: .cause)
      // Nothing moves a clock that runs but a person: he decides which of the two is wrong.
      case .clockDiffers: Self(.medium, extras: nil, end: .cause)
      // The journal is whole, and so is the other copy, or it will be missed soon enough.
      case .copyFails: Self(.medium, extras: nil, end: .cause)
      // Basal goes on as it is leased, and where nothing can be written for 10 s by `storageFailed`. It mends
      // within seconds where it can, and somebody has to know that the past was taken away.
      case .storageLost: Self(.high, extras: .highAlarm, end: .acknowledge)
      // It is dosed as the strongest that it may be, which may be too little.
      case .reservoirUnknown: Self(.high, extras: .highAlarm, end: .cause)
      // One that is off may not repeat; somebody has to look at it.
      case .refillDiffers: Self(.medium, extras: nil, end: .acknowledge)
      // Withdrawal starts within hours; delivery alone brings the drug back.
      case .noDrugAtTip: Self(.high, extras: .noDrugAtTip, end: .cause)
      // It is dosed as the strongest that it may be, which may be too little.
      case .lineUncertain: Self(.high, extras: .highAlarm, end: .cause)
      // One of the two is wrong, and basal by the count is what was ordered.
      case .weightDiffers, .notEmptying: Self(.medium, unseen: .safe, extras: nil, end: .cause)
      // What did not reach the reservoir may be in the patient, and the reservoir empty soon.
      case .fluidElsewhere: Self(.high, extras: .highAlarm, end: .cause)
      // Nobody is treated, and only a person can tell when somebody is.
      case .notConnected: Self(.high, extras: .notConnected, end: .cause)
      // More force would break something, and what is missing is never made up. High from the second attempt on.
      case .stalled:
        Self(
          .medium, gate: .attempts, withheld: .deficit(.driveFailed), extras: .driveFails,
          end: .cause, mode: .stalled)
      // Less was given than was ordered: somebody should know, and look for what held it.
      case .wasStalled, .shaftSlips: Self(.medium, unseen: .safe, extras: nil, end: .acknowledge)
      // What moves it is not this engine: `hardStop` comes with it.
      case .driveDisobeys, .freeFlow:
        Self(
          .high, gate: .hardStop, withheld: .deficit(.hardStop), extras: .hardStop, end: .request,
          mode: .hardStop)
      // A stall would go unnoticed, and an extra dose would be taken for given.
      case .encoderLost:
        Self(.medium, extras: .encoderLost, highAfter: Limits.blindEscalation, end: .cause)
      // What was ordered is right by the count, and nothing else is measured by it.
      case .loadCellLost, .pressureLost: Self(.medium, unseen: .safe, extras: nil, end: .cause)
      // Each step more would come at once when it opens. High when the second attempt would be made, since there is
      // none where the pressure stays.
      case .occluded:
        Self(
          .medium, unseen: .safe, gate: .attempts, withheld: .deficit(.driveFailed),
          extras: .occluded, highAfter: Limits.occlusionEscalation, end: .cause, mode: .occluded)
      // What was pressed into the line is counted as given, and comes, or came, at once.
      case .wasOccluded: Self(.medium, unseen: .safe, extras: .occluded, end: .acknowledge)
      }
  }

  /// A fault that a restart has to carry over, since no cause brings it back by itself.
  public var latches: Bool { end != .cause }
}
