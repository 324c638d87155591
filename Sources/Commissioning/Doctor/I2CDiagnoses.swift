internal import Documents
internal import Hardware

// Whether the bus of the sensors works, and who is on it.

extension Diagnosis {
  /// What this machine has, whatever the rig needs.
  static func i2cAdapters(_ adapters: [I2CAdapter]) -> Self {
    let list = adapters.map { "\($0.device) '\($0.name)'" }
    return .ok(
      "i2c adapters", list.isEmpty ? "this machine has none" : list.joined(separator: "; "))
  }

  /// - Parameter failure: why the bus could not be opened; nil where it is open.
  static func bus(
    _ device: String, among adapters: [I2CAdapter], failure: HardwareError?
  ) -> Self {
    let name = "i2c.bus"
    let adapter = adapters.first { $0.device == device }
    let told = adapter.map { "\(device) '\($0.name)'" } ?? device
    switch failure {
    case nil:
      return .ok(name, "\(told) can transfer bytes, words and blocks")
    case .noPermission:
      return .error(
        name, "no permission to open \(told)", remedy: Remedy.i2cGroup, code: .noPermission)
    case .missing:
      return .error(
        name, "there is no \(told)",
        remedy: "load the module i2c-dev, and switch the adapter on: on a Raspberry Pi "
          + "dtparam=i2c_arm=on in config.txt; or write one of the adapters above")
    case .unsupported:
      return .error(
        name, "\(told) cannot transfer bytes, words and blocks as the sensors need it",
        remedy: "take another adapter")
    case .some(let error):
      return .error(name, "\(told): \(error.words)", remedy: Remedy.kernelLog)
    }
  }

  static func scan(_ scan: BusScan) -> Self {
    let name = "i2c.scan"
    if let failure = scan.failure {
      return .error(
        name, "the bus does not work: \(failure.words)",
        remedy: "see that SDA and SCL have pull-ups and that no device holds one of them low")
    }
    var parts = scan.answering.map(addressText)
    parts += scan.owned.map { "\(addressText($0)) (a driver of the kernel)" }
    if !parts.isEmpty {
      return .ok(name, "these addresses answer: \(parts.joined(separator: " "))")
    }
    return .warning(
      name, "no address answers", remedy: "see that the sensors have their supply, SDA and SCL")
  }

  /// A device whose address was scanned, before it is asked; nil where it answers.
  static func missing(_ name: String, address: UInt8, in scan: BusScan) -> Self? {
    if scan.answering.contains(address) { return nil }
    let place = addressText(address)
    if scan.owned.contains(address) {
      return .error(
        name, "a driver of the kernel has \(place) for itself",
        remedy: "take its overlay out of config.txt, or unload its module")
    }
    return .error(
      name, "nothing answers at \(place)",
      remedy: "see its supply, SDA and SCL, and the pins that set its address")
  }
}
