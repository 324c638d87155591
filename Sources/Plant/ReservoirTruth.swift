internal import Glibc

/// What is in the reservoir, whatever anybody believes. One solution, always mixed perfectly.
///
/// Volumes are microlitres, concentrations ng/mL, masses nanograms.
public struct ReservoirTruth: Equatable, Sendable {
  /// More than that cannot be filled in.
  public let capacityMicrolitres: Double
  /// Solution that is lost, and its drug with it.
  public var leakMicrolitresPerDay = 0.0
  /// Water that is lost, while the drug stays.
  public var evaporationMicrolitresPerDay = 0.0

  /// What leaked away so far.
  public private(set) var leakedMicrolitres = 0.0
  public private(set) var leakedNanograms = 0.0
  public private(set) var evaporatedMicrolitres = 0.0
  /// What was filled into a wrong place.
  public private(set) var elsewhere = Liquid.none

  private var volume: RunningSum
  /// In ng/mL; what it was where nothing is left.
  public private(set) var concentration: Double
  /// Drug that lies dry on the walls, all of the water being gone. The next filling dissolves it.
  private(set) var dryNanograms = 0.0

  /// - Parameter microlitres: what is in it; nil where it is full.
  public init(capacityMicrolitres: Double, microlitres: Double? = nil, concentration: Double) {
    let held = microlitres ?? capacityMicrolitres
    precondition(
      held >= 0 && held <= capacityMicrolitres && concentration >= 0, "no such reservoir")
    self.capacityMicrolitres = capacityMicrolitres
    self.concentration = concentration
    volume = RunningSum(held)
  }

  /// As it was kept.
  ///
  /// - Parameter lost: all that it lost so far.
  init(
    capacityMicrolitres: Double, contents: Liquid, dryNanograms: Double,
    perDay: (leak: Double, evaporation: Double),
    lost: (
      leakedMicrolitres: Double, leakedNanograms: Double, evaporatedMicrolitres: Double,
      elsewhere: Liquid
    )
  ) {
    self.capacityMicrolitres = capacityMicrolitres
    volume = RunningSum(contents.microlitres)
    concentration = contents.concentration
    self.dryNanograms = dryNanograms
    (leakMicrolitresPerDay, evaporationMicrolitresPerDay) = perDay
    (leakedMicrolitres, leakedNanograms, evaporatedMicrolitres, elsewhere) = lost
  }

  public var microlitres: Double { volume.value }
  public var nanograms: Double { contents.nanograms + dryNanograms }
  public var contents: Liquid { Liquid(microlitres: microlitres, concentration: concentration) }

  // MARK: The head

  /// What the head takes: all that it asks for, or, where so much is not there any more, nothing.
  public mutating func take(microlitres wanted: Double) -> Liquid {
    precondition(wanted >= 0, "a head that turns backwards gives")
    return wanted <= microlitres ? draw(wanted) : .none
  }

  /// What a head that turns backwards brings back.
  public mutating func takeBack(_ liquid: Liquid) {
    guard liquid.microlitres > 0 else { return }
    var mixed = contents
    mixed.mix(with: liquid)
    volume.add(liquid.microlitres)
    concentration = mixed.concentration + dryNanograms / mixed.microlitres * 1000
    dryNanograms = 0
  }

  // MARK: People

  /// Somebody draws so much into a syringe, or as much as is there.
  @discardableResult
  public mutating func aspirate(microlitres wanted: Double) -> Liquid {
    draw(min(max(0, wanted), microlitres))
  }

  /// Fills in so much, which mixes with what is there.
  ///
  /// - Returns: how much went in; what does not fit stays in the syringe.
  @discardableResult
  public mutating func fill(microlitres filled: Double, concentration: Double) -> Double {
    precondition(filled >= 0 && concentration >= 0, "no such filling")
    let room = max(0, capacityMicrolitres - microlitres)
    let arrived = min(filled, room)
    takeBack(Liquid(microlitres: arrived, concentration: concentration))
    return arrived
  }

  /// A needle beside the port: nothing arrives, and who empties the syringe does not know.
  public mutating func fillElsewhere(microlitres filled: Double, concentration: Double) {
    elsewhere.mix(with: Liquid(microlitres: filled, concentration: concentration))
  }

  // MARK: Time

  /// Lets a time pass with a leak and evaporation as they are.
  ///
  /// The volume falls by both. The drug leaves with the leak alone, at the concentration of each moment,
  /// dm/dt = -leak m / V, so that m is as V to the power of leak / (leak + evaporation).
  public mutating func pass(nanoseconds: Int64) {
    let before = contents
    let perDay = leakMicrolitresPerDay + evaporationMicrolitresPerDay
    guard perDay > 0, nanoseconds > 0, before.microlitres > 0 else { return }
    let days = Double(nanoseconds) / 86_400e9
    let left = max(0, before.microlitres - perDay * days)
    let lost = before.microlitres - left
    let leakShare = leakMicrolitresPerDay / perDay
    let massLeft = before.nanograms * pow(left / before.microlitres, leakShare)
    leakedMicrolitres += lost * leakShare
    leakedNanograms += before.nanograms - massLeft
    evaporatedMicrolitres += lost * (1 - leakShare)
    volume = RunningSum(left)
    if left > 0 { concentration = massLeft / left * 1000 } else { dryNanograms += massLeft }
  }

  private mutating func draw(_ wanted: Double) -> Liquid {
    var drawn = contents
    if wanted < drawn.microlitres {
      drawn.microlitres = wanted
      volume.add(-wanted)
    } else {
      volume = RunningSum()
    }
    return drawn
  }
}
