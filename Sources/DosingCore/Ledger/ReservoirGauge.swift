internal import Quantities

/// What is left in the reservoir, counted in steps since somebody last said what it holds.
struct ReservoirGauge: BitwiseCopyable {
  /// What it held then, and what of that could not be counted in steps.
  private(set) var volume: Volume
  /// The count of steps, and of those in doubt, at that time.
  private var stepsBefore: Int64 = 0
  private var doubtBefore: Int64 = 0
  /// What the label of its newest fill said; 0 for what the order names.
  private(set) var label = Concentration(baseUnits: 0)

  // What follows from it.
  private let rig: Marks
  /// The count of steps after which the low mark, and the empty mark, is reached, and that of all it holds.
  private(set) var stepsToLow: Int64 = 0
  private(set) var stepsToEmpty: Int64 = 0
  private(set) var stepsInAll: Int64 = 0

  private struct Marks: BitwiseCopyable {
    let reservoir: Reservoir
    let volumePerRevolution: Volume
    let stepsPerRevolution: Int64

    func steps(in volume: Volume) -> Int64 {
      scaled(
        max(.zero, volume).picolitres, by: stepsPerRevolution,
        over: volumePerRevolution.picolitres, rounded: .down) ?? .max / 4
    }
  }

  /// Full.
  init(_ rig: Rig) {
    volume = rig.reservoir.volume
    self.rig = Marks(
      reservoir: rig.reservoir, volumePerRevolution: rig.pump.volumePerRevolution,
      stepsPerRevolution: rig.pump.stepsPerRevolution)
    derive()
  }

  private mutating func derive() {
    stepsToLow = stepsBefore + rig.steps(in: volume - rig.reservoir.low)
    stepsToEmpty = stepsBefore + rig.steps(in: volume - rig.reservoir.empty)
    stepsInAll = stepsBefore + rig.steps(in: volume)
  }

  /// Somebody says what it holds now.
  mutating func hold(_ volume: Volume, after steps: Int64, doubts: Int64) {
    (self.volume, stepsBefore, doubtBefore) = (volume, steps, doubts)
    derive()
  }

  mutating func take(label: Concentration) { self.label = label }

  /// The most steps that it may have given, by the count that its marks are told in.
  func upper(_ steps: Int64, doubts: Int64) -> Int64 { steps + doubts - doubtBefore }

  /// The count of confirmed steps at which the next mark is reached, by what is certain or by what may be.
  func nextMark(_ steps: Int64, doubts: Int64) -> Int64 {
    let doubted = doubts - doubtBefore
    let next = nextMark(steps + doubted)
    return min(nextMark(steps), next == .max ? .max : next - doubted)
  }

  private func nextMark(_ steps: Int64) -> Int64 {
    if steps < stepsToLow { return stepsToLow }
    return steps < stepsToEmpty ? stepsToEmpty : .max
  }

  /// Nothing where more is in doubt than there was.
  func contents(_ steps: Int64, doubts: Int64, rig: Rig) -> Volume {
    let given = min(upper(steps, doubts: doubts), stepsInAll) - stepsBefore
    return volume - rig.volume(ofSteps: given)
  }

  /// What it may hold, if the head is off by its accuracy either way and steps in doubt were made or not.
  func interval(_ steps: Int64, doubts: Int64, _ rig: Rig) -> (least: Volume, most: Volume) {
    func off(_ given: Volume) -> Volume {
      Volume(
        picolitres: scaled(
          given.picolitres, by: rig.pump.accuracyPermille, over: 1_000, rounded: .up) ?? .max / 4)
    }
    let certain = rig.volume(ofSteps: max(0, min(steps, stepsInAll) - stepsBefore))
    let upper = volume - contents(steps, doubts: doubts, rig: rig)
    return (max(.zero, volume - upper - off(upper)), volume - certain + off(certain))
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
    derive()
  }
}
