internal import Documents
internal import Hardware
internal import Quantities

// Whether the right chip answers, and whether what it says makes sense.

extension Diagnosis {
  /// - Parameters:
  ///   - chip: what should be there, as in `AS5600 at 0x36`.
  ///   - heard: a value of the sensor, why there is none, or nil where none came in time.
  ///   - text: a value as a person reads it.
  static func sensor(
    _ name: String, chip: String, heard: Result<Int64?, SensorFault>, text: (Int64) -> String
  ) -> Self {
    switch heard {
    case .success(let value?): return .ok(name, "\(chip): \(text(value))")
    case .success(nil):
      return .error(
        name, "\(chip) answers and measures nothing", remedy: SensorFault.neverReady.remedy)
    case .failure(let fault):
      return .error(name, "\(chip): \(fault.words)", remedy: fault.remedy)
    }
  }

  /// The sensors of a rig on their bus, each asked in turn.
  static func sensors(
    _ section: I2CSection, on bus: I2CBus, scan: BusScan
  ) -> [Self] {
    let sensors = section.sensors
    return [
      sensors.encoder.map {
        ask($0, "i2c.encoder", chip: "AS5600", at: $0.address, bus, scan) {
          "angle \($0 * 360 / AS5600.countsPerRevolution) deg"
        }
      },
      sensors.loadCell.map {
        ask($0, "i2c.load_cell", chip: "NAU7802", at: $0.address, bus, scan) {
          "\(decimalText($0, per: 1000)) g"
        }
      },
      sensors.pressure.map {
        ask($0, "i2c.pressure", chip: "ADS1115", at: $0.address, bus, scan) {
          "\(decimalText($0, per: 1000)) kPa"
        }
      },
    ].compactMap(\.self)
  }

  private static func ask(
    _ sensor: some Sensor, _ name: String, chip: String, at address: UInt8, _ bus: I2CBus,
    _ scan: BusScan, text: (Int64) -> String
  ) -> Self {
    if let missing = missing(name, address: address, in: scan) { return missing }
    return .sensor(
      name, chip: "\(chip) at \(addressText(address))", heard: sensor.firstValue(on: bus),
      text: text)
  }
}

extension Sensor {
  /// Its first value; nil where none came in time.
  ///
  /// - Parameter patience: a load cell calibrates itself for more than a second first.
  func firstValue(
    on bus: I2CBus, patience: Nanoseconds = .seconds(3)
  ) -> Result<Int64?, SensorFault> {
    var sensor = self
    var faults = 0
    let end = RealTime.now + patience
    while RealTime.now < end {
      do {
        if let value = try sensor.poll(bus, at: RealTime.now) { return .success(value.value) }
      } catch {
        faults += 1
        // One may be left from whoever used the chip before.
        if faults == 3 { return .failure(error) }
      }
      RealTime.sleep(until: RealTime.now + .milliseconds(20))
    }
    return .success(nil)
  }
}

extension SensorFault {
  /// What a person can do about it.
  var remedy: String {
    switch self {
    case .bus: "see its wires, and that they are short; a slower bus: i2c_arm_baudrate=100000"
    case .wrongChip: "see which chip has this address, and write its own in the rig file"
    case .neverReady: "see its supply, then switch it off and on"
    case .calibrationFailed: "see that the load cell is connected to E+, E-, A+ and A-"
    case .magnetMissing: "put the magnet 0.5 to 3 mm in front of the chip, centred on the shaft"
    case .saturated: "see that the sensor is connected, and that its range fits"
    case .configurationLost: "see that its supply is steady"
    }
  }
}
