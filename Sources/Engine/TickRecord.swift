public import DosingCore
internal import Synchronization

/// What the state was after a tick, with what waits to be durable carried out, to be made durable: the
/// bytes of `DosingState.layout`, and all events up to then.
public struct CommitProposal: Sendable {
  public var commit: Int64 = 0
  public var tick: Int64 = 0
  public var leaseEnd: Int64 = 0
  public var account = Account(perStep: 1)
  public var stepsInDoubt: Int64 = 0
  public var isStopped = false
  public var isHardStopped = false
  /// The tick in which the newest extra dose began or ended; nil for none.
  public var doseChange: Int64?
  /// The engine has ended in order: nothing follows.
  public var isSettled = false
  /// How many events belong to it, counted from the start of the engine.
  public var events = 0
  public var state = RecordWriter()
  /// What the reservoir and the line hold.
  public var held = HeldWriter()
  /// The record of the prescription; empty for none.
  public var prescription = RecordWriter()

  public init() {}
}

/// The mailboxes between the tick thread and whoever writes down what it does. Neither waits for the
/// other, and neither allocates.
public final class TickRecord: Sendable {
  public let events = EventRing()
  public let proposals = Latest(CommitProposal())
  public let grants = Latest(TickFacts.Grant(commit: 0, leaseEnd: 0))
  /// Who vouches for UTC, where that has changed.
  public let clock = Latest(TickFacts.VouchedUTC(.nobody, atTickZero: 0))
  /// What is wrong with the places where things are kept, whenever that changes.
  public let storage = Latest(StorageTroubles.none)
  private let takenBack = Atomic<Int64>(0)
  private let acted = Atomic<Int64>(0)
  private let actedTick = Atomic<Int64>(0)

  public init() {}

  /// From any thread: the commit that was to hold the newest request that was taken back; 0 for none.
  public var takenBackCommit: Int64 { takenBack.load(ordering: .acquiring) }

  /// From any thread: the commit that was to hold the newest request that had to be durable first and
  /// acts, and from which tick on.
  public var acts: (commit: Int64, tick: Int64) {
    let commit = acted.load(ordering: .acquiring)
    return (commit, actedTick.load(ordering: .relaxed))
  }

  func takeBack(commit: Int64) { takenBack.store(commit, ordering: .releasing) }

  func act(commit: Int64, at tick: Int64) {
    actedTick.store(tick, ordering: .relaxed)
    acted.store(commit, ordering: .releasing)
  }
}
