internal import Glibc

/// How the pressure in a line answers flow: a line that widens a little, before a catheter that resists.
public struct LinePressureTruth: Sendable {
  /// By how much liquid the line widens. About 1 uL/psi, a stiff extension line.
  public static let microlitresPerKilopascal = 0.145
  /// 2 kPa at 24 mL a day.
  public static let kilopascalSecondsPerMicrolitre = 7.2

  /// Without flow.
  public var baselineKilopascals = 5.0
  /// How much of the way out is closed, 0 to 1.
  public var blockedShare = 0.0

  /// What flow has brought above the baseline, and up to when it has flown off.
  private var raisedKilopascals = 0.0
  private var passedTo: Int64?

  public init() {}

  public var kilopascals: Double { baselineKilopascals + raisedKilopascals }

  /// Nothing gets out.
  public var isBlocked: Bool { blockedShare >= 1 }

  /// Lets what the line was widened by flow off through the catheter. A time before the last one is none.
  public mutating func pass(to nanoseconds: Int64) {
    let before = passedTo ?? nanoseconds
    passedTo = max(before, nanoseconds)
    guard nanoseconds > before, raisedKilopascals > 0, !isBlocked else { return }
    let seconds = Double(nanoseconds - before) / 1e9
    let resistance = Self.kilopascalSecondsPerMicrolitre / (1 - blockedShare)
    raisedKilopascals *= exp(-seconds / (resistance * Self.microlitresPerKilopascal))
  }

  /// From now on times are of another clock.
  mutating func changeClock() { passedTo = nil }

  /// What the head gives widens the line at once.
  public mutating func push(microlitres: Double) {
    raisedKilopascals = max(0, raisedKilopascals + microlitres / Self.microlitresPerKilopascal)
  }
}
