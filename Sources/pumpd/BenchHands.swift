internal import DosingCore
internal import Synchronization

/// What people told the pump and so have done at its simulated bench, from the link thread to that of the bench.
final class BenchHands: Sendable {
  private let done = Mutex<[Change]>([])

  func append(_ change: Change) { done.withLock { $0.append(change) } }

  func take() -> [Change] {
    done.withLock { done in
      defer { done.removeAll() }
      return done
    }
  }
}
