public import Quantities

/// The way of the drug from the head to the tip: tubing of the pump, then the catheter.
public struct RigLine: Equatable, Sendable, BitwiseCopyable {
  public var pumpTubing: Volume
  /// Its length times what it holds in a unit of length.
  public var catheter: Volume
  /// How far a boundary between two drugs is mixed when it comes to the tip: a share of the volume of the
  /// line, half of it on either side, in thousandths.
  public var mixingPermille: Int64
  /// How far the volume of the line may be off, either way, in thousandths.
  public var tolerancePermille: Int64
  /// The flow of a prime and of a purge. nil: the highest of the head.
  public var primeRate: FlowRate?

  public init(
    pumpTubing: Volume, catheter: Volume, mixingPermille: Int64 = 200,
    tolerancePermille: Int64 = 50, primeRate: FlowRate? = nil
  ) {
    self.pumpTubing = pumpTubing
    self.catheter = catheter
    self.mixingPermille = mixingPermille
    self.tolerancePermille = tolerancePermille
    self.primeRate = primeRate
  }

  /// What all of it holds.
  public var volume: Volume { pumpTubing + catheter }

  /// Of a rig that does not say: 0.25 mL of tubing, and 70 cm of a catheter of 2.2 uL/cm.
  public static let usual = RigLine(
    pumpTubing: Volume(picolitres: 250_000_000), catheter: Volume(picolitres: 154_000_000))
}
