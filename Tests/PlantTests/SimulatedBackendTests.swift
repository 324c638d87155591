import CHardware
import Plant
import Testing

/// The simulated bus, seen through the hardware contract.
@Suite @safe final class SimulatedBackendTests {
  private let clock = HandClock()
  private let devices: SimulatedBus
  private let bus: OpaquePointer

  init() throws {
    devices = clock.bus()
    devices.connect(ADS1115Model(), at: 0x48)
    var config = unsafe chw_bus_config(
      backend: .CHW_BACKEND_SIMULATED, path: nil, deadline_ns: 1_000_000_000)
    var opened: OpaquePointer?
    #expect(unsafe chw_bus_open(&config, &opened) == .CHW_OK)
    unsafe bus = try #require(unsafe opened)
    unsafe devices.attach(to: bus)
  }

  deinit { unsafe chw_bus_close(bus) }

  private func read(_ register: UInt8, _ address: UInt8 = 0x48) -> (chw_error, [UInt8]) {
    var bytes: [UInt8] = [0xAA, 0xAA]
    let error = unsafe chw_bus_read(bus, address, register, &bytes, 2)
    return (error, bytes)
  }

  @Test("bytes come and go in the order of the wire")
  func bytes() {
    #expect(read(1) == (.CHW_OK, [0x85, 0x83]))
    #expect(unsafe chw_bus_write(bus, 0x48, 1, [0x43, 0x83], 2) == .CHW_OK)
    #expect(read(1) == (.CHW_OK, [0xC3, 0x83]))
    #expect(unsafe chw_bus_probe(bus, 0x48) == .CHW_OK)
    #expect(unsafe chw_bus_probe(bus, 0x49) == .CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE)
    #expect(devices.transfers(to: 0x48) == 4)
  }

  @Test(
    "each fault is its own error, and no byte is touched",
    arguments: [
      (BusFault.noAddressAcknowledge, chw_error.CHW_ERROR_NO_ADDRESS_ACKNOWLEDGE),
      (.noDataAcknowledge, .CHW_ERROR_NO_DATA_ACKNOWLEDGE),
      (.arbitrationLost, .CHW_ERROR_ARBITRATION_LOST), (.heldLow, .CHW_ERROR_TIMEOUT),
    ])
  func faults(fault: BusFault, error: chw_error) {
    devices.beginTrouble(.failing(fault))
    #expect(read(1) == (error, [0xAA, 0xAA]))
    #expect(unsafe chw_bus_write(bus, 0x48, 1, [0x43, 0x83], 2) == error)
    #expect(unsafe chw_bus_probe(bus, 0x48) == error)
  }

  @Test("one failure is made good by the retry of the contract")
  func retry() {
    devices.beginTrouble(.failing(.noDataAcknowledge), transfers: 1)
    #expect(read(1) == (.CHW_OK, [0x85, 0x83]))
    #expect(devices.transfers(to: 0x48) == 2)
  }
}
