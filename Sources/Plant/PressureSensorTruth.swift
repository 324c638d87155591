internal import Glibc
internal import SeededNumbers

/// A sensor of the pressure in a line, with what is wrong with it.
public struct PressureSensorTruth: Sendable {
  /// Amplitudes: 0 is a sensor without that fault.
  public struct Faults: Equatable, Sendable {
    /// The standard deviation of one look.
    public var noiseKilopascals: Double
    /// How far it goes up and down once a day, with the temperature, and with where the tip lies.
    public var dailyKilopascals: Double

    public static let none = Self(noiseKilopascals: 0, dailyKilopascals: 0)
    /// Assumptions for a bridge of 350 kPa behind an ADS1115; none of it was measured.
    public static let nominal = Self(noiseKilopascals: 0.1, dailyKilopascals: 1)

    public init(noiseKilopascals: Double, dailyKilopascals: Double) {
      (self.noiseKilopascals, self.dailyKilopascals) = (noiseKilopascals, dailyKilopascals)
    }
  }

  public var faults: Faults
  /// It shows what it showed, whatever there is.
  public var isStuck = false

  private var shown = 0.0
  private var numbers: SplitMix64

  /// - Parameter seed: of the noise: the same seed and the same looks are the same numbers.
  public init(faults: Faults = .none, seed: UInt64 = 0) {
    self.faults = faults
    numbers = SplitMix64(seed: seed)
  }

  /// What it shows, in kilopascals.
  public mutating func look(kilopascals: Double, at nanoseconds: Int64) -> Double {
    if isStuck { return shown }
    let daily = faults.dailyKilopascals * sin(2 * .pi * Double(nanoseconds) / 86_400e9)
    shown = kilopascals + daily + noise()
    return shown
  }

  private mutating func noise() -> Double {
    faults.noiseKilopascals > 0 ? faults.noiseKilopascals * numbers.normal() : 0
  }
}
