internal import Synchronization

/// Something worth a line in the log, in fixed memory.
public struct EngineEvent: Sendable, BitwiseCopyable {
  public enum Kind: UInt8, Sendable, BitwiseCopyable {
    case accepted
    case refused
    case ticksMissed
    case basalChanged
    case extraDoseEnded
    case alarmsChanged
  }

  public var kind: Kind
  public var tick: Int64
  /// Ticks for `ticksMissed`; else the mode, as `DeliveryMode.rawValue`.
  public var value: Int64
  /// Bit i is set while the alarm with raw value i is on.
  public var alarms: UInt8
}

/// Events from the tick thread to one reader. A full ring drops the newest and counts it.
@safe public final class EventRing: @unchecked Sendable {
  public static let capacity = 1024

  private let events: UnsafeMutablePointer<EngineEvent>
  private let written = Atomic<Int>(0)
  private let taken = Atomic<Int>(0)
  private let lost = Atomic<Int>(0)

  public init() {
    unsafe events = .allocate(capacity: Self.capacity)
    unsafe events.initialize(
      repeating: EngineEvent(kind: .accepted, tick: 0, value: 0, alarms: 0), count: Self.capacity)
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

  /// Reader: how many events were dropped since the last call.
  public func takeLost() -> Int { lost.exchange(0, ordering: .relaxed) }
}
