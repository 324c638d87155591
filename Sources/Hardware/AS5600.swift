public import Quantities

/// A magnetic encoder on the shaft of the head. Registers and bits by the AS5600 data sheet, register map.
public struct AS5600: Sensor {
  public let address: UInt8

  private enum Register {
    /// Followed by the two bytes of the raw angle, so that one transfer reads all of one moment.
    static let status: UInt8 = 0x0B
  }
  private static let magnetDetected: UInt8 = 0x20

  public static let countsPerRevolution: Int64 = 4096

  /// - Parameter address: 0x36 by the factory.
  public init(address: UInt8) { self.address = address }

  /// The raw angle, 0 to 4095.
  public mutating func poll(
    _ bus: I2CBus, at now: Nanoseconds
  ) throws(SensorFault) -> SensorValue? {
    let bytes = try bus.fetch(3, from: Register.status, of: address)
    guard bytes[0] & Self.magnetDetected != 0 else { throw .magnetMissing }
    let angle = Int64(bytes[1] & 0x0F) << 8 | Int64(bytes[2])
    return SensorValue(angle, measuredAt: now.count)
  }
}
