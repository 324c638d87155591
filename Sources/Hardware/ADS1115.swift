public import Quantities

/// A pressure sensor in the line, through a converter. Registers and bits by the ADS1115 data sheet.
///
/// The value is a pressure in pascals.
public struct ADS1115: Sensor {
  public let address: UInt8
  private let pascalsPerVolt: Int64
  private let configuration: UInt16
  /// When the conversion that runs was started.
  private var startedAt: Nanoseconds?

  private enum Register {
    static let conversion: UInt8 = 0
    static let configuration: UInt8 = 1
  }

  private enum Bits {
    /// Written: start. Read: idle.
    static let start: UInt16 = 0x8000
    static let singleEnded: UInt16 = 0x4000
    /// 4.096 V, so that one count is 125 uV.
    static let range: UInt16 = 0x0200
    static let singleShot: UInt16 = 0x0100
    /// 128 conversions a second.
    static let rate: UInt16 = 0x0080
    static let comparatorOff: UInt16 = 0x0003
  }

  private static let microvoltsPerCount: Int64 = 125
  private static let conversionMax = Nanoseconds.seconds(1)

  /// - Parameters:
  ///   - channel: 0 to 3, against ground.
  ///   - pascalsPerVolt: of the sensor and its amplifier.
  public init(address: UInt8, channel: Int, pascalsPerVolt: Int64) {
    precondition((0...3).contains(channel))
    self.address = address
    self.pascalsPerVolt = pascalsPerVolt
    configuration =
      Bits.singleEnded | UInt16(channel) << 12 | Bits.range | Bits.singleShot | Bits.rate
      | Bits.comparatorOff
  }

  public mutating func poll(
    _ bus: I2CBus, at now: Nanoseconds
  ) throws(SensorFault) -> SensorValue? {
    let begun = startedAt
    startedAt = nil
    let value = if let begun { try fetch(bus, begun, now) } else { nil as SensorValue? }
    if startedAt == nil { try start(bus, now) }
    return value
  }

  private mutating func start(_ bus: I2CBus, _ now: Nanoseconds) throws(SensorFault) {
    let word = configuration | Bits.start
    try bus.put(
      [UInt8(word >> 8), UInt8(word & 0xFF)], to: Register.configuration, of: address)
    startedAt = now
  }

  /// Nil, and `begun` kept, where the conversion still runs.
  private mutating func fetch(
    _ bus: I2CBus, _ begun: Nanoseconds, _ now: Nanoseconds
  ) throws(SensorFault) -> SensorValue? {
    let state = try word(bus, Register.configuration)
    // A chip that lost its supply measures another channel in another range.
    guard state & ~Bits.start == configuration else { throw .configurationLost }
    guard state & Bits.start != 0 else {
      if now - begun >= Self.conversionMax { throw .neverReady }
      startedAt = begun
      return nil
    }
    let counts = Int64(Int16(bitPattern: try word(bus, Register.conversion)))
    guard counts > Int64(Int16.min) && counts < Int64(Int16.max) else { throw .saturated }
    let pascals = counts * Self.microvoltsPerCount * pascalsPerVolt / 1_000_000
    return SensorValue(pascals, measuredAt: begun.count)
  }

  private func word(_ bus: I2CBus, _ register: UInt8) throws(SensorFault) -> UInt16 {
    let bytes = try bus.fetch(2, from: register, of: address)
    return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
  }
}
