internal import DosingCore
public import Quantities
internal import Synchronization

/// Between the tick thread, which says what people are to be told, and the annunciator's, which tells it. Neither
/// waits for the other.
public final class AlarmPost: Sendable {
  private let signal = Atomic<UInt8>(AlarmSignal().code)
  private let failing = Atomic<UInt8>(0)
  private let lookedAt: Atomic<Int64>

  /// An annunciator that has not looked for so long drives nothing any more.
  public static let lookMax = Nanoseconds.seconds(1)

  /// - Parameter now: CLOCK_MONOTONIC.
  public init(at now: Nanoseconds) { lookedAt = Atomic(now.count) }

  // MARK: The tick thread

  /// What is to be told from now on.
  func tell(_ wanted: AlarmSignal) { signal.store(wanted.code, ordering: .relaxed) }

  /// What cannot be told now.
  func failed(at now: Nanoseconds) -> OutputSet {
    let isGone = now - Nanoseconds(lookedAt.load(ordering: .relaxed)) > Self.lookMax
    return isGone ? .ofTheSignals : OutputSet(bits: failing.load(ordering: .relaxed))
  }

  // MARK: The annunciator's thread

  func look(at now: Nanoseconds) -> AlarmSignal {
    lookedAt.store(now.count, ordering: .relaxed)
    return AlarmSignal(code: signal.load(ordering: .relaxed))
  }

  func report(failed: OutputSet) { failing.store(failed.bits, ordering: .relaxed) }
}
