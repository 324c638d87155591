public import Quantities

/// What there may be: from the least to the most.
public struct VolumeInterval: Equatable, Sendable, BitwiseCopyable {
  public var least = Volume.zero
  public var most = Volume.zero

  public init() {}

  public init(least: Volume, most: Volume) { (self.least, self.most) = (least, most) }

  /// What both leave; where they leave nothing, this one.
  func met(by other: VolumeInterval) -> VolumeInterval {
    let both = VolumeInterval(least: max(least, other.least), most: min(most, other.most))
    return both.least <= both.most ? both : self
  }

  /// All that either says.
  func joined(with other: VolumeInterval) -> VolumeInterval {
    VolumeInterval(least: min(least, other.least), most: max(most, other.most))
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("least", &least)
    coder.field("most", &most)
  }
}

/// What the reservoir may hold.
public struct ReservoirIntervals: Equatable, Sendable, BitwiseCopyable {
  /// What count and weight say together.
  public var held: VolumeInterval
  /// The fill less what was given. The head may be off by its accuracy either way, and steps in doubt may have
  /// been made or not.
  public var counted: VolumeInterval
  /// By the load cell, which may be off by its error and its drift; nil where there is none, or it is not
  /// believed.
  public var weighed: VolumeInterval?

  public init() { self.init(counted: VolumeInterval()) }

  public init(counted: VolumeInterval) { (held, self.counted) = (counted, counted) }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.begin("held", .plain)
    held.layout(&coder)
    coder.end()
    coder.begin("counted", .plain)
    counted.layout(&coder)
    coder.end()
    optional("weighed", &weighed, else: VolumeInterval(), &coder) { interval, coder in
      interval.layout(&coder)
    }
  }
}
