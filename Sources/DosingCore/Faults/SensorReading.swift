/// What is known about one sensor, as the tick judged it.
public enum SensorState: UInt8, Sendable, BitwiseCopyable {
  /// The rig has none.
  case absent = 0
  /// There was no value yet.
  case starting = 1
  case good = 2
  /// The newest value is too old to be believed.
  case stale = 3
  /// The newest value cannot be.
  case implausible = 4
  /// The sensor says that it has no value, or nothing.
  case failed = 5
}

/// One sensor: its value counts only where `state` is `good`.
public struct SensorReading: Equatable, Sendable, BitwiseCopyable {
  public var state = SensorState.absent
  /// The newest value, 0 where there was none.
  public var value: Int64 = 0

  public init() {}

  public init(_ state: SensorState, value: Int64 = 0) {
    self.state = state
    self.value = value
  }
}

/// The sensors of a rig.
public struct SensorReadings: Equatable, Sendable, BitwiseCopyable {
  /// Of the head's shaft: 0 to 4095 for a revolution.
  public var encoder = SensorReading()
  /// Of the reservoir's contents, in milligrams.
  public var loadCell = SensorReading()
  /// In the line, in pascals.
  public var pressure = SensorReading()

  public init() {}

  /// Whether every sensor is believed, or not, as in `other`.
  public func statesEqual(_ other: SensorReadings) -> Bool {
    encoder.state == other.encoder.state && loadCell.state == other.loadCell.state
      && pressure.state == other.pressure.state
  }
}

#if !hasFeature(Embedded)
  extension SensorState: CaseIterable {}
#endif
