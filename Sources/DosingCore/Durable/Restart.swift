public import Quantities

/// What the tick leaves for its successor: enough to know, after the death of the process, how far the
/// motor got.
public struct TickTrace: Sendable, BitwiseCopyable {
  public var tick: Tick
  public var account: AccountTrace
  /// The newest step of the account was begun, and nobody wrote down that it was made.
  public var stepIsUnderWay: Bool
  /// What an earlier restart left in doubt, which may not be durable yet either.
  public var stepsInDoubt: Int64
  /// Faults may be raised before that is durable, and those that latch may not be forgotten.
  public var faults: FaultSet
  /// The newest commit that is durable: a journal that holds an older one was put back. 0 where the version
  /// that left it did not say.
  public var commit: Int64

  public init(
    tick: Tick, account: AccountTrace, stepIsUnderWay: Bool, stepsInDoubt: Int64, faults: FaultSet,
    commit: Int64 = 0
  ) {
    self.tick = tick
    self.account = account
    self.stepIsUnderWay = stepIsUnderWay
    self.stepsInDoubt = stepsInDoubt
    self.faults = faults
    self.commit = commit
  }
}

/// What is known about the time between the newest commit and a new start.
public struct Restart: Sendable, BitwiseCopyable {
  /// The tick before the first one of the new start: powered time up to now.
  public var at: Tick
  /// Where the lease of the newest commit ended.
  public var leaseEnd: Int64
  /// What the last tick left behind; nil where the power went or it cannot be read.
  public var trace: TickTrace?
  /// The engine was ended in order.
  public var isPlanned = false
  /// The machine was started since the newest commit, or that cannot be told: the therapy clock has to be
  /// vouched for anew.
  public var isOtherBoot = false
  /// UTC, where somebody vouches for it.
  public var utc: TickFacts.VouchedUTC?
  /// Time since the newest commit in which the engine may have run; nil where nobody tells how long it was.
  public var mayHaveRun: TickCount? = .zero
  // What the safe-basal record knows of, if it is newer.
  public var isStopped = false
  public var isHardStopped = false
  /// The safe-basal record is newer than the journal, or the journal is gone.
  public var historyIsIncomplete = false
  /// The rig file is not what was committed.
  public var isOtherRig = false

  public init(at: Tick, leaseEnd: Int64) {
    self.at = at
    self.leaseEnd = leaseEnd
  }
}

/// What a restart found, for the report.
public struct RestartOutcome: Equatable, Sendable, BitwiseCopyable {
  /// Steps that may have been made and were not counted.
  public var stepsInDoubt: Int64 = 0
  /// What was prescribed for the time that passed, in units of account.
  public var notDelivered: Int128 = 0
  /// The rest of an extra dose was given up.
  public var discardedExtraDose = false
  /// What was left of it, as far as is known; nil where there was none.
  public var discarded: RunningExtraDose?

  public init() {}
}
