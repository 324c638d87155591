internal import CHardware
public import Hardware
public import Plant
public import Quantities
internal import Synchronization

/// The other end of simulated wires, in virtual time.
public struct SimulatedLines: LineWorld {
  public init() {}

  public func open() throws -> HardwareRig {
    try HardwareRig(.simulated(virtualTime: true), heartbeat: heartbeat)
  }

  public func level(of wire: Wire, of rig: HardwareRig) throws -> Bool {
    switch wire {
    case .step: false  // a simulated pulse has no length
    case .direction: unsafe chw_world_line(rig.world, .CHW_LINE_DIRECTION)
    case .enable: unsafe chw_world_line(rig.world, .CHW_LINE_ENABLE)
    case .buzzer: unsafe chw_world_line(rig.world, .CHW_LINE_BUZZER)
    case .lamp: unsafe chw_world_line(rig.world, .CHW_LINE_LAMP)
    case .heartbeat: unsafe chw_world_heartbeat_edges(rig.world) % 2 == 1
    }
  }

  public func edges(of wire: Wire, of rig: HardwareRig) throws -> Edges {
    switch wire {
    case .step:
      // The count of the interlock is the engine's; the trace is what was on the wire.
      let pulses = PulseCount.taken(from: rig)
      return Edges(rising: pulses, falling: pulses)
    case .heartbeat:
      let edges = unsafe Int(chw_world_heartbeat_edges(rig.world))
      return Edges(rising: (edges + 1) / 2, falling: edges / 2)
    case .direction, .enable, .buzzer, .lamp:
      throw Violation("a simulated line keeps no count of its edges")
    }
  }

  public func pass(_ time: Nanoseconds, of rig: HardwareRig) {
    rig.virtualClock.set(rig.now + time)
  }
}

/// Pulses that were taken from the traces of all simulated rigs of these checks.
private enum PulseCount {
  private static let count = Atomic<Int>(0)

  static func taken(from rig: HardwareRig) -> Int {
    var pulses = [chw_pulse](repeating: chw_pulse(), count: 256)
    let taken = unsafe chw_world_take_pulses(rig.world, &pulses, Int32(pulses.count))
    return count.wrappingAdd(Int(taken), ordering: .relaxed).newValue
  }
}

/// The sensors on a simulated bus, in virtual time.
public final class SimulatedBusWorld: BusWorld {
  private let clock: VirtualTime
  public let devices: SimulatedBus

  /// Shared with the devices.
  private final class VirtualTime: Sendable {
    let now = Atomic<Int64>(1_000_000_000)
  }

  public init() {
    let clock = VirtualTime()
    self.clock = clock
    devices = SimulatedBus(
      clock: { clock.now.load(ordering: .relaxed) },
      // The deadline of a transfer is one of real time.
      sleep: { RealTime.sleep(until: RealTime.now + Nanoseconds($0)) })
  }

  public var deadline: Nanoseconds { .milliseconds(50) }

  public func open() throws -> I2CBus {
    let bus = try I2CBus(.simulated, deadline: deadline)
    unsafe devices.attach(to: bus.world)
    return bus
  }

  public func error(for fault: BusFault) -> HardwareError {
    switch fault {
    case .noAddressAcknowledge: .noAddressAcknowledge
    case .noDataAcknowledge: .noDataAcknowledge
    case .arbitrationLost: .arbitrationLost
    case .heldLow: .timeout
    }
  }

  public var now: Nanoseconds { Nanoseconds(clock.now.load(ordering: .relaxed)) }

  public func pass(_ time: Nanoseconds) { clock.now.wrappingAdd(time.count, ordering: .relaxed) }
}
