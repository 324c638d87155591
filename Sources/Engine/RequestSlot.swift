public import DosingCore
internal import Synchronization

/// One request on its way from the link thread to the tick thread and its answer on the way back.
///
/// One thread offers, one takes. Nobody waits for a lock: the slot is passed by its state.
@safe public final class RequestSlot: @unchecked Sendable {
  private enum State {
    static let empty = 0
    static let offered = 1
    static let taken = 2
    static let answered = 3
  }

  private let state = Atomic<Int>(State.empty)
  private let request: UnsafeMutablePointer<Request>
  /// The number of the request. Passed by `state`, as the request is.
  private var id: Int64 = 0
  private let reply: UnsafeMutablePointer<Reply>

  /// What the tick decided, in which tick, and the commit that has to be durable before it may be
  /// told; 0 for none.
  public struct Reply: Sendable {
    public var answer: Answer
    public var tick: Int64
    public var commit: Int64
  }

  public init() {
    unsafe request = .allocate(capacity: 1)
    unsafe reply = .allocate(capacity: 1)
    unsafe request.initialize(to: .stop)
    unsafe reply.initialize(to: Reply(answer: .accepted, tick: 0, commit: 0))
  }

  deinit {
    unsafe request.deallocate()
    unsafe reply.deallocate()
  }

  // MARK: Link thread

  /// Puts a request into the slot.
  ///
  /// - Precondition: the slot is empty.
  public func offer(_ request: Request, id: Int64 = 0) {
    precondition(state.load(ordering: .acquiring) == State.empty)
    self.id = id
    unsafe self.request.pointee = request
    state.store(State.offered, ordering: .releasing)
  }

  /// The reply, once; nil while there is none.
  public func takeReply() -> Reply? {
    guard state.load(ordering: .acquiring) == State.answered else { return nil }
    let reply = unsafe self.reply.pointee
    state.store(State.empty, ordering: .releasing)
    return reply
  }

  /// Takes the request back. False where the tick thread already has it: then a reply will come.
  public func withdraw() -> Bool {
    state.compareExchange(
      expected: State.offered, desired: State.empty, ordering: .acquiringAndReleasing
    ).exchanged
  }

  // MARK: Tick thread

  /// Answers the request in the slot, if there is one.
  @inline(__always)
  public func answer(
    at tick: Int64, _ decide: (_ request: Request, _ id: Int64) -> (answer: Answer, commit: Int64)
  ) {
    guard state.load(ordering: .relaxed) == State.offered else { return }
    answerOffered(at: tick, decide)
  }

  private func answerOffered(
    at tick: Int64, _ decide: (_ request: Request, _ id: Int64) -> (answer: Answer, commit: Int64)
  ) {
    let (taken, _) = state.compareExchange(
      expected: State.offered, desired: State.taken, ordering: .acquiringAndReleasing)
    guard taken else { return }
    let (answer, commit) = unsafe decide(request.pointee, id)
    unsafe reply.pointee = Reply(answer: answer, tick: tick, commit: commit)
    state.store(State.answered, ordering: .releasing)
  }
}
