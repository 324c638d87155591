public import Quantities

/// What a person is shown of the way of the drug, from the tip back to the reservoir.
public struct ShownLine: Sendable {
  public struct Part: Equatable, Sendable, BitwiseCopyable {
    /// 0: no drug.
    public var concentration = Concentration.zero
    /// What of it is in the line.
    public var volume = Volume.zero
    /// By how much of that nobody knows where it ends.
    public var uncertain = Volume.zero
    /// When the tip gives the next one, if basal goes on as it is ordered; nil for what the reservoir holds,
    /// and where nothing runs.
    public var leaves: Tick?

    public init() {}
  }

  /// Whoever replaced the line has said that it is connected.
  public var isConnected = true
  /// A prime or a purge that runs; nil for none.
  public var prime: ShownPrime?
  /// Two concentrations are mixed at the tip.
  public var isMixing = false
  /// Nothing was filled yet where there is none.
  public private(set) var count = 0
  private var parts = InlineArray<8, Part>(repeating: Part())

  public init() {}

  /// From the tip on.
  public subscript(index: Int) -> Part { parts[index] }

  public mutating func append(_ part: Part) {
    guard count < Line.capacity else { return }
    parts[count] = part
    count += 1
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("is_connected", &isConnected)
    layoutPrime(&coder)
    coder.field("is_mixing", &isMixing)
    coder.begin("parts", .list(countBytes: 1, atMost: Line.capacity))
    coder.field(count: &count, atMost: Line.capacity)
    for index in 0..<count { parts[index].layout(&coder) }
    coder.end()
  }

  /// A flag, and a prime where one runs.
  private mutating func layoutPrime(_ coder: inout some FrameCoder) {
    coder.begin("prime", .ifPresent)
    var runs = prime != nil
    coder.field(&runs)
    var told = prime ?? ShownPrime()
    if runs { told.layout(&coder) }
    prime = runs ? told : nil
    coder.end()
  }
}

/// A prime or a purge that runs.
public struct ShownPrime: Equatable, Sendable, BitwiseCopyable {
  public var kind = Prime.Kind.prime
  /// What is to be pushed yet, and when that is done.
  public var left = Volume.zero
  public var ends = Tick(0)

  public init() {}

  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("kind", &kind)
    coder.field("left", &left)
    coder.field("ends", magnitude: &ends.number, unit: "tick")
  }
}

extension ShownLine.Part {
  fileprivate mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("concentration", &concentration)
    coder.field("volume", &volume)
    coder.field("uncertain", &uncertain)
    optional("leaves", &leaves, else: Tick(0), &coder) { tick, coder in
      coder.field("at", magnitude: &tick.number, unit: "tick")
    }
  }
}
