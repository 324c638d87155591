internal import Synchronization

/// Events from the tick thread to one reader. A full ring drops the newest and counts it.
@safe public final class EventRing: @unchecked Sendable {
  /// A quarter of an hour of steps at 18 a second.
  public static let capacity = 16_384

  private let events: UnsafeMutablePointer<EngineEvent>
  private let written = Atomic<Int>(0)
  private let taken = Atomic<Int>(0)
  private let lost = Atomic<Int>(0)

  public init() {
    unsafe events = .allocate(capacity: Self.capacity)
    unsafe events.initialize(
      repeating: EngineEvent(.stepMade, tick: 0, value: 0), count: Self.capacity)
  }

  deinit { unsafe events.deallocate() }

  /// Tick thread.
  public func append(_ event: EngineEvent) {
    let end = written.load(ordering: .relaxed)
    guard end - taken.load(ordering: .acquiring) < Self.capacity else {
      lost.wrappingAdd(1, ordering: .relaxed)
      return
    }
    unsafe events[end % Self.capacity] = event
    written.store(end + 1, ordering: .releasing)
  }

  /// Reader: the oldest event; nil where there is none.
  public func take() -> EngineEvent? {
    let begin = taken.load(ordering: .relaxed)
    guard begin < written.load(ordering: .acquiring) else { return nil }
    let event = unsafe events[begin % Self.capacity]
    taken.store(begin + 1, ordering: .releasing)
    return event
  }

  /// Reader: the event that `take` would return.
  public func peek() -> EngineEvent? {
    let begin = taken.load(ordering: .relaxed)
    guard begin < written.load(ordering: .acquiring) else { return nil }
    return unsafe events[begin % Self.capacity]
  }

  /// Tick thread: how many events were appended, the lost ones not counted.
  public var count: Int { written.load(ordering: .relaxed) }

  /// Reader: how many events were taken.
  public var takenCount: Int { taken.load(ordering: .relaxed) }

  /// Reader: how many events were dropped since the last call.
  public func takeLost() -> Int { lost.exchange(0, ordering: .relaxed) }
}
