internal import DosingCore
internal import Engine
public import Plant
public import Quantities

/// A load cell under the reservoir of a simulated bench. It is there before the pump, and after it.
public final class BenchScale {
  public var cell: LoadCellTruth
  /// Else nothing is heard of it.
  public var answers = true
  /// When the clock of the bench was zero, on one that no loss of power sets back.
  public var clockZero = Nanoseconds.zero

  public init(_ cell: LoadCellTruth = LoadCellTruth()) { self.cell = cell }

  /// What the pump reads.
  ///
  /// - Parameter now: on the clock of the bench.
  func look(_ microlitres: Double, at now: Nanoseconds, _ rig: Rig) -> SensorReading {
    // Water: a milligram a microlitre.
    let weight = cell.look(milligrams: microlitres, at: (clockZero + now).count)
    return SensorReading(
      shown: Int64(weight.rounded()), isHeard: answers,
      plausible: rig.reservoir.plausibleMilligrams, at: now)
  }
}
