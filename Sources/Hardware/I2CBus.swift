internal import CHardware
public import Quantities

/// One I2C bus. For one thread, which is never the tick thread: a transfer blocks for as long as its
/// adapter likes.
@safe public final class I2CBus {
  public enum Backend: Sendable {
    /// Answered by what the world attaches.
    case simulated
    /// libi2c on an adapter's device, as in `/dev/i2c-1`.
    case linux(path: String)
  }

  /// For the world on the other end of a simulated bus.
  public let world: OpaquePointer

  /// - Parameter deadline: of one transfer with its retry, 1 ms to 1 s.
  public init(_ backend: Backend, deadline: Nanoseconds) throws(HardwareError) {
    var opened: OpaquePointer?
    let status =
      switch backend {
      case .simulated:
        unsafe Self.open(
          chw_bus_config(
            backend: .CHW_BACKEND_SIMULATED, path: nil, deadline_ns: deadline.count), &opened)
      case .linux(let path):
        unsafe path.withCString { path in
          unsafe Self.open(
            chw_bus_config(
              backend: .CHW_BACKEND_LINUX, path: path, deadline_ns: deadline.count), &opened)
        }
      }
    try HardwareError.check(status)
    guard let bus = unsafe opened else { throw .system }
    unsafe world = bus
  }

  private static func open(_ config: chw_bus_config, _ bus: inout OpaquePointer?) -> chw_error {
    var config = unsafe config
    return unsafe chw_bus_open(&config, &bus)
  }

  deinit { unsafe chw_bus_close(world) }

  /// Reads 1 to 32 bytes from `register` on, in the order of the wire; see `chw_bus_read`.
  public func read(
    _ count: Int, from register: UInt8, of address: UInt8
  ) throws(HardwareError) -> [UInt8] {
    guard let count = Int32(exactly: count) else { throw .invalidArgument }
    var bytes = [UInt8](repeating: 0, count: max(Int(count), 1))
    try HardwareError.check(unsafe chw_bus_read(world, address, register, &bytes, count))
    return bytes
  }

  /// Writes 1 to 32 bytes, in the order of the wire. May be written twice; see `chw_bus_write`.
  public func write(
    _ bytes: [UInt8], to register: UInt8, of address: UInt8
  ) throws(HardwareError) {
    try HardwareError.check(
      unsafe chw_bus_write(world, address, register, bytes, Int32(clamping: bytes.count)))
  }

  /// Whether anything answers at an address.
  public func probe(_ address: UInt8) throws(HardwareError) {
    try HardwareError.check(unsafe chw_bus_probe(world, address))
  }

  /// Transfers on the wire, and how many of them were retries.
  public var counts: (transfers: Int64, retries: Int64) {
    let counts = unsafe chw_bus_read_counts(world)
    return (counts.transfers, counts.retries)
  }

  /// How many transfers ended so.
  public func count(of error: HardwareError) -> Int64 {
    let counts = unsafe chw_bus_read_counts(world)
    let errors = unsafe withUnsafeBytes(of: counts.errors) { bytes in
      unsafe Array(bytes.assumingMemoryBound(to: Int64.self))
    }
    return errors.indices.reduce(0) { sum, index in
      let isThis = chw_error(rawValue: -Int32(index)).flatMap(HardwareError.init) == error
      return isThis ? sum + errors[index] : sum
    }
  }
}
