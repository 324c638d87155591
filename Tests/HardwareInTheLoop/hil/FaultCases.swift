internal import Conformance
internal import Documents
internal import DosingCore
internal import Hardware
internal import KernelWorld
internal import Plant
internal import Quantities

/// What lines and bus can show of a fault, on the kernel's own drivers at 24 mL/d: only the world is changed here, and a
/// pump that runs by itself raises each alarm within 20 s, and ends it.
struct FaultCases {
  let guest: GuestBench

  /// At 24 mL/d none of these detectors takes longer.
  private static let within = Nanoseconds.seconds(20)

  var all: [Case] {
    [
      Case(
        "R-137 R-139 a head that is jammed, and meanwhile a load cell and a sensor of the pressure that are unplugged"
      ) { try jammed() },
      Case("R-141 R-139 a line that is blocked, and meanwhile an encoder that is unplugged") {
        try blocked()
      },
      Case(
        "R-138 R-150 a shaft that turns by itself: driver off, heartbeat still, until it is cleared"
      ) {
        try turnsByItself()
      },
    ]
  }

  private func start() throws -> RunningPump {
    guest.renewSensors()
    let pump = try RunningPump(BenchTexts(bus: guest.bridge.path))
    try pump.program(BenchTexts.continuous(microgramsPerHour: 500))
    try waitUntil("the motor turns") { try pump.status().number("steps") > 40 }
    return pump
  }

  private func isOn(_ code: FaultCode, _ pump: RunningPump) throws -> Bool {
    // Pressure falls while time passes.
    guest.world.showSensors()
    return try pump.status().json.contains("\"\(code.code)\"")
  }

  private func raises(_ code: FaultCode, _ pump: RunningPump, _ change: () -> Void) throws {
    let before = try pump.status()
    change()
    try waitUntil("\(code) is told") { try isOn(code, pump) }
    let after = try pump.status()
    // By the pump's own ticks, those alone that ran: neither what it took to ask, nor how busy this machine is.
    let ticks = try after.number("tick") - before.number("tick")
    let missed = try after.number("ticks_missed") - before.number("ticks_missed")
    let took =
      try Nanoseconds((ticks - missed) * BenchTexts.tick.count)
      - Nanoseconds(after.raisedNanosecondsAgo(code.code))
    try expect(took <= Self.within, "\(code) was told after \(took.count / 1_000_000) ms")
    Suite.print("# \(code) was told after \(took.count / 1_000_000) ms")
  }

  private func ends(_ code: FaultCode, _ pump: RunningPump) throws {
    try waitUntil("\(code) is over") { try !isOn(code, pump) }
  }

  private func unplug(_ address: UInt8, _ code: FaultCode, _ pump: RunningPump) throws {
    try raises(code, pump) { guest.bus.unplug(address) }
    guest.bus.plug(address)
    try ends(code, pump)
  }

  private func jammed() throws {
    let pump = try start()
    try raises(.stalled, pump) { guest.world.jam(true) }
    try expect(pump.status().text("mode"), is: "stalled", "mode")
    guest.world.jam(false)
    // It is tried after a minute.
    try unplug(Address.loadCell, .loadCellLost, pump)
    try unplug(Address.pressure, .pressureLost, pump)
    try ends(.stalled, pump)
    try goesOn(pump)
  }

  private func blocked() throws {
    let pump = try start()
    try raises(.occluded, pump) { guest.world.block(true) }
    try expect(pump.status().text("mode"), is: "occluded", "mode")
    guest.world.block(false)
    try unplug(Address.encoder, .encoderLost, pump)
    try ends(.occluded, pump)
    try goesOn(pump)
  }

  private func turnsByItself() throws {
    let pump = try start()
    try raises(.driveDisobeys, pump) { guest.world.turnByItself(steps: 200) }
    try expect(pump.status().text("mode"), is: "hard-stop", "mode")
    try waitUntil("the driver is off") { try !guest.value(of: .enable) }
    let edge = try guest.lastHeartbeat()
    RealTime.sleep(until: RealTime.now + .seconds(1))
    try expect(guest.lastHeartbeat(), is: edge, "the last heartbeat")
    try pump.control("clear")
    try ends(.driveDisobeys, pump)
    try pump.control("resume")
    try goesOn(pump)
  }

  private func goesOn(_ pump: RunningPump) throws {
    let before = try pump.status().number("steps")
    try waitUntil("the motor turns on") { try pump.status().number("steps") > before + 20 }
    try expect(pump.end(), is: 0, "exit code")
  }
}
