public import Quantities

/// From what pressure on the line counts as blocked: all of a sensor of the pressure that decides anything.
public struct OcclusionLimits: Equatable, Sendable, BitwiseCopyable {
  /// At or above: blocked, whatever is usual.
  public var threshold: Pressure
  /// So much above what is usual at this flow: blocked, long before the threshold where the flow is slow.
  public var rise: Pressure

  /// A metre of water: more than a patient who sits up moves it by.
  public static let usualRise = Pressure(pascals: 10_000)

  public init(threshold: Pressure, rise: Pressure = Self.usualRise) {
    self.threshold = threshold
    self.rise = rise
  }

  /// Less than none below, four times the threshold above. Beyond, a wire or the bridge of the sensor is broken.
  public var plausiblePascals: ClosedRange<Int64> {
    let pascals = max(0, threshold.pascals)
    return -pascals...4 * pascals
  }
}
