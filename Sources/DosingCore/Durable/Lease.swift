internal import Quantities

/// How far the motor may go on what is durable.
///
/// A lease is a count of steps that has been written down before the first of them is made. When half
/// of it is left, the next one is asked for, so that a healthy storage is never waited for. Commits
/// are numbered; each holds everything that happened before it was proposed.
struct Lease: BitwiseCopyable {
  /// False where nothing is written down, as in a simulation: then nothing binds.
  private(set) var isOn = false
  /// The engine has ended in order: no step may follow.
  private(set) var isSettled = false
  /// The count of steps that may not be passed.
  private(set) var end = Int64.max
  /// The count of steps at which the next commit is asked for.
  private(set) var askAt = Int64.max
  /// The newest commit that was proposed, where its lease ends, and how many steps that lease has.
  private(set) var proposed: Int64 = 0
  private(set) var proposedEnd: Int64 = 0
  private var proposedSize: Int64 = 0
  /// The newest commit that is durable.
  private(set) var durable: Int64 = 0
  /// Since when a commit has been waited for; nil where none is.
  private(set) var waitsSince: Tick?
  /// When a commit is proposed even if nothing happens.
  private(set) var nextCommit = Tick.never

  /// From here on nothing is delivered before it is leased.
  ///
  /// - Parameter commits: how many there were before.
  mutating func begin(steps: Int64, commits: Int64, at tick: Tick) {
    self = Lease()
    isOn = true
    (end, askAt) = (steps, steps)
    (proposed, durable) = (commits, commits)
    nextCommit = tick
  }

  /// Nothing can be written down, and nothing is waited for.
  mutating func lift() { end = .max }

  /// Nothing more is delivered.
  mutating func settle(steps: Int64) {
    end = steps
    isSettled = true
  }

  mutating func propose(size: Int64, steps: Int64, at tick: Tick, nextCommit next: Tick) {
    proposed += 1
    // One lease beyond the one that runs, and never more than half a lease of that is left then: a
    // commit that comes early, for a fault or a stop, does not add to what a power cut leaves in doubt.
    let base = end == .max ? steps : max(end, steps)
    proposedEnd = max(base, min(base + size, steps + size + size / 2))
    proposedSize = size
    askAt = .max
    if waitsSince == nil { waitsSince = tick }
    nextCommit = next
  }

  /// A commit is durable, and with it a lease up to `granted`.
  mutating func grant(_ commit: Int64, end granted: Int64, at tick: Tick) {
    guard isOn, commit > durable, commit <= proposed else { return }
    durable = commit
    waitsSince = commit < proposed ? tick : nil
    // Where nothing could be written down, only a commit of all that has happened ends that.
    if end == .max, commit < proposed { return }
    end = granted
    if commit == proposed { askAt = granted - proposedSize / 2 }
  }
}
