internal import Documents
internal import DosingCore
internal import Plant
internal import Quantities
internal import Simulation

/// What people do to reservoir and line of the bench with their hands, and the account of it: what was there to
/// begin with and came in, less what was taken out, has to be there still or to have left the tip.
struct BenchSupply {
  /// What was done is what was told, and as much stayed behind as the pump reckons with at the least.
  private(set) var isAsTold = true
  /// Nothing is wrong with its load cell, or ever was.
  private(set) var cellIsOrdinary = true

  private let catheterMicrolitres: Double
  private let residueMicrolitres: Double
  private let stepMicrolitres: Double
  /// Of the syringe that is being emptied, in ng/mL.
  private var label: Int64 = 0
  /// What came in less what was taken out, in picolitres and in 1e-9 ng.
  private var volume: Int128
  private var mass: Int128

  /// A full reservoir and a full line of one concentration.
  init(_ rig: Rig, _ concentration: Concentration) {
    catheterMicrolitres = Self.microlitres(rig.line.catheter)
    residueMicrolitres = Self.microlitres(rig.reservoir.residue)
    stepMicrolitres =
      Self.microlitres(rig.pump.volumePerRevolution) / Double(rig.pump.stepsPerRevolution)
    volume = Int128(rig.reservoir.volume.picolitres)
    let held = volume + Int128(rig.line.volume.picolitres)
    mass = held * Int128(concentration.nanogramsPerMillilitre)
  }

  private static func microlitres(_ volume: Volume) -> Double { Double(volume.picolitres) / 1e6 }

  private static func picolitres(_ microlitres: Double) -> Int128 {
    Int128((microlitres * 1e6).rounded())
  }

  // MARK: Hands

  /// Does what somebody told the pump, or what he really did.
  mutating func carryOut(
    _ change: SupplyChange, as refill: Scenario.Refill?, on head: inout PumpHeadTruth
  ) {
    switch change.step {
    case .begin: label = change.concentration.nanogramsPerMillilitre
    case .finish, .leave, .prime, .purge, .connected: break
    case .aspirated:
      let wanted = refill?.reallyAspirated ?? change.volume
      aspirate(wanted, isTold: wanted == change.volume, from: &head.reservoir)
    case .filled:
      let wanted = refill?.reallyFilled ?? change.volume
      fill(wanted, isTold: wanted == change.volume, into: &head.reservoir)
    // The line keeps its own account of what was taken out of it.
    case .catheterEmptied: head.line?.emptyCatheter(microlitres: catheterMicrolitres)
    case .lineReplaced: head.line?.replaceAll(concentration: 0)
    }
  }

  private mutating func aspirate(
    _ wanted: Volume, isTold: Bool, from reservoir: inout ReservoirTruth
  ) {
    let taken = reservoir.aspirate(microlitres: Self.microlitres(wanted))
    volume -= Self.picolitres(taken.microlitres)
    mass -= Int128((taken.nanograms * 1e9).rounded())
    let isWhole = Self.picolitres(taken.microlitres) == Int128(wanted.picolitres)
    if !isTold || !isWhole || reservoir.microlitres < residueMicrolitres - 1e-6 { isAsTold = false }
  }

  private mutating func fill(_ wanted: Volume, isTold: Bool, into reservoir: inout ReservoirTruth) {
    let arrived = reservoir.fill(
      microlitres: Self.microlitres(wanted), concentration: Double(label))
    volume += Self.picolitres(arrived)
    mass += Self.picolitres(arrived) * Int128(label)
    if !isTold || Self.picolitres(arrived) != Int128(wanted.picolitres) { isAsTold = false }
  }

  // MARK: The account

  /// The reservoir, or what it hangs on, has a fault; or no longer.
  mutating func set(
    _ fault: Scenario.ReservoirFault, on isOn: Bool, _ head: inout PumpHeadTruth,
    _ scale: BenchScale?
  ) {
    let sign = isOn ? 1.0 : -1
    cellIsOrdinary = false
    switch fault {
    case .cellFails: scale?.answers = !isOn
    case .cellStuck: scale?.cell.stick(isOn)
    case .cellOffset(let milligrams): scale?.cell.offsetMilligrams += sign * Double(milligrams)
    case .cellDrift(let daily): scale?.cell.faults.driftMilligramsPerDay += sign * Double(daily)
    case .leak(let rate):
      isAsTold = false
      head.reservoir.leakMicrolitresPerDay += sign * Double(rate.picolitresPerDay) / 1e6
    case .freeFlow(let rate):
      isAsTold = false
      head.freeFlowMicrolitresPerDay += sign * Double(rate.picolitresPerDay) / 1e6
    case .dry(let permille):
      isAsTold = false
      head.dryShare += sign * Double(permille) / 1_000
    }
  }

  /// What does not add up, to the picolitre and to the nanogram.
  ///
  /// - Parameter steps: those that were seen.
  func losses(_ head: PumpHeadTruth, steps: Int64) -> [String] {
    var losses: [String] = []
    if Int64(head.motorSteps + head.ranSteps) != steps {
      losses.append("the motor made other steps than were seen")
    }
    // Where less was there than was told the head may have drawn air.
    let pushed = Double(steps) * stepMicrolitres
    if isAsTold, abs(pushed - head.deliveredMicrolitres) * 1e6 > 1 {
      losses.append("a step that moved nothing")
    }
    let leaked = head.reservoir.leakedMicrolitres
    let there = (head.deliveredMicrolitres + head.reservoir.microlitres + leaked) * 1e6
    if abs(Double(volume) - there) > 1 { losses.append("volume was lost, or came from nowhere") }
    let inLine = (head.line?.nanograms ?? 0) + (head.line?.nanogramsRemoved ?? 0)
    let drug =
      head.reservoir.nanograms + head.reservoir.leakedNanograms + inLine + head.nanogramsAtTip
      + head.nanogramsHeld
    if abs(Double(mass) / 1e9 - drug) > 1 { losses.append("drug was lost, or came from nowhere") }
    return losses
  }
}
