internal import CKernelWorld
internal import Glibc
internal import Synchronization

/// An emulated CP2112 on an emulated USB: the kernel's own driver makes an I2C bus of it, and whoever
/// opens that bus meets `answer`.
public final class CP2112Bridge: Sendable {
  private struct Socket {
    var device: CP2112Device?
    /// N of /dev/i2c-N; the last one while nothing is plugged in.
    var number: Int
  }

  private static let made = Atomic(0)

  private let unique: String
  private let answer: @Sendable (BusTransfer) -> BusAnswer
  private let socket: Mutex<Socket>

  /// Plugs an adapter in and waits for its bus.
  ///
  /// - Parameter answer: is called on the adapter's thread, one transfer after the other. While it
  ///   thinks, the kernel waits; after 50 ms it gives up with ETIMEDOUT. Address 0x7f never comes.
  public init(
    answer: @escaping @Sendable (BusTransfer) -> BusAnswer
  ) throws(KernelWorldError) {
    let ordinal = Self.made.wrappingAdd(1, ordering: .relaxed).oldValue
    unique = "kernel-world-\(getpid())-\(ordinal)"
    self.answer = answer
    let device = try CP2112Device(unique: unique, answer: answer)
    do {
      socket = Mutex(Socket(device: device, number: try Self.waitForBus(unique, of: device)))
    } catch {
      device.end()
      throw error
    }
  }

  deinit { socket.withLock { $0.device?.end() } }

  /// The bus, `/dev/i2c-N`. N may be another one after `plug()`.
  public var path: String { "/dev/i2c-\(socket.withLock { $0.number })" }

  /// Pulls the adapter out and waits until its bus is gone. Whoever has it open keeps a dead one.
  public func unplug() throws(KernelWorldError) {
    let (device, number) = socket.withLock { socket in
      defer { socket.device = nil }
      return (socket.device, socket.number)
    }
    guard let device else { return }
    device.end()
    _ = try Wait.upTo(seconds: 10, for: "wait until /dev/i2c-\(number) is gone") {
      () throws(KernelWorldError) in
      let isThere = Files.exists("/dev/i2c-\(number)") || Self.findBus(unique) != nil
      return isThere ? nil : true
    }
  }

  /// Puts it back and waits for its bus.
  public func plug() throws(KernelWorldError) {
    guard socket.withLock({ $0.device == nil }) else { return }
    let device = try CP2112Device(unique: unique, answer: answer)
    do {
      let number = try Self.waitForBus(unique, of: device)
      socket.withLock { $0 = Socket(device: device, number: number) }
    } catch {
      device.end()
      throw error
    }
  }

  private static func waitForBus(
    _ unique: String, of device: CP2112Device
  ) throws(KernelWorldError) -> Int {
    try Wait.upTo(seconds: 10, for: "wait for the bus of a CP2112") {
      () throws(KernelWorldError) in
      guard device.problem == 0 else {
        throw KernelWorldError("answer for a CP2112", code: device.problem)
      }
      guard let number = findBus(unique), isReady("/dev/i2c-\(number)") else { return nil }
      return number
    }
  }

  /// The kernel shows a bus while its driver still takes no reports, and transfers then time out.
  private static func isReady(_ path: String) -> Bool {
    unsafe ckw_bus_try(path, CP2112Device.ownAddress) == 0
  }

  /// The bus whose adapter belongs to the device with this serial number: there may be other CP2112.
  private static func findBus(_ unique: String) -> Int? {
    for name in Files.list("/sys/class/i2c-dev") {
      let directory = "/sys/class/i2c-dev/\(name)"
      guard let adapter = try? Files.read("\(directory)/name"), adapter.hasPrefix("CP2112"),
        let event = try? Files.read("\(directory)/device/../uevent"),
        event.split(separator: "\n").contains("HID_UNIQ=\(unique)")
      else { continue }
      return Int(name.dropFirst("i2c-".count))
    }
    return nil
  }
}
