internal import Quantities

/// An accepted request on its way to being durable: until then it has changed nothing.
///
/// What is written down is the state with the request carried out; what runs is the state without. When
/// its commit is durable the request is admitted once more and acts, in the tick that learns of it. If it
/// cannot be made durable in time, or a stop comes first, it is dropped: then it never happened, and the
/// next commit says so. One request at a time: the next one hangs on what this one comes to.
///
/// Not an optional: a tick looks into it and must not copy the request.
struct Transaction: BitwiseCopyable {
  /// Whether a request waits; else nothing here means anything.
  private(set) var isOpen: Bool
  private(set) var request: Request
  /// Since when it waits.
  private(set) var since: Tick
  /// The commit that holds it.
  private(set) var commit: Int64

  /// None waits.
  init() { (isOpen, request, since, commit) = (false, .stop, .never, 0) }

  mutating func open(_ request: Request, at tick: Tick, commit: Int64) {
    self.request = request
    (since, self.commit, isOpen) = (tick, commit, true)
  }

  mutating func close() { isOpen = false }
}

extension DosingState {
  /// The state as it will be when what waits is durable: what has to be written down.
  public var afterWaiting: DosingState {
    var after = self
    after.actOnWaiting()
    return after
  }

  /// What waited is durable, or is about to be: it acts now. Where something has come between, as a fault,
  /// that speaks against it, it never happened.
  mutating func actOnWaiting() {
    guard waiting.isOpen else { return }
    waiting.close()
    if refuses(waiting.request) == nil {
      carryOut(waiting.request)
      noteActed(commit: waiting.commit)
    } else {
      noteTakenBack(commit: waiting.commit)
    }
    watch()
    latch()
  }

  /// What waits never happened.
  mutating func takeBack() {
    guard waiting.isOpen else { return }
    waiting.close()
    noteTakenBack(commit: waiting.commit)
  }

  mutating func noteActed(commit: Int64) {
    actedCommit = commit
    happened.carriedOut = true
  }

  private mutating func noteTakenBack(commit: Int64) {
    takenBackCommit = commit
    happened.tookBack = true
    happened.wantsCommit = true
  }
}
