public import Quantities

extension SupplyChange {
  /// Visits every field. What a step does not say is 0, and the lot is `-`.
  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("step", &step)
    coder.field("concentration", magnitude: &concentration.nanogramsPerMillilitre, unit: "ng/mL")
    coder.field("volume", magnitude: &volume.picolitres, unit: "pL")
    coder.field("lot", &lot)
    coder.field("overrides", &overrides)
  }
}

/// A refill that is under way, as it is shown: but for the drug all of it is 0 where there is none.
public struct ShownRefill: Equatable, Sendable, BitwiseCopyable {
  public var stage = Refill.Stage.none
  /// What the label says, and what the reservoir held before.
  public var announced = Concentration.zero
  public var before = Concentration.zero
  /// The drug that is filled, where that is another one than there was; and with no refill under way the one
  /// that there is, where another one is ordered. Else `-`.
  public var otherDrug = Label.none
  /// What should have come out, and what did.
  public var expected = Volume.zero
  public var aspirated = Volume.zero
  public var filled = Volume.zero
  /// What finishing would make of it.
  public var mixed = Concentration.zero

  public init() {}

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field("stage", &stage)
    coder.field("announced", &announced)
    coder.field("before", &before)
    coder.field("other_drug", &otherDrug)
    coder.field("expected", &expected)
    coder.field("aspirated", &aspirated)
    coder.field("filled", &filled)
    coder.field("mixed", &mixed)
  }
}

/// What the pump shows beside a step of a refill, or of work on the line, at the moment of the proposal.
public struct ShownSupply: Sendable {
  public var refill = ShownRefill()
  /// What the reservoir holds by count.
  public var contents = Volume.zero
  public var held = Concentration.zero
  /// What the step makes of it; the same where it does not change that.
  public var holds = Concentration.zero
  /// What flows now, and would with that at the tip.
  public var flow = FlowRate.zero
  public var flowAfter = FlowRate.zero
  /// How long it takes until it is at the tip; 0 where nothing runs.
  public var arrivesAfter = Nanoseconds.zero
  /// What a prime or a purge pushes, how long that takes, and what may come to the tip with it if all mixes;
  /// by plug flow it is nothing.
  public var pushes = Volume.zero
  public var takes = Nanoseconds.zero
  public var mixed = Mass.zero

  public init() {}

  /// What a prime or a purge does.
  ///
  /// - Parameters:
  ///   - pushes: all of the line that holds no drug.
  ///   - concentration: what fills it.
  public mutating func push(_ volume: Volume, of concentration: Concentration, _ rig: Rig) {
    let steps = rig.steps(in: volume)
    (pushes, takes) = (volume, Prime.time(steps, rig))
    mixed = rig.mass(ofMixed: Prime.mixed(steps, of: concentration.nanogramsPerMillilitre))
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.begin("refill", .plain)
    refill.layout(&coder)
    coder.end()
    coder.field("contents", &contents)
    coder.field("held", &held)
    coder.field("holds", &holds)
    coder.field("flow", &flow)
    coder.field("flow_after", &flowAfter)
    coder.field("arrives_after", &arrivesAfter)
    coder.field("pushes", &pushes)
    coder.field("takes", &takes)
    coder.field("mixed", &mixed)
  }
}
