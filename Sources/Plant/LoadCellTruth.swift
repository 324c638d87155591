internal import Glibc
internal import SeededNumbers

/// What a load cell makes of what lies on it: the truth, and all that it adds to it.
///
/// Without parameters it is a perfect cell.
public struct LoadCellTruth: Sendable {
  /// How a cell is wrong. Everything is an amplitude: 0 is a cell without that fault.
  public struct Faults: Equatable, Sendable {
    /// The standard deviation of a look at it.
    public var noiseMilligrams = 0.0
    /// Of a change of the load, the share that does not come at once.
    public var creepShare = 0.0
    /// The time constant in which that share comes.
    public var creepSeconds = 1.0
    /// How the zero walks, from the first look on; either sign.
    public var driftMilligramsPerDay = 0.0
    public var milligramsPerKelvin = 0.0
    /// The temperature goes up and down once a day, as a sine that begins in the middle and rises.
    public var dailyKelvin = 0.0

    public static let none = Faults()

    /// An ordinary cell of a bench behind an NAU7802.
    ///
    /// 1.5 mg of noise, and 10 to 20 mg a day for everything that wanders, of which the drift is the
    /// middle, are estimates for such a bench. Creep (0.05 % in 10 min) and temperature (1 mg/K, 2 K
    /// either way) are assumptions, of the order that makers of cells state; none of it was measured.
    public static let nominal = Faults(
      noiseMilligrams: 1.5, creepShare: 0.0005, creepSeconds: 600, driftMilligramsPerDay: 15,
      milligramsPerKelvin: 1, dailyKelvin: 2)

    public init() {}

    public init(
      noiseMilligrams: Double = 0, creepShare: Double = 0, creepSeconds: Double = 1,
      driftMilligramsPerDay: Double = 0, milligramsPerKelvin: Double = 0, dailyKelvin: Double = 0
    ) {
      precondition(noiseMilligrams >= 0 && creepSeconds > 0, "no such cell")
      self.noiseMilligrams = noiseMilligrams
      self.creepShare = creepShare
      self.creepSeconds = creepSeconds
      self.driftMilligramsPerDay = driftMilligramsPerDay
      self.milligramsPerKelvin = milligramsPerKelvin
      self.dailyKelvin = dailyKelvin
    }
  }

  public var faults: Faults
  /// What somebody put onto it, or leans against it with; below 0 where something lifts it.
  public var offsetMilligrams = 0.0
  /// What it shows whatever lies on it, without noise; nil where it moves freely.
  public var stuckAtMilligrams: Double?

  private var numbers: SplitMix64
  private var firstLook: Int64?
  private var lastLook: Int64 = 0
  private var load = 0.0
  /// How far the zero has walked.
  private var drifted = 0.0
  private var shown = 0.0
  /// Where the share that creeps has come to.
  private var settled = 0.0

  /// - Parameter seed: of the noise: the same seed and the same looks are the same numbers.
  public init(faults: Faults = .none, seed: UInt64 = 0) {
    self.faults = faults
    numbers = SplitMix64(seed: seed)
  }

  /// A look at it, at a time that never goes back. Until the next look it bears that load.
  ///
  /// - Returns: what it shows, in milligrams. What lies on it at the first look has lain there for long.
  public mutating func look(milligrams: Double, at nanoseconds: Int64) -> Double {
    let borne = milligrams + offsetMilligrams
    pass(to: nanoseconds, load: borne)
    if let stuckAtMilligrams { return stuckAtMilligrams }
    shown =
      borne - faults.creepShare * (borne - settled) + drifted + warmth(at: nanoseconds) + noise()
    return shown
  }

  /// From now on it shows what it showed last, or moves freely again.
  public mutating func stick(_ isStuck: Bool) { stuckAtMilligrams = isStuck ? shown : nil }

  private mutating func pass(to nanoseconds: Int64, load new: Double) {
    if firstLook == nil {
      (firstLook, settled) = (nanoseconds, new)
    } else {
      let seconds = Double(max(0, nanoseconds - lastLook)) / 1e9
      settled = load + (settled - load) * exp(-seconds / faults.creepSeconds)
      drifted += faults.driftMilligramsPerDay * seconds / 86_400
    }
    (lastLook, load) = (nanoseconds, new)
  }

  private func warmth(at nanoseconds: Int64) -> Double {
    let days = Double(nanoseconds - (firstLook ?? nanoseconds)) / 86_400e9
    return faults.milligramsPerKelvin * faults.dailyKelvin * sin(2 * .pi * days)
  }

  /// By Box and Muller.
  private mutating func noise() -> Double {
    guard faults.noiseMilligrams > 0 else { return 0 }
    let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &numbers))).squareRoot()
    let angle = Double.random(in: 0..<2 * .pi, using: &numbers)
    return faults.noiseMilligrams * radius * cos(angle)
  }
}
