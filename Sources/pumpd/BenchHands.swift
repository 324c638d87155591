internal import DosingCore
internal import Quantities
internal import Synchronization

/// What people told the pump and so have done at its simulated bench, from the link thread to that of the bench.
final class BenchHands: Sendable {
  struct Work: Sendable {
    let change: Change
    /// Of the syringe of a refill that is under way.
    let label: Concentration
  }

  private let done = Mutex<[Work]>([])

  func append(_ work: Work) { done.withLock { $0.append(work) } }

  func take() -> [Work] {
    done.withLock { done in
      defer { done.removeAll() }
      return done
    }
  }
}
