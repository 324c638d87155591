public import Quantities

/// A refill that is under way.
public struct Refill: Sendable, BitwiseCopyable {
  public enum Stage: UInt8, Sendable, BitwiseCopyable {
    case none = 0
    case begun = 1
    case aspirated = 2
    case filled = 3
  }

  public internal(set) var stage = Stage.none
  /// What the label says, and what the reservoir held before.
  public internal(set) var announced = Concentration(baseUnits: 0)
  public internal(set) var before = Concentration(baseUnits: 0)
  /// What the label names, where that is another drug than it held.
  public internal(set) var otherDrug = Label.none
  /// What it held by count when it was aspirated.
  public internal(set) var expected = Volume.zero
  public internal(set) var aspirated = Volume.zero
  public internal(set) var filled = Volume.zero
  public internal(set) var lot = Label.none
  /// The count of steps, and of those in doubt, when it was aspirated.
  var stepsBefore: Int64 = 0
  var doubtBefore: Int64 = 0
  /// When its newest step was told.
  public internal(set) var since = Tick(0)

  init() {}

  /// As it is shown, and if so much were filled.
  public init(_ shown: ShownRefill, filled: Volume) {
    (announced, before, otherDrug) = (shown.announced, shown.before, shown.otherDrug)
    (expected, aspirated) = (shown.expected, shown.aspirated)
    self.filled = filled
  }

  /// What the reservoir holds is not known.
  var isUnknown: Bool { stage == .aspirated || stage == .filled }

  /// What stays behind and mixes with what is filled.
  func residue(_ rig: Rig) -> Volume {
    // What was never filled holds nothing that would mix.
    before > .zero ? max(rig.reservoir.residue, expected - aspirated) : .zero
  }

  /// What it comes to, rounded to a ng/mL. Of another drug nothing stayed behind.
  public func mixed(_ rig: Rig) -> Concentration {
    let residue = Int128(residue(rig).picolitres)
    let fill = Int128(filled.picolitres)
    guard residue + fill > 0 else { return before }
    let left = otherDrug == .none ? before.nanogramsPerMillilitre : 0
    let mass =
      residue * Int128(left)
      + fill * Int128(announced.nanogramsPerMillilitre)
    let whole = (2 * mass + residue + fill) / (2 * (residue + fill))
    return Concentration(nanogramsPerMillilitre: Int64(clamping: whole))
  }

  /// What came out is not what was expected: by more than 2 mL, or than the head may be off.
  func differs(given: Volume, _ rig: Rig) -> Bool {
    // No needle reaches what stays behind.
    let least = max(.zero, expected - rig.reservoir.residue)
    let off = max(.zero, max(least - aspirated, aspirated - expected)).picolitres
    let mayBe = scaled(
      given.picolitres, by: rig.pump.accuracyPermille, over: 1_000, rounded: .up)
    return off > Limits.refillDifference.picolitres
      || off - Limits.volumeReading.picolitres > mayBe ?? .max
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(&stage)
    coder.field(magnitude: &announced.nanogramsPerMillilitre)
    coder.field(magnitude: &before.nanogramsPerMillilitre)
    coder.field(magnitude: &expected.picolitres)
    coder.field(magnitude: &aspirated.picolitres)
    coder.field(magnitude: &filled.picolitres)
    coder.field(magnitude: &stepsBefore)
    coder.field(magnitude: &doubtBefore)
    coder.field(&lot)
    coder.field(&since)
    let isWithin =
      max(announced, before) <= Limits.concentrationMax
      && max(expected, max(aspirated, filled)) <= Limits.volumeMax
    if !isWithin {
      coder.fail()
      self = Refill()
    }
  }
}

#if !hasFeature(Embedded)
  extension Refill.Stage: CaseIterable {}
#endif
