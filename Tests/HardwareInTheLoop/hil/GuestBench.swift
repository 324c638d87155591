internal import Conformance
internal import Glibc
internal import Hardware
internal import KernelWorld
internal import Plant
internal import Quantities

/// The world around the guest's kernel: a GPIO chip whose lines are watched, a bus with the three
/// sensors behind an adapter, and the pump head that both belong to.
final class GuestBench: Sendable {
  let chip: GPIOSim
  let trace: LineTrace
  let bridge: CP2112Bridge
  let bus: SimulatedBus
  let gate: HeartbeatGate
  let world: WorldBehindLines

  private static let lineCount = 32

  init() throws {
    let bus = SimulatedBus()
    let gate = HeartbeatGate(heartbeatNanoseconds: heartbeat.count)
    let chip = try GPIOSim(
      label: BenchTexts.chip, lines: Self.lineCount, names: [17: BenchTexts.stepLine],
      device: "bench")
    let world = WorldBehindLines(base: chip.base, gate: gate, sensors: Scale.connect(to: bus))
    self.bus = bus
    self.gate = gate
    self.chip = chip
    self.world = world
    trace = try LineTrace(instance: "bench") { world.take($0) }
    bridge = try CP2112Bridge { bus.answer($0) }
  }

  /// Every sensor as it is after power-up, showing what the head has done, and no trouble on the bus.
  func renewSensors() {
    bus.endTrouble()
    world.renew(Scale.connect(to: bus))
  }

  // MARK: Lines

  /// Opens the lines as pumpd does. What a process before left high is forgotten.
  func open(heartbeat: Nanoseconds = heartbeat) throws -> HardwareRig {
    try forgetReleased()
    return try HardwareRig(.linux(BenchTexts.wiring), heartbeat: heartbeat)
  }

  /// The level that is on a line, whoever drives it or nobody.
  func value(of wire: Wire) throws -> Bool { try chip.value(of: Self.offset(of: wire)) }

  /// The number of a line among those of all chips.
  func global(_ wire: Wire) -> Int { chip.base + Self.offset(of: wire) }

  private static func offset(of wire: Wire) -> Int { Int(BenchTexts.offset(of: wire)) }

  /// The edges by which each wire was driven until now. While nobody holds the lines.
  func drivenEdges() throws -> [Wire: Edges] {
    try forgetReleased()
    return Dictionary(
      uniqueKeysWithValues: Wire.allCases.map { ($0, edges(of: $0)) })
  }

  /// The edges of a wire until now.
  func edgesUntilNow(of wire: Wire) throws -> Edges {
    try trace.catchUp()
    return edges(of: wire)
  }

  private func edges(of wire: Wire) -> Edges {
    let history = trace.history(of: global(wire))
    return Edges(rising: history.rising, falling: history.falling)
  }

  /// The kernel leaves no record where it takes a line back.
  private func forgetReleased() throws {
    try trace.catchUp()
    try expect(trace.lostEvents, is: 0, "events that the kernel lost")
    for wire in Wire.allCases where try !value(of: wire) {
      trace.forgetLevels(of: global(wire)..<(global(wire) + 1))
      world.forget(wire)
    }
  }

  /// Another chip with the label of the bench's.
  func secondChip() throws -> GPIOSim {
    try GPIOSim(label: BenchTexts.chip, lines: 8, names: [:], device: "twin")
  }

  /// Takes the chip away for the time of `body`.
  func withoutChip(_ body: () throws -> Void) throws {
    try chip.setLive(false)
    defer { try? chip.setLive(true) }
    try body()
  }

  // MARK: What came of it

  func motorSteps() throws -> Int {
    try trace.catchUp()
    return world.motorSteps
  }

  /// Edges of the heartbeat until now.
  func heartbeats() throws -> Int {
    let edges = try edgesUntilNow(of: .heartbeat)
    return edges.rising + edges.falling
  }

  /// When the heartbeat last changed, by CLOCK_MONOTONIC.
  func lastHeartbeat() throws -> Int64 {
    try trace.catchUp()
    return trace.history(of: global(.heartbeat)).lastEdgeNanoseconds
  }
}

extension SimulatedBus {
  /// What the emulated adapter says to a transfer.
  fileprivate func answer(_ transfer: BusTransfer) -> BusAnswer {
    let hang = takeHang(of: transfer.address)
    let result = transferAtOnce(
      transfer.address, writing: transfer.written, reading: transfer.readCount)
    return switch result {
    case .success(let bytes): hang > 0 ? .late(nanoseconds: hang, bytes) : .bytes(bytes)
    case .failure(.noAddressAcknowledge): .notAcknowledged
    // Not all bytes could be written: "write incomplete", one of the errors without a name of its own.
    case .failure(.noDataAcknowledge): .otherError
    case .failure(.arbitrationLost): .arbitrationLost
    case .failure(.heldLow): .busTimeout
    }
  }
}
