public import Quantities

/// A device on a bus that is asked again and again.
///
/// A poll never waits: what takes time, such as a calibration, goes on from one poll to the next.
public protocol Sensor: Sendable {
  /// What is new, or nil where that is nothing yet. After a fault the next poll starts afresh.
  ///
  /// - Parameter now: CLOCK_MONOTONIC. Never earlier than in the poll before.
  mutating func poll(_ bus: I2CBus, at now: Nanoseconds) throws(SensorFault) -> SensorValue?
}
