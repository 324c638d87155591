/// What is wrong between driver, motor and head. None of it is seen on the wires.
public struct ShaftFaults: Equatable, Sendable {
  /// The rotor stands, whatever the coils do.
  public var isJammed = false
  /// Of the pulses such a share turns nothing, 0 to 1: a load near the torque of the motor.
  public var slipShare = 0.0
  /// A coil is wired the other way round.
  public var isReversed = false
  /// The driver makes steps of its own, so many a day, below zero backwards: as long as it has power, which the
  /// gate of the heartbeat cuts, and nothing else.
  public var strayStepsPerDay = 0.0

  /// A part of a step that has slipped, and of one that strayed.
  private var slipped = 0.0
  private var strayed = 0.0

  /// Nothing is wrong.
  public init() {}

  /// Where a pulse turns the shaft: 1, -1, or 0.
  mutating func turn(_ step: Int) -> Int {
    if isJammed { return 0 }
    slipped += slipShare
    if slipped >= 1 {
      slipped -= 1
      return 0
    }
    return isReversed ? -step : step
  }

  /// The whole steps that it makes by itself in a time in which the driver has power.
  mutating func stray(nanoseconds: Int64) -> Int {
    strayed += strayStepsPerDay * Double(nanoseconds) / 86_400e9
    let whole = strayed.rounded(.towardZero)
    strayed -= whole
    return Int(whole)
  }
}
