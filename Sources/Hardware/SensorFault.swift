/// Why a sensor has no value.
public enum SensorFault: Error, Equatable, Sendable {
  /// The transfer failed.
  case bus(HardwareError)
  /// Another chip answers at this address.
  case wrongChip
  /// The chip does not get ready within the time of its data sheet.
  case neverReady
  case calibrationFailed
  /// The encoder sees no magnet.
  case magnetMissing
  /// The input lies at or beyond the end of the converter's range.
  case saturated
  /// What was written is not what is read back.
  case configurationLost
}

/// A value and when it was true.
public struct SensorValue: Equatable, Sendable, BitwiseCopyable {
  /// In the unit of the sensor.
  public var value: Int64
  /// CLOCK_MONOTONIC, rounded to the past.
  public var measuredAt: Int64

  public init(_ value: Int64, measuredAt: Int64) {
    self.value = value
    self.measuredAt = measuredAt
  }
}

extension I2CBus {
  /// `read` and `write`, in the words of a sensor.
  func fetch(_ count: Int, from register: UInt8, of address: UInt8) throws(SensorFault) -> [UInt8] {
    do {
      return try read(count, from: register, of: address)
    } catch {
      throw .bus(error)
    }
  }

  func put(_ bytes: [UInt8], to register: UInt8, of address: UInt8) throws(SensorFault) {
    do {
      try write(bytes, to: register, of: address)
    } catch {
      throw .bus(error)
    }
  }
}
