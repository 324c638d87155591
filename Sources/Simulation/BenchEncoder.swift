internal import DosingCore
public import Plant
internal import Quantities

/// An encoder on the shaft of a simulated bench. It is there before the pump, and after it.
public final class BenchEncoder {
  public var chip: EncoderTruth
  /// Else nothing is heard of it.
  public var answers = true

  public init(_ chip: EncoderTruth = EncoderTruth()) { self.chip = chip }

  /// What the pump reads.
  ///
  /// - Parameter now: on the clock of the bench.
  func look(_ head: PumpHeadTruth, at now: Nanoseconds) -> SensorReading {
    // Where it is when nothing has turned yet is nobody's choice.
    let turns = 0.1 + Double(head.motorSteps) / Double(head.geometry.stepsPerRevolution)
    return SensorReading(
      shown: Int64(chip.look(turns: turns)), isHeard: answers,
      plausible: 0...(EncoderCounts.perRevolution - 1), at: now)
  }
}
