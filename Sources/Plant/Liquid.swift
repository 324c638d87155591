/// Some drug in solution, on its way from one place to another.
public struct Liquid: Equatable, Sendable {
  public var microlitres: Double
  /// In ng/mL.
  public var concentration: Double

  public static let none = Liquid(microlitres: 0, concentration: 0)

  public init(microlitres: Double, concentration: Double) {
    self.microlitres = microlitres
    self.concentration = concentration
  }

  public var nanograms: Double { microlitres * concentration / 1000 }

  /// Both in one vessel.
  public mutating func mix(with other: Liquid) {
    let volume = microlitres + other.microlitres
    // Equal ones stay what they are to the last bit, however often.
    if volume > 0, concentration != other.concentration {
      concentration = (nanograms + other.nanograms) / volume * 1000
    }
    microlitres = volume
  }
}
