internal import DosingCore
internal import Engine
internal import Hardware
internal import Quantities

extension SensorReading {
  /// What a pump makes of a sensor of the bench that was just looked at.
  ///
  /// - Parameters:
  ///   - isHeard: else nothing is heard of it.
  ///   - now: on the clock of the bench.
  init(
    shown value: Int64, isHeard: Bool, plausible: ClosedRange<Int64>, at now: Nanoseconds
  ) {
    var sample = SensorSample()
    sample.newest = SensorValue(value, measuredAt: now.count)
    sample.hasFault = !isHeard
    self = SensorBounds(plausible: plausible, ageMax: .zero).judge(sample, at: now)
  }
}
