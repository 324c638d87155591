import DosingCore
import Engine
import Hardware
import Plant
import Quantities
import Synchronization
import Testing

/// A simulated bus with the encoder of the bench, and what the bus thread says of it.
private final class Bench: Sendable {
  let devices = SimulatedBus()
  let faults = Mutex<[SensorFault?]>([])
  let opened = Atomic<Int>(0)
  /// While set, the bus cannot be opened.
  let isMissing = Atomic<Bool>(false)

  init() {
    var encoder = AS5600Model()
    encoder.turns = 0.25
    devices.connect(encoder, at: 0x36)
  }

  func bus() -> SensorBus {
    SensorBus(encoder: AS5600(address: 0x36), loadCell: nil, pressure: nil) {
      () throws(HardwareError) in
      if self.isMissing.load(ordering: .relaxed) { throw .missing }
      self.opened.wrappingAdd(1, ordering: .relaxed)
      let bus = try I2CBus(.simulated, deadline: .milliseconds(50))
      unsafe self.devices.attach(to: bus.world)
      return bus
    } report: { name, fault in
      self.faults.withLock { $0.append(fault) }
    }
  }
}

@Suite struct SensorBusTests {
  @Test("R-071 a sensor that fails is told once, and once when it is good again")
  func reports() {
    let bench = Bench()
    let bus = bench.bus()
    #expect(bus.samples.read().encoder == SensorSample())
    #expect(bus.samples.read().loadCell == nil)
    bus.poll(at: .seconds(1))
    #expect(
      bus.samples.read().encoder?.newest
        == SensorValue(1024, measuredAt: Nanoseconds.seconds(1).count))
    bench.devices.unplug(0x36)
    for second in 2...4 { bus.poll(at: .seconds(Int64(second))) }
    #expect(bus.samples.read().encoder?.hasFault == true)
    bench.devices.plug(0x36)
    for second in 5...6 { bus.poll(at: .seconds(Int64(second))) }
    #expect(bus.samples.read().encoder?.hasFault == false)
    #expect(bench.faults.withLock { $0 } == [.bus(.noAddressAcknowledge), nil])
    #expect(bench.opened.load(ordering: .relaxed) == 1)
  }

  @Test("R-071 a bus that cannot be opened is tried again after a second, not at every poll")
  func reopening() {
    let bench = Bench()
    bench.isMissing.store(true, ordering: .relaxed)
    let bus = bench.bus()
    bus.poll(at: .seconds(10))
    #expect(bench.faults.withLock { $0 } == [.bus(.missing)])
    bench.isMissing.store(false, ordering: .relaxed)
    bus.poll(at: .seconds(10) + .milliseconds(999))
    #expect(bench.opened.load(ordering: .relaxed) == 0)
    bus.poll(at: .seconds(11))
    #expect(bench.opened.load(ordering: .relaxed) == 1)
    #expect(bus.samples.read().encoder?.newest?.value == 1024)
    #expect(bench.faults.withLock { $0 } == [.bus(.missing), nil])
  }

  @Test("R-071 a bus on which nobody answers for ten polls is opened anew")
  func silence() {
    let bench = Bench()
    let bus = bench.bus()
    bus.poll(at: .seconds(1))
    bench.devices.unplug(0x36)
    for poll in Int64(1)...10 { bus.poll(at: .seconds(1) + .milliseconds(100 * poll)) }
    #expect(bench.opened.load(ordering: .relaxed) == 1)
    bus.poll(at: .milliseconds(2_100))
    bench.devices.plug(0x36)
    bus.poll(at: .milliseconds(3_000))
    #expect(bench.opened.load(ordering: .relaxed) == 1)
    #expect(bus.samples.read().encoder?.hasFault == true)
    bus.poll(at: .milliseconds(3_100))
    #expect(bench.opened.load(ordering: .relaxed) == 2)
    #expect(bus.samples.read().encoder?.hasFault == false)
  }

  @Test("R-073 a sensor that hangs the bus for a second holds up no tick")
  func hangingBus() throws {
    let bench = Bench()
    let bus = bench.bus()
    let start = RealTime.now + .milliseconds(10)
    let rig = try TestRig(.fast(tickMilliseconds: 10), virtualTime: false, epoch: start)
    let bounds = SensorBounds(plausible: 0...4095, ageMax: .seconds(1))
    let engine = RealTimeEngine(
      loop: rig.loop(), commits: nil, drive: rig.hardware.drive, start: start,
      blank: .init(serial: .none),
      memoryLocked: false,
      sensors: SensorWatch(bus.samples, encoder: bounds, loadCell: bounds, pressure: bounds))
    let asking = try RealTimeThread(name: "bus", priority: 0) { bus.run() }
    let ticking = try RealTimeThread(name: "tick", priority: 50) { engine.run() }
    #expect(wait { engine.status.read().sensors.encoder.state == .good })

    let asked = bench.devices.transfers(to: 0x36)
    bench.devices.beginTrouble(.hanging(nanoseconds: 1_000_000_000))
    #expect(wait { bench.devices.transfers(to: 0x36) > asked + 1 })
    let before = engine.ticksCompleted
    #expect(wait { engine.ticksCompleted >= before + 50 })
    // Half a second of ticks; a tick that waited for the bus would have made each of them a hang.
    #expect(bench.devices.transfers(to: 0x36) < asked + 10)
    bench.devices.endTrouble()

    engine.end()
    bus.end()
    ticking.join()
    asking.join()
  }
}
