/// An I2C device with registers, as it looks from the bus.
///
/// The first byte that a master writes selects a register: it becomes `pointer`. What follows is written
/// to, or read from, that register on. Times are nanoseconds of the bus's clock and never go back.
public protocol RegisterDevice: Sendable {
  /// The register that the next byte is read from or written to.
  var pointer: UInt8 { get set }

  /// The supply comes back: every register has its reset value.
  mutating func powerUp(at time: Int64)

  /// The bytes from the pointer on, in the order of the wire; the pointer moves as it does in the chip. A
  /// device that has taken its address for reading cannot refuse any more.
  mutating func read(count: Int, at time: Int64) -> [UInt8]

  /// Writes from the pointer on. Without bytes a register is merely selected. False: the chip does not
  /// acknowledge the register or a byte.
  mutating func write(_ bytes: [UInt8], at time: Int64) -> Bool
}

extension RegisterDevice {
  /// Selects a register and reads from it on; nil: not acknowledged.
  public mutating func read(register: UInt8, count: Int, at time: Int64) -> [UInt8]? {
    guard write(register: register, [], at: time) else { return nil }
    return read(count: count, at: time)
  }

  /// Selects a register and writes from it on; false: not acknowledged.
  public mutating func write(register: UInt8, _ bytes: [UInt8], at time: Int64) -> Bool {
    pointer = register
    return write(bytes, at: time)
  }
}
