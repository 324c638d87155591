internal import Quantities

/// What is left in the reservoir, counted in steps since somebody last said what it holds.
struct ReservoirGauge: BitwiseCopyable {
  /// What it held then, and the least and the most that it may have held.
  private(set) var volume: Volume
  private var held: VolumeInterval
  /// What it may have held when it was aspirated last; of which a correction is reckoned anew.
  private var beforeRefill: VolumeInterval
  /// The count of steps, and of those in doubt, at that time.
  private var stepsBefore: Int64 = 0
  private var doubtBefore: Int64 = 0
  /// What the label of its newest fill said; 0 for what the order names.
  private(set) var label = Concentration(baseUnits: 0)
  /// The drug that was said to be in it; `.none` for the one that is ordered.
  private(set) var drug = Label.none

  // What follows from it.
  private let rig: Marks
  /// The count of steps after which it may have come to the low mark, and to the empty mark, by a head that gives
  /// as much more as it may; after which it has come to the empty mark; and that of all it holds.
  private(set) var stepsToLow: Int64 = 0
  private(set) var stepsToMayBeEmpty: Int64 = 0
  private(set) var stepsToEmpty: Int64 = 0
  private(set) var stepsInAll: Int64 = 0

  private struct Marks: BitwiseCopyable {
    let reservoir: Reservoir
    let volumePerRevolution: Volume
    let stepsPerRevolution: Int64
    let accuracyPermille: Int64

    /// Those of a head that gives as much more as it may.
    func fewestSteps(in volume: Volume) -> Int64 {
      steps(
        in: Volume(
          picolitres: scaled(
            max(.zero, volume).picolitres, by: 1_000, over: 1_000 + accuracyPermille,
            rounded: .down) ?? .max))
    }

    func steps(in volume: Volume) -> Int64 {
      scaled(
        max(.zero, volume).picolitres, by: stepsPerRevolution,
        over: volumePerRevolution.picolitres, rounded: .down) ?? .max / 4
    }
  }

  /// Full.
  init(_ rig: Rig) {
    volume = rig.reservoir.volume
    held = VolumeInterval(least: volume, most: volume)
    beforeRefill = held
    self.rig = Marks(
      reservoir: rig.reservoir, volumePerRevolution: rig.pump.volumePerRevolution,
      stepsPerRevolution: rig.pump.stepsPerRevolution,
      accuracyPermille: rig.pump.accuracyPermille)
    derive()
  }

  private mutating func derive() {
    stepsToLow = stepsBefore + rig.fewestSteps(in: held.least - rig.reservoir.low)
    stepsToMayBeEmpty = stepsBefore + rig.fewestSteps(in: held.least - rig.reservoir.empty)
    stepsToEmpty = stepsBefore + rig.steps(in: volume - rig.reservoir.empty)
    stepsInAll = stepsBefore + rig.steps(in: volume)
  }

  /// Somebody says what it holds now.
  mutating func hold(_ volume: Volume, after steps: Int64, doubts: Int64) {
    (self.volume, stepsBefore, doubtBefore) = (volume, steps, doubts)
    held = VolumeInterval(least: volume, most: volume)
    derive()
  }

  /// Somebody is about to aspirate it.
  mutating func remember(_ contents: VolumeInterval) { beforeRefill = contents }

  /// What was expected less what came out, and what went in. What nobody knew of what was there, nobody knows of
  /// what is left of it.
  mutating func refill(
    expected: Volume, aspirated: Volume, filled: Volume, after steps: Int64, doubts: Int64
  ) {
    func left(_ before: Volume) -> Volume { max(.zero, before - aspirated) + filled }
    hold(left(expected), after: steps, doubts: doubts)
    held.least = min(volume, left(beforeRefill.least))
    held.most = max(volume, min(rig.reservoir.volume, left(beforeRefill.most)))
    derive()
  }

  /// So many steps that were counted gave nothing.
  mutating func stay(_ steps: Int64) {
    stepsBefore += steps
    derive()
  }

  mutating func take(label: Concentration) { self.label = label }

  mutating func take(drug: Label) { self.drug = drug }

  /// Whether it was said to hold another drug than this one; nil for nothing that is ordered.
  func holdsOther(than ordered: Label?) -> Bool { drug != .none && drug != ordered }

  /// The most steps that it may have given, by the count that its marks are told in.
  func upper(_ steps: Int64, doubts: Int64) -> Int64 { steps + doubts - doubtBefore }

  /// The count of confirmed steps at which the next mark is reached, by what is certain or by what may be.
  func nextMark(_ steps: Int64, doubts: Int64) -> Int64 {
    let doubted = doubts - doubtBefore
    let next = nextMark(steps + doubted)
    return min(nextMark(steps), next == .max ? .max : next - doubted)
  }

  private func nextMark(_ steps: Int64) -> Int64 {
    var next = Int64.max
    if steps < stepsToLow { next = stepsToLow }
    if steps < stepsToMayBeEmpty { next = min(next, stepsToMayBeEmpty) }
    return steps < stepsToEmpty ? min(next, stepsToEmpty) : next
  }

  /// Nothing where more is in doubt than there was.
  func contents(_ steps: Int64, doubts: Int64, rig: Rig) -> Volume {
    let given = min(upper(steps, doubts: doubts), stepsInAll) - stepsBefore
    return volume - rig.volume(ofSteps: given)
  }

  /// What it may hold, if the head is off by its accuracy either way and steps in doubt were made or not.
  func interval(_ steps: Int64, doubts: Int64, _ rig: Rig) -> VolumeInterval {
    let certain = max(0, min(steps, stepsInAll) - stepsBefore)
    let upper = max(0, min(upper(steps, doubts: doubts), stepsInAll) - stepsBefore)
    let given = rig.given(by: certain, andMaybe: max(0, upper - certain))
    return VolumeInterval(
      least: max(.zero, held.least - given.most), most: max(.zero, held.most - given.least))
  }

  /// Which drug it holds, and how well it is known how much.
  mutating func layoutHeld(_ coder: inout some FrameCoder) {
    coder.field(&drug)
    held.layout(&coder)
    beforeRefill.layout(&coder)
    if max(held.most, beforeRefill.most) > Limits.volumeMax || held.least > held.most {
      coder.fail()
      held = VolumeInterval(least: volume, most: volume)
    }
    derive()
  }

  mutating func layout(_ coder: inout some FrameCoder) {
    coder.field(magnitude: &volume.picolitres)
    coder.field(magnitude: &stepsBefore)
    coder.field(magnitude: &doubtBefore)
    coder.field(magnitude: &label.nanogramsPerMillilitre)
    let isWithin =
      volume <= Limits.volumeMax && stepsBefore < .max / 4 && doubtBefore < .max / 4
      && label <= Limits.concentrationMax
    if !isWithin {
      coder.fail()
      (volume, stepsBefore, doubtBefore) = (.zero, 0, 0)
    }
    // What is read without it is held exactly.
    if volume < held.least || volume > held.most {
      held = VolumeInterval(least: volume, most: volume)
    }
    derive()
  }
}

extension Rig {
  /// What so many steps may have given, and some more that nobody knows of: the head may be off by its accuracy
  /// either way.
  func given(by certain: Int64, andMaybe doubted: Int64) -> VolumeInterval {
    func off(_ volume: Volume) -> Volume {
      Volume(
        picolitres: scaled(
          volume.picolitres, by: pump.accuracyPermille, over: 1_000, rounded: .up) ?? .max / 4)
    }
    let (least, most) = (volume(ofSteps: certain), volume(ofSteps: certain + doubted))
    return VolumeInterval(least: least - off(least), most: most + off(most))
  }
}
