internal import Glibc

/// What is on its way from the head to the tip: tubing and catheter as one pipe that is always full.
///
/// Two answers stand beside each other, and the real line lies between them. By **plug flow** nothing
/// mixes: what is pushed in at the head leaves at the tip once the line's volume has followed it. By
/// **dispersion** the boundary between two concentrations comes to the tip as a smoothed step: with `v`
/// the volume by which the plug's boundary has passed the tip (negative while it is still to come), from
/// `c1` to `c2`,
///
///     c(v) = c1 + (c2 - c1) * (1 + erf(v / (sigma * sqrt(2)))) / 2
///     sigma = spread * microlitres / 2.5631
///
/// so that the step rises from 10 to 90 % within `spread`, a share of the line's volume. Both give the same
/// mass in the end. The form of the step is the answer of a long pipe; how wide it is, is an assumption.
///
/// Volumes are microlitres, concentrations ng/mL, masses nanograms.
public struct LineTruth: Equatable, Sendable {
  /// What the whole line holds.
  public let microlitres: Double
  /// The share of the line's volume within which a boundary at the tip rises from 10 to 90 %. 0: plug flow.
  public let spread: Double
  /// From the tip to the head. Together they fill the line; neighbours differ in concentration by more
  /// than a part in 100,000.
  public private(set) var slugs: [Liquid]
  /// What left the tip, the newest first, as far back as it still smooths what comes. The last of them
  /// reaches back without end.
  private(set) var departed: [Liquid]

  private var cameIn: RunningSum
  private var leftTip = RunningSum()
  private var wasRemoved = RunningSum()

  public static let usualSpread = 0.1

  /// A line full of one concentration, for as long as matters.
  public init(microlitres: Double, concentration: Double, spread: Double = usualSpread) {
    precondition(microlitres > 0 && concentration >= 0 && spread >= 0, "no such line")
    self.microlitres = microlitres
    self.spread = spread
    slugs = [Liquid(microlitres: microlitres, concentration: concentration)]
    departed = [Liquid(microlitres: 0, concentration: concentration)]
    cameIn = RunningSum(microlitres * concentration / 1000)
  }

  /// As it was kept.
  ///
  /// - Parameter masses: what came in, left at the tip, and was removed.
  init?(
    microlitres: Double, spread: Double, slugs: [Liquid], departed: [Liquid],
    masses: (cameIn: Double, leftTip: Double, wasRemoved: Double)
  ) {
    guard microlitres > 0, spread >= 0, !slugs.isEmpty, !departed.isEmpty else { return nil }
    self.microlitres = microlitres
    self.spread = spread
    self.slugs = slugs
    self.departed = departed
    cameIn = RunningSum(masses.cameIn)
    leftTip = RunningSum(masses.leftTip)
    wasRemoved = RunningSum(masses.wasRemoved)
  }

  // MARK: The account: what came in = what left at the tip + what was removed + what is in it

  /// Everything that came in at the head, with what the line held to begin with and was replaced by.
  public var nanogramsIn: Double { cameIn.value }
  /// What left at the tip, by plug flow.
  public var nanogramsOut: Double { leftTip.value }
  /// What people took out of it, or away with it.
  public var nanogramsRemoved: Double { wasRemoved.value }
  /// What is in it now.
  public var nanograms: Double { slugs.reduce(0) { $0 + $1.nanograms } }

  // MARK: The tip

  /// What leaves next, by plug flow.
  public var tipConcentration: Double { slugs[0].concentration }

  /// What leaves next, by dispersion.
  public var dispersedTipConcentration: Double {
    guard spread > 0, !isOfOneDrug else { return tipConcentration }
    let sigma = sigmaMicrolitres
    return (Self.smoothed(slugs, sigma) + Self.smoothed(departed, sigma)) / 2
  }

  /// The standard deviation of the volume in which a boundary comes to the tip.
  public var sigmaMicrolitres: Double { spread * microlitres / Self.sigmasOfSpread }

  /// 10 to 90 % of a normal distribution: twice 1.28155 of its standard deviations.
  private static let sigmasOfSpread = 2 * 1.2815515655446004

  /// The mean concentration on one side of the tip, near it weighing most: `stretch` begins at the tip, and
  /// its last slug goes on without end.
  private static func smoothed(_ stretch: [Liquid], _ sigma: Double) -> Double {
    var mean = 0.0
    var begin = 0.0
    for (index, slug) in stretch.enumerated() {
      let end = index == stretch.count - 1 ? .infinity : begin + slug.microlitres
      mean +=
        slug.concentration
        * (erf(end / sigma / 2.squareRoot()) - erf(begin / sigma / 2.squareRoot()))
      begin = end
    }
    return mean
  }

  // MARK: What the head does

  /// The head pushes something in.
  ///
  /// - Returns: what leaves at the tip, in nanograms, by plug flow.
  @discardableResult
  public mutating func push(microlitres pushed: Double, concentration: Double) -> Double {
    precondition(pushed >= 0 && concentration >= 0, "no such push")
    guard pushed > 0 else { return 0 }
    let slug = Liquid(microlitres: pushed, concentration: concentration)
    cameIn.add(slug.nanograms)
    // As in nearly every step: nothing is different after it.
    if isOfOneDrug, concentration == tipConcentration {
      leftTip.add(slug.nanograms)
      departed[0].microlitres = min(departed[0].microlitres + pushed, microlitres)
      return slug.nanograms
    }
    Self.append(slug, to: &slugs)
    var mass = 0.0
    // Not `pushed`: so that the line never holds more or less than its volume.
    for part in Self.takeFirst(volume - microlitres, of: &slugs) {
      mass += part.nanograms
      Self.prepend(part, to: &departed)
    }
    leftTip.add(mass)
    forgetDeparted()
    return mass
  }

  /// The head turns backwards and draws something out. The tip draws in what left it last.
  ///
  /// - Returns: what comes to the head.
  @discardableResult
  public mutating func pull(microlitres pulled: Double) -> Liquid {
    precondition(pulled >= 0 && pulled <= microlitres, "no such pull")
    guard pulled > 0 else { return .none }
    for part in takeDeparted(pulled) {
      leftTip.add(-part.nanograms)
      Self.prepend(part, to: &slugs)
    }
    var reversed = Array(slugs.reversed())
    let parts = Self.takeFirst(volume - microlitres, of: &reversed)
    slugs = Array(reversed.reversed())
    let liquid = Self.together(parts)
    cameIn.add(-liquid.nanograms)
    return liquid
  }

  // MARK: What people do

  /// The line is replaced by one that is full of one concentration, or was primed with it.
  ///
  /// - Returns: what was in the old one.
  @discardableResult
  public mutating func replaceAll(concentration: Double) -> Liquid {
    let old = Self.together(slugs)
    wasRemoved.add(old.nanograms)
    slugs = [Liquid(microlitres: microlitres, concentration: concentration)]
    departed = [Liquid(microlitres: 0, concentration: concentration)]
    cameIn.add(slugs[0].nanograms)
    return old
  }

  /// Somebody aspirates through the catheter's port: its part of the line holds no drug afterwards, nor
  /// does what is about its tip.
  ///
  /// - Parameter catheter: its volume, the part of the line at the tip.
  /// - Returns: what the syringe took out of the line.
  @discardableResult
  public mutating func emptyCatheter(microlitres catheter: Double) -> Liquid {
    let emptied = min(max(0, catheter), microlitres)
    guard emptied > 0 else { return .none }
    let taken = Self.together(Self.takeFirst(emptied, of: &slugs))
    wasRemoved.add(taken.nanograms)
    // As much as is missing, so that the line is full whatever was rounded.
    Self.prepend(Liquid(microlitres: microlitres - volume, concentration: 0), to: &slugs)
    departed = [Liquid(microlitres: 0, concentration: 0)]
    return taken
  }

  // MARK: Slugs

  /// No boundary is in it, or near enough behind the tip to smooth anything.
  private var isOfOneDrug: Bool {
    slugs.count == 1 && departed.count == 1
      && slugs[0].concentration == departed[0].concentration
  }

  private var volume: Double { slugs.reduce(0) { $0 + $1.microlitres } }

  /// What is less is rounding, and goes with its neighbour.
  private static let sliverMicrolitres = 1e-9

  private static func together(_ parts: [Liquid]) -> Liquid {
    parts.dropFirst().reduce(into: parts.first ?? .none) { $0.mix(with: $1) }
  }

  /// What evaporates changes the concentration with every step: no two steps would be one slug.
  private static func areOne(_ one: Liquid, _ other: Liquid) -> Bool {
    let larger = max(one.concentration, other.concentration)
    return abs(one.concentration - other.concentration) <= 1e-5 * larger
  }

  private static func append(_ slug: Liquid, to stretch: inout [Liquid]) {
    if let last = stretch.indices.last, areOne(stretch[last], slug) {
      stretch[last].mix(with: slug)
    } else {
      stretch.append(slug)
    }
  }

  private static func prepend(_ slug: Liquid, to stretch: inout [Liquid]) {
    if let first = stretch.first, areOne(first, slug) {
      stretch[0].mix(with: slug)
    } else {
      stretch.insert(slug, at: 0)
    }
  }

  private static func takeFirst(_ wanted: Double, of stretch: inout [Liquid]) -> [Liquid] {
    var parts: [Liquid] = []
    var left = wanted
    while left > 0, let first = stretch.first {
      let isWhole = first.microlitres - left < sliverMicrolitres
      let part = isWhole ? first.microlitres : left
      parts.append(Liquid(microlitres: part, concentration: first.concentration))
      left -= part
      if isWhole { stretch.removeFirst() } else { stretch[0].microlitres -= part }
    }
    return parts
  }

  /// The oldest that is known reaches back as far as is wanted.
  private mutating func takeDeparted(_ wanted: Double) -> [Liquid] {
    let oldest = departed[departed.count - 1].concentration
    var parts = Self.takeFirst(wanted, of: &departed)
    let missing = wanted - parts.reduce(0) { $0 + $1.microlitres }
    if missing > 0 { Self.append(Liquid(microlitres: missing, concentration: oldest), to: &parts) }
    if departed.isEmpty { departed = [Liquid(microlitres: 0, concentration: oldest)] }
    return parts
  }

  /// Beyond two spreads, five sigma, nothing smooths any more.
  private mutating func forgetDeparted() {
    guard departed.count > 1 else {
      departed[0].microlitres = min(departed[0].microlitres, microlitres)
      return
    }
    let newer = departed.dropLast().reduce(0) { $0 + $1.microlitres }
    if newer > 2 * spread * microlitres { departed.removeLast() }
  }
}
