internal import CHardware

/// A GPIO chip of this machine, as it is seen without taking any line.
public struct GPIOChip: Equatable, Sendable {
  public var device: String
  /// Empty where the chip could not be opened.
  public var label: String
  public var lines: Int32
  /// The errno with which it could not be opened, or 0.
  public var systemError: Int32

  public init(device: String, label: String, lines: Int32, systemError: Int32) {
    self.device = device
    self.label = label
    self.lines = lines
    self.systemError = systemError
  }

  /// Every chip once, in the order of their names.
  public static var all: [GPIOChip] {
    var chips = [chw_chip](repeating: chw_chip(), count: 64)
    let count = unsafe chw_list_chips(&chips, Int32(chips.count))
    return chips.prefix(Int(count)).map {
      GPIOChip(
        device: text($0.device), label: text($0.label), lines: $0.lines,
        systemError: $0.system_error)
    }
  }

  /// A line as the kernel sees it.
  public struct Line: Equatable, Sendable {
    public var offset: Int32
    public var isInUse: Bool
    public var name: String
    /// Empty where the kernel does not tell.
    public var holder: String

    public init(offset: Int32, isInUse: Bool, name: String, holder: String) {
      self.offset = offset
      self.isInUse = isInUse
      self.name = name
      self.holder = holder
    }
  }

  public func line(_ place: LinePlace) throws(HardwareError) -> Line {
    var state = chw_line_state()
    let status = unsafe place.withC { place in
      unsafe device.withCString { unsafe chw_inspect_line($0, place, &state) }
    }
    try HardwareError.check(status)
    return Line(
      offset: state.offset, isInUse: state.in_use, name: text(state.name),
      holder: text(state.holder))
  }

  /// The libgpiod that this program was built with, as in `libgpiod 1.6.3, API v1`.
  public static var libraryVersion: String { unsafe String(cString: chw_gpiod_version()) }
}
