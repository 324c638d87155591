internal import Documents
internal import DosingCore
internal import Quantities
internal import SeededNumbers

/// What people do to reservoir and line in a random week. It has numbers of its own, so that whatever else
/// happens in a week stays as it is.
struct RandomSupply {
  private var chance: SplitMix64
  private let rig: Rig

  init(seed: UInt64, _ rig: Rig) {
    chance = SplitMix64(seed: seed ^ 0x7265_6669_6c6c)
    self.rig = rig
  }

  /// In most weeks nothing.
  ///
  /// - Parameter strength: what the pump holds to begin with, in ng/mL.
  mutating func events(strength: Int64) -> [Scenario.Event] {
    guard chance.oneIn(3) else { return [] }
    var events: [Scenario.Event] = []
    for _ in 0..<chance.number(1...3) {
      events.append(event(.refill(refill(strength))))
    }
    if chance.oneIn(2) { events.append(event(.ask(.supply(SupplyChange(.catheterEmptied))))) }
    if chance.oneIn(6) { events.append(event(.ask(.supply(SupplyChange(.lineReplaced))))) }
    return events
  }

  private mutating func event(_ action: Scenario.Action) -> Scenario.Event {
    Scenario.Event(at: Nanoseconds(chance.number(0...RandomWeek.duration.count - 1)), action)
  }

  /// Some are refused: the pump has too little, or no room, or the two are too far from each other.
  private mutating func refill(_ strength: Int64) -> Scenario.Refill {
    let tenths = chance.pick([2, 4, 5, 10, 10, 15, 20, 40, 60] as [Int64])
    let volume = rig.reservoir.volume.picolitres
    let aspirated = volume / 100 * chance.number(10...85)
    return Scenario.Refill(
      concentration: Concentration(nanogramsPerMillilitre: strength * tenths / 10),
      aspirated: Volume(picolitres: aspirated),
      filled: Volume(picolitres: aspirated / 100 * chance.number(60...101)),
      overrides: !chance.oneIn(4))
  }
}
