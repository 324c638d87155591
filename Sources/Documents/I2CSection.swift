public import DosingCore
public import Quantities

/// The section `i2c` of a rig file: the sensors on its bus.
public struct I2CSection: Equatable, Sendable {
  /// An AS5600 on the shaft of the head.
  public struct Encoder: Equatable, Sendable {
    public var address: UInt8
  }

  /// A load cell under the reservoir, with an NAU7802.
  public struct LoadCell: Equatable, Sendable {
    public var address: UInt8
    /// Not 0; negative where the cell hangs the other way round.
    public var countsPerGram: Int
    /// Counts with an empty reservoir.
    public var zero: Int
    public var weighing = Weighing()
  }

  /// A pressure sensor in the line, at an ADS1115.
  public struct LinePressure: Equatable, Sendable {
    public var address: UInt8
    public var channel: Int
    public var perVolt: Pressure
    public var limits: OcclusionLimits
  }

  /// The adapter's device, as in `/dev/i2c-1`.
  public var bus: String
  public var encoder: Encoder?
  public var loadCell: LoadCell?
  public var pressure: LinePressure?
}

/// What a scale shows. Apart from the mass of a drug, which nobody doses by the gram.
struct Weight: WrittenQuantity {
  static let units = [Unit("g", 1_000), Unit("mg", 1)]
  static let baseUnitSymbol = "mg"
  static let fileUnit = units[0]
  static let shownUnit = units[0]
  static var baseUnit: StaticString { "mg" }

  var baseUnits: Int64
}

extension StrictYAML {
  mutating func i2c(_ value: Value) -> I2CSection? {
    let keys = mapping(value, required: ["bus"], optional: ["encoder", "load_cell", "pressure"])
    guard let bus = word(keys["bus"]), let written = keys["bus"] else { return nil }
    if !bus.hasPrefix("/dev/") || bus != bus.onOneLine {
      report(written, "'\(bus)' is no device; write it as /dev/i2c-1")
    }
    let section = I2CSection(
      bus: bus, encoder: keys["encoder"].flatMap { encoder($0) },
      loadCell: keys["load_cell"].flatMap { loadCell($0) },
      pressure: keys["pressure"].flatMap { pressure($0) })
    let devices: [(UInt8?, Value?)] = [
      (section.encoder?.address, keys["encoder"]), (section.loadCell?.address, keys["load_cell"]),
      (section.pressure?.address, keys["pressure"]),
    ]
    for (index, (address, value)) in devices.enumerated() {
      guard let address, let value else { continue }
      if devices[..<index].contains(where: { $0.0 == address }) {
        report(value, "has the address of another device; each needs its own")
      }
    }
    return section
  }

  private mutating func encoder(_ value: Value) -> I2CSection.Encoder? {
    let keys = mapping(value, required: ["driver", "address"])
    return device(keys, "as5600", 0x36...0x36).map { I2CSection.Encoder(address: $0) }
  }

  private mutating func loadCell(_ value: Value) -> I2CSection.LoadCell? {
    let keys = mapping(
      value, required: ["driver", "address", "counts_per_gram", "zero"],
      optional: ["error", "drift_per_day"])
    let address = device(keys, "nau7802", 0x2A...0x2A)
    let countsPerGram = integer(keys["counts_per_gram"], -8_388_607...8_388_607)
    if countsPerGram == 0, let written = keys["counts_per_gram"] { report(written, "may not be 0") }
    let zero = integer(keys["zero"], -8_388_607...8_388_607)
    // No cell is exact.
    let error = milligrams(keys["error"], 1...Limits.weighingErrorMax)
    let drift = milligrams(keys["drift_per_day"], 0...Limits.weighingErrorMax)
    guard let address, let countsPerGram, let zero else { return nil }
    var cell = I2CSection.LoadCell(address: address, countsPerGram: countsPerGram, zero: zero)
    if let error { cell.weighing.errorMilligrams = error }
    if let drift { cell.weighing.driftMilligramsPerDay = drift }
    return cell
  }

  private mutating func milligrams(_ value: Value?, _ accepted: ClosedRange<Int64>) -> Int64? {
    guard let value, let weight = quantity(value, as: Weight.self) else { return nil }
    guard accepted.contains(weight.baseUnits) else {
      let ends = [accepted.lowerBound, accepted.upperBound].map { Weight(baseUnits: $0).fileText }
      report(
        value, "\(weight.fileText) is out of range; accepted: \(ends.joined(separator: " to "))")
      return nil
    }
    return weight.baseUnits
  }

  private mutating func pressure(_ value: Value) -> I2CSection.LinePressure? {
    let keys = mapping(
      value, required: ["driver", "address", "channel", "kilopascal_per_volt", "occlusion"],
      optional: ["rise"])
    let address = device(keys, "ads1115", 0x48...0x4B)
    let channel = integer(keys["channel"], 0...3)
    let perVolt = kilopascals(keys["kilopascal_per_volt"])
    let occlusion = quantity(keys["occlusion"], as: Pressure.self)
    let rise = keys["rise"] == nil ? nil : quantity(keys["rise"], as: Pressure.self)
    guard let address, let channel, let perVolt, let occlusion else { return nil }
    return I2CSection.LinePressure(
      address: address, channel: channel, perVolt: perVolt,
      limits: OcclusionLimits(
        threshold: occlusion, rise: rise ?? min(occlusion, OcclusionLimits.usualRise)))
  }

  /// The address of a device with this driver, of those that its pins can choose.
  private mutating func device(
    _ keys: [String: Value], _ driver: String, _ accepted: ClosedRange<UInt8>
  ) -> UInt8? {
    let isKnown = word(keys["driver"], of: [(driver, true)])
    guard let value = keys["address"], let text = word(value), isKnown != nil else { return nil }
    // 36 is not 0x36: how it is written says what is meant.
    let address = text.hasPrefix("0x") ? UInt8(text.dropFirst(2), radix: 16) : nil
    guard let address, accepted.contains(address) else {
      let ends = [accepted.lowerBound, accepted.upperBound].map { "0x" + String($0, radix: 16) }
      let range = accepted.count == 1 ? ends[0] : ends.joined(separator: " to ")
      report(value, "'\(text)' is no address of an \(driver); accepted: \(range)")
      return nil
    }
    return address
  }

  /// A number that stands in a key which names its unit.
  private mutating func kilopascals(_ value: Value?) -> Pressure? {
    guard let value, let text = word(value) else { return nil }
    guard let pressure = try? Pressure(text: "\(text) kPa"),
      (1...1_000_000).contains(pressure.pascals)
    else {
      report(value, "'\(text)' is no number of kilopascals; accepted: 0.001 to 1000, no unit")
      return nil
    }
    return pressure
  }
}
