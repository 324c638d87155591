public import DosingCore
internal import Synchronization

/// What the state was after a tick, to be made durable: the bytes of `DosingState.layout`, and all
/// events up to then.
public struct CommitProposal: Sendable {
  public var commit: Int64 = 0
  public var tick: Int64 = 0
  public var leaseEnd: Int64 = 0
  public var account = Account(perStep: 1)
  public var stepsInDoubt: Int64 = 0
  public var isStopped = false
  public var isHardStopped = false
  /// The engine has ended in order: nothing follows.
  public var isSettled = false
  /// How many events belong to it, counted from the start of the engine.
  public var events = 0
  public var state = FrameWriter()
  /// The record of the prescription; empty for none.
  public var prescription = FrameWriter()

  public init() {}
}

/// A commit that is durable, and the lease that it holds.
public struct LeaseGrant: Sendable, BitwiseCopyable {
  public var commit: Int64
  public var leaseEnd: Int64

  public init(commit: Int64, leaseEnd: Int64) {
    self.commit = commit
    self.leaseEnd = leaseEnd
  }
}

/// What the sensors said in a tick.
public struct Sample: Sendable {
  public var tick: Int64 = 0
  public var readings = SensorReadings()

  public init() {}
}

/// The mailboxes between the tick thread and whoever writes down what it does. Neither waits for the
/// other, and neither allocates.
public final class TickRecord: Sendable {
  public let events = EventRing()
  public let proposals = Latest(CommitProposal())
  public let grants = Latest(LeaseGrant(commit: 0, leaseEnd: 0))
  /// By how many ns the therapy clock was late, when somebody vouches for it.
  public let clock = Latest<Int64>(0)
  /// What the sensors said, now and then.
  public let samples = Latest(Sample())
  private let takenBack = Atomic<Int64>(-1)

  public init() {}

  /// From any thread: the last tick in which a request was taken back.
  public var takenBackAt: Int64 { takenBack.load(ordering: .acquiring) }

  func takeBack(at tick: Int64) { takenBack.store(tick, ordering: .releasing) }
}
