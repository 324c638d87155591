internal import DosingCore
internal import Glibc
internal import Plant
internal import Quantities

/// What is in reservoir and line by what the pump was told, and what the tip gives by that: the line is
/// Plant's, a refill is worked out here. Nothing of it is shared with the core.
///
/// A mass is a count of pL x ng/mL, which is 1e-9 ng.
struct ToldSupply {
  /// What one step gives.
  struct Gift {
    /// By plug flow, and where boundaries are dispersed.
    let plug: Int64
    let dispersed: Int64
  }

  private(set) var line: LineTruth
  /// What the head takes in, in ng/mL, and the strongest that it has taken in.
  private(set) var concentration: Int64
  private(set) var strongest: Int64
  private(set) var steps: Int64 = 0
  /// What the tip gave, by plug flow, and what it would have given in the place of liquid without drug.
  private(set) var given: Int128 = 0
  private(set) var withoutDrug: Int128 = 0

  /// By how much charge and gift of steps may differ, since nobody can know better: the line is no whole
  /// number of steps, or a step was made that no restart could count.
  private(set) var misplaced: Int128 = 0
  /// What may be missing beside that, where no restart could tell where a boundary was: the pump goes by what
  /// is stronger.
  private(set) var withheld: Int128 = 0
  /// By how much what the tip really gives may differ from `given`, if people did what they told.
  private(set) var loose: Int128 = 0
  /// What the stronger drug brings beyond the zones in which the pump counts with it, if boundaries are
  /// dispersed as Plant has it.
  private(set) var outsideZones: Int128 = 0

  private let reservoir: Reservoir
  private let tubing: RigLine
  /// A step is so much, in picolitres, over so many.
  private let revolution: Int128
  private let stepsOfRevolution: Int128
  let stepMicrolitres: Double
  /// What the reservoir holds, in picolitres x steps of a revolution, so that a step is whole.
  private var held: Int128
  /// Of that, what the pump no longer counts since the newest refill: steps that were in doubt by then.
  private var notCounted: Int128 = 0
  private var boundaries: [(difference: Int64, leavesAfter: Int64)] = []
  private var refill: Refill?
  private var wasRefilled = false

  private struct Refill {
    let announced: Int64
    let before: Int64
    /// In picolitres; nil before it was aspirated.
    var expected: Int128?
    var aspirated: Int128 = 0
    var filled: Int128 = 0
  }

  /// All of it holds one concentration, and the reservoir is full.
  init(_ rig: Rig, _ concentration: Concentration) {
    (reservoir, tubing) = (rig.reservoir, rig.line)
    revolution = Int128(rig.pump.volumePerRevolution.picolitres)
    stepsOfRevolution = Int128(rig.pump.stepsPerRevolution)
    self.concentration = concentration.nanogramsPerMillilitre
    strongest = self.concentration
    stepMicrolitres =
      Double(rig.pump.volumePerRevolution.picolitres) / Double(rig.pump.stepsPerRevolution) / 1e6
    line = LineTruth(
      microlitres: Double(rig.line.volume.picolitres) / 1e6,
      concentration: Double(self.concentration))
    held = Int128(rig.reservoir.volume.picolitres) * stepsOfRevolution
  }

  // MARK: A step

  /// A step's volume times a concentration, rounded up.
  func ofStep(_ nanogramsPerMillilitre: Int64) -> Int128 {
    (revolution * Int128(nanogramsPerMillilitre) + stepsOfRevolution - 1) / stepsOfRevolution
  }

  /// What is at the tip, in ng/mL: of liquid without drug, the next that has some.
  var chargedConcentration: Double {
    if line.tipConcentration > 0 { return line.tipConcentration }
    return line.slugs.first { $0.concentration > 0 }?.concentration ?? Double(concentration)
  }

  /// What is to be pushed until the tip gives drug, in picolitres; nothing where it does.
  var withoutDrugAtTip: Int64 {
    let empty = line.slugs.prefix { $0.concentration <= 0 }
    return Int64((empty.reduce(0) { $0 + $1.microlitres } * 1e6).rounded())
  }

  /// A uL at 1 ng/mL is 1e6 pL x ng/mL.
  private func ofStep(_ concentration: Double) -> Int64 {
    Int64((stepMicrolitres * concentration * 1e6).rounded())
  }

  /// What the next step is charged with.
  var nextCharge: Int128 { Int128(ofStep(chargedConcentration)) }

  /// - Parameter primes: nobody is charged with it.
  mutating func step(primes: Bool = false) -> Gift {
    let charge = line.tipConcentration > 0 || primes ? nil : nextCharge
    let nanograms = line.push(microlitres: stepMicrolitres, concentration: Double(concentration))
    let gift = Int64((nanograms * 1e9).rounded())
    steps += 1
    given += Int128(gift)
    held -= revolution
    if let charge { withoutDrug += max(0, charge - Int128(gift)) }
    if wasRefilled { loosen() }
    return Gift(plug: gift, dispersed: ofStep(line.dispersedTipConcentration))
  }

  /// What is mixed is rounded to a ng/mL once; and until a refill is finished either drug may be taken in,
  /// while it thins what stayed behind.
  private mutating func loosen() {
    loose += ofStep(1)
    guard let refill, refill.expected != nil else { return }
    loose += 3 * ofStep(abs(refill.announced - refill.before))
  }

  // MARK: The reservoir

  private func parts(_ volume: Int128) -> Int128 { volume * stepsOfRevolution }

  /// Rounded up to a picolitre.
  var heldPicolitres: Int128 { (held + stepsOfRevolution - 1) / stepsOfRevolution }

  /// By the pump's count no whole step may be left above the mark.
  ///
  /// - Parameter lost: so many of the steps that it counts turned nothing, and it may not know.
  func isEmpty(lost: Int64 = 0) -> Bool {
    let counted = held - notCounted - Int128(lost) * revolution
    return counted < parts(Int128(reservoir.empty.picolitres)) + revolution
  }

  /// - Parameter expected: what the pump says that was in it when it was aspirated: less than there was by
  ///   steps in doubt. nil: what there was.
  mutating func tell(_ change: SupplyChange, expected: Volume? = nil) {
    switch change.step {
    case .begin:
      refill = Refill(announced: change.concentration.nanogramsPerMillilitre, before: concentration)
    case .leave: refill = nil
    case .aspirated: aspirate(change.volume, expected: expected)
    case .filled:
      held += parts(Int128(change.volume.picolitres) - (refill?.filled ?? 0))
      refill?.filled = Int128(change.volume.picolitres)
    case .finish: finish()
    case .catheterEmptied: empty(tubing.catheter)
    case .lineReplaced: empty(tubing.volume)
    case .prime, .purge, .connected: break
    }
  }

  /// From then on it is dosed as the stronger of what it may hold.
  private mutating func aspirate(_ volume: Volume, expected: Volume?) {
    guard let begun = refill else { return }
    if let before = begun.expected { return correct(before, aspirated: volume) }
    let own = heldPicolitres
    let counted = expected.map { Int128($0.picolitres) } ?? own
    refill?.expected = counted
    refill?.aspirated = Int128(volume.picolitres)
    held = max(0, held - parts(Int128(volume.picolitres)))
    notCounted = parts(own - counted)
    wasRefilled = true
    loose += abs(counted - own) * Int128(abs(begun.announced - begun.before))
    takeIn(max(begun.before, begun.announced))
  }

  private mutating func correct(_ expected: Int128, aspirated volume: Volume) {
    guard let refill else { return }
    let (was, now) = (refill.aspirated, Int128(volume.picolitres))
    held += parts(max(0, expected - now) - max(0, expected - was))
    self.refill?.aspirated = now
  }

  /// What stayed behind, at least what the rig says, mixes with what was filled.
  private mutating func finish() {
    guard let refill, let expected = refill.expected else { return }
    let residue = max(Int128(reservoir.residue.picolitres), expected - refill.aspirated)
    let volume = residue + refill.filled
    let mass = residue * Int128(refill.before) + refill.filled * Int128(refill.announced)
    self.refill = nil
    guard volume > 0 else { return }
    let (whole, rest) = mass.quotientAndRemainder(dividingBy: volume)
    takeIn(Int64(clamping: 2 * rest >= volume ? whole + 1 : whole))
  }

  private mutating func takeIn(_ new: Int64) {
    if new != concentration { addBoundary(abs(new - concentration), in: tubing.volume) }
    // Plant takes what is so near for one: both at their mean.
    if abs(new - concentration) * 100_000 <= max(new, concentration) {
      misplaced += Int128(abs(new - concentration)) * Int128(tubing.volume.picolitres)
    }
    concentration = new
    strongest = max(strongest, new)
  }

  // MARK: The line

  private mutating func empty(_ volume: Volume) {
    addBoundary(Int64(chargedConcentration.rounded(.up)), in: volume)
    if volume == tubing.volume {
      line.replaceAll(concentration: 0)
    } else {
      line.emptyCatheter(microlitres: Double(volume.picolitres) / 1e6)
    }
  }

  /// The pump knows a boundary in whole steps.
  private mutating func addBoundary(_ difference: Int64, in volume: Volume) {
    let (whole, rest) = parts(Int128(volume.picolitres)).quotientAndRemainder(
      dividingBy: revolution)
    let leavesAfter = steps + Int64(clamping: whole)
    boundaries.append((difference, leavesAfter))
    outsideZones += beyondZone(difference)
    misplaced += rest * Int128(difference) / stepsOfRevolution
  }

  /// The integral of the smoothed step behind half a zone: sigma (phi(z) - z Q(z)), z = half / sigma.
  private func beyondZone(_ difference: Int64) -> Int128 {
    let sigma = line.sigmaMicrolitres
    guard sigma > 0 else { return 0 }
    let z = line.microlitres * Double(tubing.mixingPermille) / 2_000 / sigma
    let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    let mass = Double(difference) * sigma * (density - z * erfc(z / 2.squareRoot()) / 2) * 1e6
    return Int128(mass.rounded(.up))
  }

  /// A restart could not tell of so many steps whether they were made: a boundary may come so much earlier
  /// than the pump knows.
  mutating func doubt(_ count: Int64) {
    for boundary in boundaries where boundary.leavesAfter + count > steps {
      misplaced += Int128(count) * ofStep(boundary.difference)
    }
  }

  /// Nobody could tell a restart how many steps there were. Every boundary that the pump does not know gone
  /// may be at the tip, until it has counted the whole line.
  ///
  /// - Parameter counted: the steps that the pump knows of.
  mutating func losePlaces(counted: Int64) {
    let whole = parts(Int128(tubing.volume.picolitres)) / revolution + 1
    for boundary in boundaries where boundary.leavesAfter > counted {
      withheld += whole * ofStep(boundary.difference)
    }
  }
}
