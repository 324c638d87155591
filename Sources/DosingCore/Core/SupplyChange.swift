public import Quantities

/// What a person does to the reservoir or the line with his hands, told to the pump step by step.
///
/// A refill is `begin`, `aspirated`, `filled`, `finish`. What was seen is a fact: a step that is told again is
/// a correction. Until `aspirated` it can be left.
public struct SupplyChange: Equatable, Sendable, BitwiseCopyable {
  public enum Step: UInt8, Sendable, BitwiseCopyable {
    /// A refill begins; `concentration` is what the label says, `lot` the drug where it is another one.
    case begin = 1
    /// `volume` came out of the reservoir.
    case aspirated = 2
    /// `volume` went in, of `lot`.
    case filled = 3
    /// From here on the reservoir holds what was said.
    case finish = 4
    /// No refill after all.
    case leave = 5
    /// The catheter was aspirated: it holds no drug.
    case catheterEmptied = 6
    /// Pump tubing and catheter are new: neither holds drug.
    case lineReplaced = 7
    /// The head fills what of the line holds no drug.
    case prime = 8
    /// The same with the tip in a beaker, after the line was replaced.
    case purge = 9
    /// The line is where it belongs: the tip gives to whom the order names.
    case connected = 10

    var isOfRefill: Bool { rawValue < Step.leave.rawValue }
  }

  public var step: Step
  public var concentration: Concentration
  public var volume: Volume
  /// Of what was filled; of a `begin`, another drug than the reservoir holds; of a `finish` that overrides,
  /// the reason.
  public var lot: Label
  /// `finish`: also where what is mixed is off its label by more than 5 %, or is not what was weighed.
  public var overrides: Bool

  public init(
    _ step: Step, concentration: Concentration = Concentration(baseUnits: 0),
    volume: Volume = .zero, lot: Label = .none, overrides: Bool = false
  ) {
    self.step = step
    self.concentration = concentration
    self.volume = volume
    self.lot = lot
    self.overrides = overrides
  }
}

#if !hasFeature(Embedded)
  extension SupplyChange.Step: CaseIterable {}
#endif
