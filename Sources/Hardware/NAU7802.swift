public import Quantities

/// A load cell under the reservoir. Registers, bits and times by the NAU7802 data sheet.
///
/// The value is a mass in milligrams.
public struct NAU7802: Sensor {
  public let address: UInt8
  private let countsPerGram: Int64
  private let zero: Int64
  private var stage = Stage.reset
  /// How often a conversion that may be of two moments was thrown away.
  public private(set) var tornReads = 0

  private enum Register {
    static let powerUp: UInt8 = 0x00
    static let control1: UInt8 = 0x01
    static let control2: UInt8 = 0x02
    static let conversion: UInt8 = 0x12
    static let converter: UInt8 = 0x15
    static let power: UInt8 = 0x1C
    static let revision: UInt8 = 0x1F
  }

  private enum PowerUp {
    static let reset: UInt8 = 0x01
    static let digitalAndAnalog: UInt8 = 0x06
    static let ready: UInt8 = 0x08
    static let start: UInt8 = 0x10
    static let conversionReady: UInt8 = 0x20
    static let ownSupply: UInt8 = 0x80
    static let running = ownSupply | start | digitalAndAnalog
  }

  private enum Control2 {
    static let calibrate: UInt8 = 0x04
    static let calibrationError: UInt8 = 0x08
  }

  /// Bridge supply of 3.3 V, gain 128.
  private static let supplyAndGain: UInt8 = 0x27
  private static let chopperOff: UInt8 = 0x30
  private static let inputCapacitor: UInt8 = 0x80
  private static let revision: UInt8 = 0x0F

  /// Conversions that come while the input still settles.
  private static let discarded = 6

  /// At 10 conversions a second.
  private static let conversionMax = Nanoseconds.seconds(1)

  private enum Stage: Equatable {
    case reset
    case resetting(until: Nanoseconds)
    case powering(until: Nanoseconds)
    case settling(until: Nanoseconds)
    case calibrating(until: Nanoseconds)
    case running(toDiscard: Int, nextBy: Nanoseconds)
  }

  /// - Parameters:
  ///   - countsPerGram: of the cell as it is mounted; not 0, negative where it hangs the other way.
  ///   - zero: the counts with the empty reservoir on it.
  public init(address: UInt8, countsPerGram: Int64, zero: Int64) {
    self.address = address
    self.countsPerGram = countsPerGram
    self.zero = zero
  }

  public mutating func poll(
    _ bus: I2CBus, at now: Nanoseconds
  ) throws(SensorFault) -> SensorValue? {
    do {
      return try advance(bus, now)
    } catch {
      stage = .reset
      throw error
    }
  }

  private mutating func advance(
    _ bus: I2CBus, _ now: Nanoseconds
  ) throws(SensorFault) -> SensorValue? {
    switch stage {
    case .reset:
      try bus.put([PowerUp.reset], to: Register.powerUp, of: address)
      stage = .resetting(until: now + .milliseconds(1))
    case .resetting(let until):
      guard now >= until else { return nil }
      try bus.put([PowerUp.digitalAndAnalog], to: Register.powerUp, of: address)
      stage = .powering(until: now + .milliseconds(100))
    case .powering(let until):
      guard try powerUp(bus) & PowerUp.ready != 0 else {
        if now >= until { throw .neverReady }
        return nil
      }
      try configure(bus)
      stage = .settling(until: now + .milliseconds(250))
    case .settling(let until):
      guard now >= until else { return nil }
      try bus.put([Control2.calibrate], to: Register.control2, of: address)
      stage = .calibrating(until: now + .seconds(1))
    case .calibrating(let until):
      guard try isCalibrated(bus) else {
        if now >= until { throw .neverReady }
        return nil
      }
      stage = .running(toDiscard: Self.discarded, nextBy: now + Self.conversionMax)
    case .running(let toDiscard, let nextBy):
      return try convert(bus, now, toDiscard: toDiscard, nextBy: nextBy)
    }
    return nil
  }

  private func powerUp(_ bus: I2CBus) throws(SensorFault) -> UInt8 {
    try bus.fetch(1, from: Register.powerUp, of: address)[0]
  }

  private func configure(_ bus: I2CBus) throws(SensorFault) {
    let revision = try bus.fetch(1, from: Register.revision, of: address)[0]
    guard revision & 0x0F == Self.revision else { throw .wrongChip }
    try bus.put([Self.supplyAndGain], to: Register.control1, of: address)
    try bus.put([PowerUp.running], to: Register.powerUp, of: address)
    try bus.put([Self.chopperOff], to: Register.converter, of: address)
    try bus.put([Self.inputCapacitor], to: Register.power, of: address)
    let written = try bus.fetch(1, from: Register.control1, of: address)[0]
    guard written == Self.supplyAndGain else { throw .configurationLost }
  }

  private func isCalibrated(_ bus: I2CBus) throws(SensorFault) -> Bool {
    let control = try bus.fetch(1, from: Register.control2, of: address)[0]
    guard control & Control2.calibrate == 0 else { return false }
    guard control & Control2.calibrationError == 0 else { throw .calibrationFailed }
    return true
  }

  private mutating func convert(
    _ bus: I2CBus, _ now: Nanoseconds, toDiscard: Int, nextBy: Nanoseconds
  ) throws(SensorFault) -> SensorValue? {
    let before = try powerUp(bus)
    // A chip that lost its supply in between is off, or runs with another gain.
    guard before & PowerUp.running == PowerUp.running else { throw .configurationLost }
    guard before & PowerUp.conversionReady != 0 else {
      if now >= nextBy { throw .neverReady }
      return nil
    }
    let bytes = try bus.fetch(3, from: Register.conversion, of: address)
    stage = .running(toDiscard: max(0, toDiscard - 1), nextBy: now + Self.conversionMax)
    // Reading it clears the mark. Set again, another conversion ended while the bytes were on their
    // way, and they may be of both.
    if try powerUp(bus) & PowerUp.conversionReady != 0 {
      tornReads += 1
      return nil
    }
    if toDiscard > 0 { return nil }
    return SensorValue(try milligrams(bytes), measuredAt: now.count)
  }

  private func milligrams(_ bytes: [UInt8]) throws(SensorFault) -> Int64 {
    let raw = Int32(bytes[0]) << 24 | Int32(bytes[1]) << 16 | Int32(bytes[2]) << 8
    let counts = Int64(raw >> 8)
    guard counts > -0x80_0000 && counts < 0x7F_FFFF else { throw .saturated }
    return (counts - zero) * 1000 / countsPerGram
  }
}
