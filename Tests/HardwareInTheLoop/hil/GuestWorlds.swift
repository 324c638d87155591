internal import Conformance
internal import Hardware
internal import KernelWorld
internal import Plant
internal import Quantities

/// The lines of the guest's chip, for the conformance suite.
struct GuestLines: LineWorld {
  let guest: GuestBench

  func open() throws -> HardwareRig { try guest.open() }

  func level(of wire: Wire, of rig: HardwareRig) throws -> Bool { try guest.value(of: wire) }

  func edges(of wire: Wire, of rig: HardwareRig) throws -> Edges {
    try guest.edgesUntilNow(of: wire)
  }

  func pass(_ time: Nanoseconds, of rig: HardwareRig) {
    RealTime.sleep(until: RealTime.now + time)
  }
}

/// The bus of the guest's adapter, for the conformance suite.
struct GuestBus: BusWorld {
  let guest: GuestBench

  var devices: SimulatedBus { guest.bus }

  /// The driver gives a transfer up after some 400 ms: what takes twice the deadline still comes.
  var deadline: Nanoseconds { .milliseconds(150) }

  func open() throws -> I2CBus {
    try I2CBus(.linux(path: guest.bridge.path), deadline: deadline)
  }

  /// The kernel's driver of this adapter tells a missing acknowledge and a held bus apart from nothing
  /// else, and everything else not at all.
  func error(for fault: BusFault) -> HardwareError {
    switch fault {
    case .noAddressAcknowledge, .heldLow: .timeout
    case .noDataAcknowledge, .arbitrationLost: .busFault
    }
  }

  var now: Nanoseconds { RealTime.now }

  func pass(_ time: Nanoseconds) { RealTime.sleep(until: RealTime.now + time) }
}
