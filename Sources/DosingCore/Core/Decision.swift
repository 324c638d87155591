/// What a tick decides, and what happened in it. Two bytes, because every tick returns them.
public struct Decision: Equatable, Sendable, BitwiseCopyable {
  private var flags: UInt16 = 0

  public init() {}

  /// Make one motor step now.
  public var steps: Bool {
    get { self[0] }
    set { self[0] = newValue }
  }

  public var basalChanged: Bool {
    get { self[1] }
    set { self[1] = newValue }
  }

  public var extraDoseEnded: Bool {
    get { self[2] }
    set { self[2] = newValue }
  }

  /// A fault was raised, became a high alarm, or ended.
  public var faultsChanged: Bool {
    get { self[3] }
    set { self[3] = newValue }
  }

  /// Ticks were missed before this one.
  public var wasLate: Bool {
    get { self[4] }
    set { self[4] = newValue }
  }

  /// What is durable has to follow: `DosingState.propose()` is to be called after this tick.
  public var wantsCommit: Bool {
    get { self[5] }
    set { self[5] = newValue }
  }

  /// A request that was accepted could not be made durable, or was overtaken by a stop: it never
  /// happened.
  public var tookBack: Bool {
    get { self[6] }
    set { self[6] = newValue }
  }

  /// A request that was accepted became durable, and acts from this tick on.
  public var carriedOut: Bool {
    get { self[7] }
    set { self[7] = newValue }
  }

  /// `DosingState.outputs` may be others than before this tick.
  public var mayChangeOutputs: Bool {
    get { self[8] }
    set { self[8] = newValue }
  }

  private subscript(flag: UInt16) -> Bool {
    get { flags & (1 << flag) != 0 }
    set { flags = newValue ? flags | (1 << flag) : flags & ~(1 << flag) }
  }
}
