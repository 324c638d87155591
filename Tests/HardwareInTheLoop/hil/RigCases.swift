internal import Commissioning
internal import Conformance
internal import Documents
internal import DosingCore
internal import Glibc
internal import Hardware
internal import KernelWorld
internal import Quantities

/// What can be seen of a rig without eyes at the other end of its wires: with its own sensors.
struct RigCases: Sendable {
  let document: RigDocument

  /// An eighth of a revolution.
  private var stepsTold: Int64 { document.rig.pump.stepsPerRevolution / 8 }

  /// What an encoder may differ by: two full steps of a motor with 200, and a count.
  private static let countsMissedMax: Int64 = 2 * AS5600.countsPerRevolution / 200 + 1

  /// Slow enough for any motor to follow, whatever it carries.
  private static let stepPeriod = Nanoseconds.milliseconds(5)

  /// The rig of the guest, where the suite proves itself.
  static func inGuest(_ guest: GuestBench) -> [Case] {
    [
      Case("R-074 the suite for a rig passes on the guest's") {
        let file = TextFile.newFolder() + "/rig.yaml"
        TextFile.write(BenchTexts(bus: guest.bridge.path).rig, to: file)
        let cases = RigCases(document: try RigDocument(path: file))
        try expect(cases.missing.isEmpty, "the guest's rig lacks \(cases.missing)")
        for item in cases.all { try item.run() }
      },
      Case("R-074 the suite for a rig fails where the motor does not follow") {
        let file = TextFile.newFolder() + "/rig.yaml"
        TextFile.write(BenchTexts(bus: guest.bridge.path).rig, to: file)
        let cases = RigCases(document: try RigDocument(path: file))
        guest.world.jam(true)
        defer { guest.world.jam(false) }
        _ = try failure(of: "turning a jammed motor") { try cases.turns() }
      },
    ]
  }

  var all: [Case] {
    let always = [
      Case("R-074 the lines can be had, and are given back") {
        for _ in 0..<2 { _ = try document.openHardware(heartbeat: heartbeat) }
      }
    ]
    return always + sensors
      + (document.i2c?.encoder == nil
        ? []
        : [
          Case("R-038 the motor turns as far as it is told, forwards") { try turns() },
          Case("R-038 without enable the motor stays where it is") { try staysWithoutEnable() },
        ])
  }

  /// What the rig does not have, and so cannot prove.
  var missing: [(name: String, reason: String)] {
    let i2c = document.i2c
    return [
      (
        "the motor turns as far as it is told", "the rig file has no i2c.encoder",
        i2c?.encoder == nil
      ),
      ("the load cell", "the rig file has no i2c.load_cell", i2c?.loadCell == nil),
      ("the line pressure", "the rig file has no i2c.pressure", i2c?.pressure == nil),
    ].filter(\.2).map { ($0.0, $0.1) }
  }

  // MARK: Sensors

  private var sensors: [Case] {
    guard let sensors = document.i2c?.sensors else { return [] }
    return [
      sensors.encoder.map { sensor in
        Case("R-072 the encoder has an angle") { try show(sensor) { "\($0 * 360 / 4096) deg" } }
      },
      sensors.loadCell.map { sensor in
        Case("R-072 the load cell has a mass") { try show(sensor) { "\($0) mg" } }
      },
      sensors.pressure.map { sensor in
        Case("R-072 the line has a pressure") { try show(sensor) { "\($0) Pa" } }
      },
    ].compactMap(\.self)
  }

  private func show(_ sensor: some Sensor, _ words: (Int64) -> String) throws {
    var sensor = sensor
    let value = try newest(of: &sensor, on: try bus())
    Suite.print("# \(words(value))")
  }

  private func bus() throws -> I2CBus {
    guard let bus = try document.openBus() else { throw Violation("the rig file has no i2c") }
    return bus
  }

  /// Polls as the bus thread does.
  private func newest<Device: Sensor>(of sensor: inout Device, on bus: I2CBus) throws -> Int64 {
    for _ in 0..<60 {
      if let value = try sensor.poll(bus, at: RealTime.now) { return value.value }
      RealTime.sleep(until: RealTime.now + .milliseconds(100))
    }
    throw Violation("there was no value in 60 polls")
  }

  // MARK: Motor

  func turns() throws {
    let moved = try countsMoved(enabled: true)
    let wanted = stepsTold * AS5600.countsPerRevolution / document.rig.pump.stepsPerRevolution
    try expect(
      abs(moved - wanted) <= Self.countsMissedMax,
      "\(stepsTold) steps moved the encoder by \(moved) counts in place of \(wanted); does the motor "
        + "turn, has it the microsteps of the rig file, and does the angle grow forwards?")
  }

  private func staysWithoutEnable() throws {
    let moved = try countsMoved(enabled: false)
    try expect(
      abs(moved) <= Self.countsMissedMax,
      "the encoder moved by \(moved) counts although enable is low; is the gate wired?")
  }

  /// How far the encoder goes while the motor is told to.
  private func countsMoved(enabled: Bool) throws -> Int64 {
    guard var encoder = document.i2c?.sensors.encoder else { throw Violation("no encoder") }
    let bus = try bus()
    let rig = try document.openHardware(heartbeat: heartbeat)
    try rig.sealWide()
    let before = try newest(of: &encoder, on: bus)
    try expect(rig.drive.setEnabled(enabled), "enable could not be driven")
    var made: Int64 = 0
    var longest = Nanoseconds.zero
    // The first beats let the gate open.
    for count in 0... {
      if made == stepsTold { break }
      rig.drive.completeTick()
      RealTime.sleep(until: RealTime.now + Self.stepPeriod)
      let begin = RealTime.now
      if count > 60, rig.drive.step() == .made {
        made += 1
        longest = max(longest, RealTime.now - begin)
      }
      try expect(count < 20 * stepsTold, "only \(made) of \(stepsTold) steps could be made")
    }
    Suite.print(
      "# the longest of \(made) steps took \(longest.text(in: Unit("us", 1000), decimals: 1))")
    // What is moved still swings.
    RealTime.sleep(until: RealTime.now + .milliseconds(300))
    let after = try newest(of: &encoder, on: bus)
    let turn = AS5600.countsPerRevolution
    let moved = (after - before + turn) % turn
    return moved > turn / 2 ? moved - turn : moved
  }
}
