import CHardware
import Testing

/// What a simulated bus answers, one entry a transfer; then it acknowledges everything.
private final class Devices {
  var answers: [chw_error]
  var transfers: [(address: UInt8, register: UInt8, reads: Bool, count: Int32, bytes: [UInt8])] = []
  /// Bytes for reads.
  var bytes: [UInt8] = []
  /// How long a transfer takes, by CLOCK_MONOTONIC.
  var duration: Int64 = 0

  init(_ answers: [chw_error] = []) { self.answers = answers }

  func answer(_ transfer: chw_transfer) -> chw_error {
    let end = chw_monotonic_ns() + duration
    while chw_monotonic_ns() < end {}
    let count = unsafe Int(transfer.count)
    let sent = unsafe transfer.reads ? [] : (0..<count).map { unsafe transfer.bytes[$0] }
    unsafe transfers.append(
      (transfer.address, transfer.first_register, transfer.reads, transfer.count, sent))
    if unsafe transfer.reads {
      for index in 0..<min(count, bytes.count) { unsafe transfer.bytes[index] = bytes[index] }
    }
    return answers.isEmpty ? .CHW_OK : answers.removeFirst()
  }
}

/// A simulated bus with devices behind it.
@safe private final class Bus {
  let devices: Devices
  private let bus: OpaquePointer

  init(_ answers: [chw_error] = [], deadline: Int64 = second) throws {
    devices = Devices(answers)
    var config = unsafe chw_bus_config(
      backend: .CHW_BACKEND_SIMULATED, path: nil, deadline_ns: deadline)
    var opened: OpaquePointer?
    #expect(unsafe chw_bus_open(&config, &opened) == .CHW_OK)
    unsafe bus = try #require(unsafe opened)
    let attached = unsafe chw_world_attach_devices(
      bus,
      { context, transfer in
        guard let context = unsafe context else { return .CHW_ERROR_SYSTEM }
        let devices = unsafe Unmanaged<Devices>.fromOpaque(context).takeUnretainedValue()
        return unsafe devices.answer(transfer.pointee)
      }, Unmanaged.passUnretained(devices).toOpaque())
    #expect(attached == .CHW_OK)
  }

  deinit { unsafe chw_bus_close(bus) }

  func read(_ count: Int32, from register: UInt8 = 0) -> (chw_error, [UInt8]) {
    var bytes = [UInt8](repeating: 0xEE, count: 33)
    let status = unsafe chw_bus_read(bus, 0x36, register, &bytes, count)
    return (status, Array(bytes.prefix(max(0, Int(count)))))
  }

  func write(_ bytes: [UInt8], count: Int32? = nil) -> chw_error {
    unsafe chw_bus_write(bus, 0x36, 7, bytes, count ?? Int32(bytes.count))
  }

  func probe(_ address: UInt8) -> chw_error { unsafe chw_bus_probe(bus, address) }

  var counts: chw_bus_counts { unsafe chw_bus_read_counts(bus) }
}

@Suite struct BusTests {
  @Test("R-070 A transfer carries address, register and bytes in the order of the wire")
  func transfers() throws {
    let bus = try Bus()
    bus.devices.bytes = [0x12, 0x34, 0x56]
    let (status, bytes) = bus.read(3, from: 0x0B)
    #expect(status == .CHW_OK)
    #expect(bytes == [0x12, 0x34, 0x56])
    #expect(bus.write([0xAB, 0xCD]) == .CHW_OK)
    #expect(bus.probe(0x2A) == .CHW_OK)
    let seen = bus.devices.transfers
    #expect(seen.map(\.address) == [0x36, 0x36, 0x2A])
    #expect(seen.map(\.register) == [0x0B, 7, 0])
    #expect(seen.map(\.reads) == [true, false, true])
    #expect(seen.map(\.count) == [3, 2, 0])
    #expect(seen[1].bytes == [0xAB, 0xCD])
  }

  @Test(
    "R-070 What may pass is tried once more, and no more",
    arguments: [
      chw_error.CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE, .CHW_ERROR_NO_DATA_ACKNOWLEDGE,
      .CHW_ERROR_NO_ACKNOWLEDGE, .CHW_ERROR_ARBITRATION_LOST, .CHW_ERROR_TIMEOUT,
      .CHW_ERROR_CHECKSUM, .CHW_ERROR_BUS_FAULT,
    ])
  func passing(error: chw_error) throws {
    let once = try Bus([error])
    #expect(once.read(1).0 == .CHW_OK)
    #expect(once.counts.transfers == 2)
    #expect(once.counts.retries == 1)

    let always = try Bus([error, error, error])
    #expect(always.write([1]) == error)
    #expect(always.devices.transfers.count == 2)
    #expect(always.counts.retries == 1)
    #expect(count(of: error, always.counts) == 2)
  }

  @Test(
    "R-070 What will not pass is not tried again",
    arguments: [
      chw_error.CHW_ERROR_GONE, .CHW_ERROR_PERMISSION, .CHW_ERROR_BUSY, .CHW_ERROR_UNSUPPORTED,
      .CHW_ERROR_PROTOCOL, .CHW_ERROR_SYSTEM,
    ])
  func lasting(error: chw_error) throws {
    let bus = try Bus([error])
    #expect(bus.read(2).0 == error)
    #expect(bus.devices.transfers.count == 1)
    #expect(bus.counts.retries == 0)
  }

  @Test("R-070 A probe is not tried again")
  func probing() throws {
    let bus = try Bus([.CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE])
    #expect(bus.probe(0x40) == .CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE)
    #expect(bus.devices.transfers.count == 1)
  }

  @Test("R-070 What comes after the deadline is too old, and there is no time to try again")
  func late() throws {
    let good = try Bus(deadline: millisecond)
    good.devices.duration = 2 * millisecond
    #expect(good.read(1).0 == .CHW_ERROR_TIMEOUT)
    #expect(good.devices.transfers.count == 1)

    let bad = try Bus([.CHW_ERROR_ARBITRATION_LOST], deadline: millisecond)
    bad.devices.duration = 2 * millisecond
    #expect(bad.read(1).0 == .CHW_ERROR_ARBITRATION_LOST)
    #expect(bad.devices.transfers.count == 1)
  }

  @Test("R-070 Nothing out of range reaches the wire")
  func ranges() throws {
    let bus = try Bus()
    #expect(bus.read(0).0 == .CHW_ERROR_INVALID)
    #expect(bus.read(33).0 == .CHW_ERROR_INVALID)
    #expect(bus.read(-1).0 == .CHW_ERROR_INVALID)
    #expect(bus.write([1], count: 0) == .CHW_ERROR_INVALID)
    #expect(bus.probe(0x80) == .CHW_ERROR_INVALID)
    #expect(bus.devices.transfers.isEmpty)
    #expect(bus.read(32).0 == .CHW_OK)
  }

  @Test("R-070 A bus that cannot be opened opens nothing")
  func opening() {
    let bad: [(chw_backend_kind, path: String?, deadline: Int64, chw_error)] = [
      (.CHW_BACKEND_SIMULATED, nil, millisecond - 1, .CHW_ERROR_INVALID),
      (.CHW_BACKEND_SIMULATED, nil, second + 1, .CHW_ERROR_INVALID),
      (.CHW_BACKEND_LINUX, nil, second, .CHW_ERROR_INVALID),
      (.CHW_BACKEND_LINUX, "/dev/no-such-bus", second, .CHW_ERROR_MISSING),
      (.CHW_BACKEND_LINUX, "/dev/null", second, .CHW_ERROR_UNSUPPORTED),
    ]
    for (backend, path, deadline, error) in bad {
      var bus: OpaquePointer?
      let status = unsafe (path ?? "").withCString { text in
        var config = unsafe chw_bus_config(
          backend: backend, path: path == nil ? nil : text, deadline_ns: deadline)
        return unsafe chw_bus_open(&config, &bus)
      }
      #expect(status == error)
      #expect(unsafe bus == nil)
    }
  }

  private func count(of error: chw_error, _ counts: chw_bus_counts) -> Int64 {
    unsafe withUnsafeBytes(of: counts.errors) { bytes in
      unsafe bytes.load(
        fromByteOffset: Int(-error.rawValue) * MemoryLayout<Int64>.size, as: Int64.self)
    }
  }
}
