public import Hardware
public import Plant
public import Quantities

/// A bus with the three sensors on it, and the power to break it.
public protocol BusWorld: Sendable {
  var devices: SimulatedBus { get }
  /// Opens it with `deadline`.
  func open() throws -> I2CBus
  /// Of a transfer: long beside one that goes well, wherever this runs.
  var deadline: Nanoseconds { get }
  /// How this adapter shows a fault.
  func error(for fault: BusFault) -> HardwareError
  /// CLOCK_MONOTONIC, or the time that stands for it.
  var now: Nanoseconds { get }
  func pass(_ time: Nanoseconds)
}

/// The addresses of the bench.
public enum Address {
  public static let encoder: UInt8 = 0x36
  public static let loadCell: UInt8 = 0x2A
  public static let pressure: UInt8 = 0x48
  public static let nobody: UInt8 = 0x50
}

/// What the bench's load cell and pressure sensor are like.
public enum Scale {
  public static let countsPerGram = 10_000
  public static let zero = 20_000
  public static let pascalsPerVolt: Int64 = 50_000

  /// Puts the three sensors on a bus, each as it is after power-up.
  public static func connect(to bus: SimulatedBus) -> BenchSensors {
    BenchSensors(
      bus: bus, stepsPerRevolution: 3200,
      encoder: BenchSensors.Encoder(address: Address.encoder, offsetTurns: 0),
      loadCell: BenchSensors.LoadCell(
        address: Address.loadCell, countsPerGram: Double(countsPerGram), zero: Double(zero)),
      linePressure: BenchSensors.LinePressure(
        address: Address.pressure, channel: 0,
        kilopascalsPerVolt: Double(pascalsPerVolt) / 1000))
  }
}

extension SimulatedBus {
  /// What lies on the load cell.
  func load(_ milligrams: Double) {
    withDevice(NAU7802Model.self, at: Address.loadCell) { $0.load(milligrams: milligrams, at: $1) }
  }

  func breakLoadCell(_ change: @Sendable (inout NAU7802Model.Faults) -> Void) {
    withDevice(NAU7802Model.self, at: Address.loadCell) { chip, _ in change(&chip.faults) }
  }

  /// What lies at the inputs of the pressure sensor's converter.
  func apply(_ microvolts: [Double]) {
    withDevice(ADS1115Model.self, at: Address.pressure) { chip, time in
      for (channel, value) in microvolts.enumerated() {
        chip.apply(microvolts: value, to: channel, at: time)
      }
    }
  }

  /// The supply of a device was off, and is on again.
  func interruptSupply(of address: UInt8) {
    unplug(address)
    plug(address)
  }
}

/// What every backend must do with its bus.
public func busCases(_ world: some BusWorld) -> [Case] {
  transferCases(world) + encoderCases(world) + loadCellCases(world) + pressureCases(world)
}

private func transferCases(_ world: some BusWorld) -> [Case] {
  let faults: [(String, BusFault)] = [
    ("a missing acknowledge of the address", .noAddressAcknowledge),
    ("a missing acknowledge of a byte", .noDataAcknowledge),
    ("lost arbitration", .arbitrationLost), ("a bus held low", .heldLow),
  ]
  return [
    Case("R-070 bytes are read and written in the order of the wire") {
      let bus = try opened(world)
      // The calibration registers of the load cell's converter keep what is written.
      try bus.write([0x12], to: 0x06, of: Address.loadCell)
      try bus.write([0x34, 0x56], to: 0x07, of: Address.loadCell)
      try bus.write([0x78, 0x9A, 0xBC], to: 0x0A, of: Address.loadCell)
      try expect(bus.read(3, from: 0x06, of: Address.loadCell), is: [0x12, 0x34, 0x56], "bytes")
      try expect(bus.read(2, from: 0x07, of: Address.loadCell), is: [0x34, 0x56], "a word")
      try expect(bus.read(1, from: 0x08, of: Address.loadCell), is: [0x56], "a byte")
      try expect(bus.read(3, from: 0x0A, of: Address.loadCell), is: [0x78, 0x9A, 0xBC], "a block")
    },
    Case("R-070 nobody at an address is told apart from somebody") {
      let bus = try opened(world)
      try bus.probe(Address.encoder)
      let wanted = world.error(for: .noAddressAcknowledge)
      try expect(error { try bus.probe(Address.nobody) }, is: wanted, "a probe of nobody")
      try expect(
        error { _ = try bus.read(1, from: 0, of: Address.nobody) }, is: wanted, "a read of nobody")
    },
  ]
    + faults.map { what, fault in
      Case("R-070 \(what) is tried once more, and told where it stays") {
        let bus = try opened(world)
        let before = bus.counts
        world.devices.beginTrouble(.failing(fault), at: Address.encoder, transfers: 1)
        _ = try bus.read(3, from: 0x0B, of: Address.encoder)
        try expect(bus.counts.retries - before.retries, is: 1, "retries of one fault")
        world.devices.beginTrouble(.failing(fault), at: Address.encoder)
        let found = error { _ = try bus.read(3, from: 0x0B, of: Address.encoder) }
        try expect(found, is: world.error(for: fault), "the error")
        try expect(bus.counts.transfers - before.transfers, is: 4, "transfers")
        _ = try bus.read(1, from: 0x1F, of: Address.loadCell)
        world.devices.endTrouble(at: Address.encoder)
        _ = try bus.read(3, from: 0x0B, of: Address.encoder)
      }
    } + [
      Case("R-070 what comes after the deadline is not believed") {
        let bus = try opened(world)
        let late = world.deadline.count * 2
        world.devices.beginTrouble(.hanging(nanoseconds: late), at: Address.encoder)
        let found = error { _ = try bus.read(3, from: 0x0B, of: Address.encoder) }
        try expect(found, is: .timeout, "the error")
        world.devices.endTrouble(at: Address.encoder)
        _ = try bus.read(3, from: 0x0B, of: Address.encoder)
      }
    ]
}

private func encoderCases(_ world: some BusWorld) -> [Case] {
  [
    Case("R-072 the encoder gives the raw angle of the shaft") {
      let bus = try opened(world)
      var encoder = AS5600(address: Address.encoder)
      for (turns, angle) in [(0.0, 0), (0.25, 1024), (0.99999, 4095), (7.5, 2048)] {
        world.devices.withDevice(AS5600Model.self, at: Address.encoder) { chip, _ in
          chip.turns = turns
        }
        let now = world.now
        let found = try encoder.poll(bus, at: now)
        try expect(found, is: SensorValue(Int64(angle), measuredAt: now.count), "\(turns) turns")
      }
    },
    Case("R-072 an encoder without a magnet has no angle") {
      let bus = try opened(world)
      var encoder = AS5600(address: Address.encoder)
      world.devices.withDevice(AS5600Model.self, at: Address.encoder) { chip, _ in
        chip.magnet = .absent
      }
      try expect(fault { _ = try encoder.poll(bus, at: world.now) }, is: .magnetMissing, "fault")
      world.devices.withDevice(AS5600Model.self, at: Address.encoder) { chip, _ in
        chip.magnet = .weak
      }
      try expect(encoder.poll(bus, at: world.now)?.value != nil, "no angle with a weak magnet")
    },
  ]
}

/// Opens the bus with every device as it is after power-up, and no fault.
func opened(_ world: some BusWorld) throws -> I2CBus {
  world.devices.endTrouble()
  world.devices.endTrouble(at: Address.encoder)
  _ = Scale.connect(to: world.devices)
  return try world.open()
}

/// What a transfer ends in; nil where it goes well.
func error(_ body: () throws -> Void) -> HardwareError? {
  do {
    try body()
    return nil
  } catch {
    return error as? HardwareError
  }
}

/// What a poll ends in; nil where it goes well.
func fault(_ body: () throws -> Void) -> SensorFault? {
  do {
    try body()
    return nil
  } catch {
    return error as? SensorFault
  }
}

/// Polls until there is a value, as the bus thread does, at most `polls` times.
func value<Device: Sensor>(
  of sensor: inout Device, _ bus: I2CBus, _ world: some BusWorld, polls: Int = 60
) throws -> SensorValue? {
  for _ in 0..<polls {
    if let value = try sensor.poll(bus, at: world.now) { return value }
    world.pass(.milliseconds(100))
  }
  return nil
}
