internal import Synchronization

/// The newest value of a kind, from one writer to one reader. Neither waits for the other.
///
/// Three copies: one is being written, one is being read, one is the newest. Each side swaps its own
/// for the newest in one atomic exchange.
@safe public final class Latest<Value: Sendable>: @unchecked Sendable {
  private static var fresh: Int { 4 }

  private let copies: UnsafeMutablePointer<Value>
  /// The index of the newest copy, and whether the reader has not seen it yet.
  private let newest = Atomic<Int>(1)
  // Each belongs to one side alone.
  private var writing = 0
  private var reading = 2

  public init(_ value: Value) {
    unsafe copies = .allocate(capacity: 3)
    unsafe copies.initialize(repeating: value, count: 3)
  }

  deinit { unsafe copies.deallocate() }

  /// Writer: `fill` writes every field that changes.
  public func publish(_ fill: (inout Value) -> Void) {
    unsafe fill(&copies[writing])
    let old = newest.exchange(writing | Self.fresh, ordering: .acquiringAndReleasing)
    writing = old & ~Self.fresh
  }

  /// Reader: something was published since it last read.
  @inline(__always)
  public var isNew: Bool { newest.load(ordering: .relaxed) & Self.fresh != 0 }

  /// Reader: the newest value, once; nil where nothing was published since.
  @inline(__always)
  public func readIfNew() -> Value? { isNew ? read() : nil }

  /// Reader: the newest value there is.
  public func read() -> Value {
    if isNew {
      let old = newest.exchange(reading, ordering: .acquiringAndReleasing)
      reading = old & ~Self.fresh
    }
    return unsafe copies[reading]
  }
}
