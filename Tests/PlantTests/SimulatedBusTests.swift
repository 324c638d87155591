import Plant
import Synchronization
import Testing

/// A clock that moves by hand, and by a bus that hangs.
final class HandClock: Sendable {
  private let now = Atomic<Int64>(0)
  var time: Int64 { now.load(ordering: .sequentiallyConsistent) }
  func pass(_ nanoseconds: Int64) {
    now.wrappingAdd(nanoseconds, ordering: .sequentiallyConsistent)
  }

  func bus() -> SimulatedBus { SimulatedBus(clock: { self.time }, sleep: { self.pass($0) }) }
}

@Suite struct SimulatedBusTests {
  private let clock = HandClock()
  private let bus: SimulatedBus

  init() {
    bus = clock.bus()
    bus.connect(AS5600Model(), at: 0x36)
    bus.connect(ADS1115Model(), at: 0x48)
  }

  private func status() -> Result<[UInt8], BusFault> {
    bus.transfer(0x36, writing: [0x0B], reading: 1)
  }

  @Test("a transfer selects, writes, reads, or only reads on")
  func transfers() {
    #expect(status() == .success([0x20]))
    #expect(bus.transfer(0x36, writing: [], reading: 2) == .success([0x00, 0x00]))
    #expect(bus.transfer(0x48, writing: [1, 0x43, 0x83], reading: 0) == .success([]))
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0xC3, 0x83]))
    #expect(bus.transfer(0x48, writing: [3], reading: 0) == .success([]))
    #expect(bus.transfer(0x48, writing: [], reading: 2) == .success([0x7F, 0xFF]))
    #expect(bus.transfer(0x36, writing: [0x10], reading: 1) == .failure(.noDataAcknowledge))
    #expect(bus.transfer(0x37, writing: [0x0B], reading: 1) == .failure(.noAddressAcknowledge))
    #expect(bus.transfers(to: 0x36) == 3)
    #expect(bus.transfers(to: 0x48) == 4)
    #expect(bus.transfers(to: 0x37) == 0)
  }

  @Test("devices live by the clock of the bus")
  func time() {
    #expect(bus.transfer(0x48, writing: [1, 0xC3, 0x83], reading: 0) == .success([]))
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0x43, 0x83]))
    clock.pass(7_812_500)
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0xC3, 0x83]))
    bus.withDevice(AS5600Model.self, at: 0x36) { chip, time in
      chip.turns = Double(time) / 7_812_500 / 4
    }
    #expect(bus.transfer(0x36, writing: [0x0C], reading: 2) == .success([0x04, 0x00]))
  }

  @Test("a fault strikes so many transfers, at one address or at all", arguments: BusFault.allCases)
  func faults(fault: BusFault) {
    bus.beginTrouble(.failing(fault), at: 0x36, transfers: 2)
    #expect(bus.transfer(0x48, writing: [3], reading: 1) == .success([0x7F]))
    #expect(status() == .failure(fault))
    #expect(status() == .failure(fault))
    #expect(status() == .success([0x20]))

    bus.beginTrouble(.failing(fault))
    for _ in 0..<5 {
      #expect(status() == .failure(fault))
      #expect(bus.transfer(0x48, writing: [3], reading: 1) == .failure(fault))
    }
    bus.endTrouble()
    #expect(status() == .success([0x20]))
  }

  @Test("a device does not see what fails")
  func unseen() {
    bus.beginTrouble(.failing(.arbitrationLost), at: 0x48, transfers: 1)
    #expect(
      bus.transfer(0x48, writing: [1, 0x12, 0x34], reading: 0) == .failure(.arbitrationLost))
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0x85, 0x83]))
  }

  @Test("a bus that hangs lets time pass and then succeeds, and meanwhile is free for others")
  func hang() {
    let others = Atomic(0)
    let clock = clock
    let again = Mutex<SimulatedBus?>(nil)
    let bus = SimulatedBus(
      clock: { clock.time },
      sleep: { nanoseconds in
        clock.pass(nanoseconds)
        // Would not come back if the bus were held.
        others.store(again.withLock { $0 }?.transfers(to: 0x48) ?? -1, ordering: .relaxed)
      })
    again.withLock { $0 = bus }
    bus.connect(ADS1115Model(), at: 0x48)
    bus.beginTrouble(.hanging(nanoseconds: 30_000_000), at: 0x48, transfers: 1)
    #expect(bus.transfer(0x48, writing: [3], reading: 2) == .success([0x7F, 0xFF]))
    #expect(clock.time == 30_000_000)
    #expect(others.load(ordering: .relaxed) == 0)
    #expect(bus.transfer(0x48, writing: [3], reading: 2) == .success([0x7F, 0xFF]))
    #expect(clock.time == 30_000_000)
    again.withLock { $0 = nil }
  }

  @Test("an adapter that must not sleep takes the hang by itself")
  func takeHang() {
    bus.beginTrouble(.hanging(nanoseconds: 5), transfers: 1)
    #expect(bus.takeHang(of: 0x36) == 5)
    #expect(bus.takeHang(of: 0x36) == 0)
    bus.beginTrouble(.failing(.heldLow), transfers: 1)
    #expect(bus.takeHang(of: 0x36) == 0)
    #expect(status() == .failure(.heldLow))
    #expect(clock.time == 0)
  }

  @Test("a device that was unplugged, or lost its supply, has lost its configuration")
  func configurationLost() {
    func configure() {
      #expect(bus.transfer(0x48, writing: [1, 0x43, 0x83], reading: 0) == .success([]))
      #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0xC3, 0x83]))
    }
    configure()
    bus.unplug(0x48)
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .failure(.noAddressAcknowledge))
    bus.plug(0x48)
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0x85, 0x83]))

    configure()
    bus.beginTrouble(.unpowered, at: 0x48, transfers: 1)
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .failure(.noAddressAcknowledge))
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0x85, 0x83]))

    configure()
    bus.beginTrouble(.unpowered)
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .failure(.noAddressAcknowledge))
    bus.endTrouble()
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0x85, 0x83]))

    configure()
    bus.beginTrouble(.failing(.heldLow), transfers: 1)
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .failure(.heldLow))
    #expect(bus.transfer(0x48, writing: [1], reading: 2) == .success([0xC3, 0x83]))
  }
}
