/// An I2C adapter that programs can use.
struct I2CAdapter: Equatable {
  /// As in `/dev/i2c-1`.
  var device: String
  /// As its driver calls it.
  var name: String

  /// Every adapter of this machine. None where the module i2c-dev is not loaded.
  static var all: [Self] {
    let folder = "/sys/class/i2c-dev"
    return SystemFile.names(in: folder).map {
      Self(device: "/dev/\($0)", name: SystemFile.text("\(folder)/\($0)/name") ?? "no name")
    }
  }
}
