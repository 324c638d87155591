internal import Glibc
internal import Synchronization

/// A GPIO chip of the kernel's own simulator, gpio-sim: programs see it as they see real lines.
///
/// It stays until `remove()`; a new one with the same directory takes away what an earlier run left.
public final class GPIOSim: Sendable {
  /// Where the kernel put the chip. The numbers may change whenever it goes live.
  private struct Place {
    /// The directory of the platform device, with `sim_gpioN` two levels down.
    let platform: String
    /// `gpiochipN`, as it is called in /dev and below the platform device.
    let chip: String
    /// The global number of line 0.
    let base: Int
  }

  private let directory: String
  private let place: Mutex<Place>

  /// Makes a chip and puts it live.
  ///
  /// - Parameters:
  ///   - label: what programs find the chip by. Two chips may have the same one.
  ///   - lines: how many lines it has.
  ///   - names: of lines, by offset.
  ///   - device: the chip's directory in configfs, unique on this machine.
  public init(
    label: String, lines: Int, names: [Int: String], device: String
  ) throws(KernelWorldError) {
    directory = "/sys/kernel/config/gpio-sim/\(device)"
    try Self.tearDown(directory)
    try Files.makeDirectory(directory)
    try Files.makeDirectory("\(directory)/bank0")
    try Files.write("\(lines)", to: "\(directory)/bank0/num_lines")
    try Files.write(label, to: "\(directory)/bank0/label")
    for (offset, name) in names {
      try Files.makeDirectory("\(directory)/bank0/line\(offset)")
      try Files.write(name, to: "\(directory)/bank0/line\(offset)/name")
    }
    try Files.write("1", to: "\(directory)/live")
    place = Mutex(try Self.findPlace(directory))
  }

  /// The path of the character device.
  public var device: String { place.withLock { "/dev/\($0.chip)" } }

  /// The global number of line 0, which tracepoints count from.
  public var base: Int { place.withLock { $0.base } }

  /// Whether the chip is there for programs.
  public var isLive: Bool { (try? Files.read("\(directory)/live")) == "1" }

  /// Takes the chip away from under whoever holds its lines, or brings it back, and waits for that.
  public func setLive(_ live: Bool) throws(KernelWorldError) {
    guard live != isLive else { return }
    let device = self.device
    try Files.write(live ? "1" : "0", to: "\(directory)/live")
    if live {
      let found = try Self.findPlace(directory)
      place.withLock { $0 = found }
    } else {
      _ = try Wait.upTo(seconds: 5, for: "wait until \(device) is gone") {
        () throws(KernelWorldError) in Files.exists(device) ? nil : true
      }
    }
  }

  /// The physical level of a line, whoever drives it.
  public func value(of offset: Int) throws(KernelWorldError) -> Bool {
    try Files.read(file("value", of: offset)) == "1"
  }

  /// Sets what an undriven line goes to. It makes edges for programs, and no record in a trace.
  public func setPull(up: Bool, of offset: Int) throws(KernelWorldError) {
    try Files.write(up ? "pull-up" : "pull-down", to: file("pull", of: offset))
  }

  /// Takes the chip off the machine. Nothing else may be asked of it then.
  public func remove() throws(KernelWorldError) { try Self.tearDown(directory) }

  private func file(_ name: String, of offset: Int) -> String {
    place.withLock { "\($0.platform)/\($0.chip)/sim_gpio\(offset)/\(name)" }
  }

  private static func tearDown(_ directory: String) throws(KernelWorldError) {
    guard Files.exists(directory) else { return }
    if try Files.read("\(directory)/live") == "1" { try Files.write("0", to: "\(directory)/live") }
    for entry in Files.list("\(directory)/bank0") where entry.hasPrefix("line") {
      try Files.removeDirectory("\(directory)/bank0/\(entry)")
    }
    try Files.removeDirectory("\(directory)/bank0")
    try Files.removeDirectory(directory)
  }

  /// Follows the platform device, not the label, so that chips with equal labels are not mixed up.
  private static func findPlace(_ directory: String) throws(KernelWorldError) -> Place {
    try Wait.upTo(seconds: 5, for: "wait for the chip of \(directory)") {
      () throws(KernelWorldError) in
      let platform = "/sys/devices/platform/\(try Files.read("\(directory)/dev_name"))"
      let chip = try Files.read("\(directory)/bank0/chip_name")
      let numbers = Files.list("\(platform)/gpio").first { $0.hasPrefix("gpiochip") }
      guard let numbers, Files.exists("/dev/\(chip)"),
        Files.exists("\(platform)/\(chip)/sim_gpio0/value"),
        let base = Int(try Files.read("\(platform)/gpio/\(numbers)/base"))
      else { return nil }
      return Place(platform: platform, chip: chip, base: base)
    }
  }
}
