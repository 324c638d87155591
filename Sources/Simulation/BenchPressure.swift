internal import DosingCore
public import Plant
public import Quantities

/// A sensor of the pressure in the line of a simulated bench. It is there before the pump, and after it.
public final class BenchPressure {
  public var sensor: PressureSensorTruth
  /// Else nothing is heard of it.
  public var answers = true
  /// When the clock of the bench was zero, on one that no loss of power sets back.
  public var clockZero = Nanoseconds.zero

  public init(_ sensor: PressureSensorTruth = PressureSensorTruth()) { self.sensor = sensor }

  /// What the pump reads.
  ///
  /// - Parameter now: on the clock of the bench.
  func look(_ line: LinePressureTruth, at now: Nanoseconds, _ rig: Rig) -> SensorReading {
    guard let limits = rig.occlusion else { return SensorReading() }
    let shown = sensor.look(kilopascals: line.kilopascals, at: (clockZero + now).count)
    return SensorReading(
      shown: Int64((shown * 1_000).rounded()), isHeard: answers,
      plausible: limits.plausiblePascals, at: now)
  }
}
