internal import Glibc
internal import SeededNumbers

/// An encoder of 12 bits on the shaft of a head, with what is wrong with it.
public struct EncoderTruth: Sendable {
  public struct Faults: Equatable, Sendable {
    /// How far the angle is off over a turn, at the most: the magnet is not centred.
    public var eccentricCounts: Double
    /// The standard deviation of one look.
    public var noiseCounts: Double

    public static let none = Self(eccentricCounts: 0, noiseCounts: 0)
    /// The AS5600 data sheet, v1-06, operating conditions: a linearity error of 1 degree, and a noise of 0.015
    /// degrees in its slow filter.
    public static let nominal = Self(eccentricCounts: 11.4, noiseCounts: 0.2)

    public init(eccentricCounts: Double, noiseCounts: Double) {
      (self.eccentricCounts, self.noiseCounts) = (eccentricCounts, noiseCounts)
    }
  }

  public var faults: Faults
  /// By so much of a turn the magnet has slipped on the shaft.
  public var slippedTurns = 0.0
  /// It shows what it showed, however the shaft turns.
  public var isStuck = false

  private var shown = 0
  private var numbers: SplitMix64

  /// - Parameter seed: of the noise: the same seed and the same looks are the same numbers.
  public init(faults: Faults = .none, seed: UInt64 = 0) {
    self.faults = faults
    numbers = SplitMix64(seed: seed)
  }

  /// What it shows, 0 to 4095.
  ///
  /// - Parameter turns: of the shaft, from where it reads 0.
  public mutating func look(turns: Double) -> Int {
    if isStuck { return shown }
    let turned = turns + slippedTurns
    let angle = turned - turned.rounded(.down)
    let off = faults.eccentricCounts * sin(2 * .pi * angle) + noise()
    shown = ((Int((angle * 4096 + off).rounded(.down)) % 4096) + 4096) % 4096
    return shown
  }

  private mutating func noise() -> Double {
    faults.noiseCounts > 0 ? faults.noiseCounts * numbers.normal() : 0
  }
}
