import DosingCore
import Hardware
import Plant
import Quantities
import Testing

@testable import Commissioning
@testable import Documents

/// A sensor that says these one after the other, and then nothing any more.
private struct Script: Sensor {
  var turns: [Result<Int64?, SensorFault>]

  mutating func poll(
    _ bus: I2CBus, at now: Nanoseconds
  ) throws(SensorFault) -> SensorValue? {
    if turns.isEmpty { return nil }
    return try turns.removeFirst().get().map { SensorValue($0, measuredAt: now.count) }
  }
}

@Suite struct SensorDiagnosisTests {
  private func diagnosis(_ heard: Result<Int64?, SensorFault>) -> Diagnosis {
    .sensor("i2c.encoder", chip: "AS5600 at 0x36", heard: heard) { "angle \($0) deg" }
  }

  @Test func measures() {
    expect(diagnosis(.success(93)), .ok, found: "AS5600 at 0x36: angle 93 deg")
  }

  @Test(
    "each fault has its own words and its own remedy",
    arguments: [
      (SensorFault.bus(.noDataAcknowledge), "refused a byte", "wires"),
      (.wrongChip, "another chip", "rig file"),
      (.neverReady, "get ready", "supply"),
      (.calibrationFailed, "calibration failed", "load cell"),
      (.magnetMissing, "no magnet", "magnet"),
      (.saturated, "out of range", "connected"),
      (.configurationLost, "lost its settings", "supply"),
    ])
  func fails(fault: SensorFault, found: String, remedy: String) {
    let finding = diagnosis(.failure(fault))
    expect(finding, .error, found: "AS5600 at 0x36", found, remedy: remedy, code: .unavailable)
  }

  @Test func measuresNothing() {
    expect(
      diagnosis(.success(nil)), .error, found: "measures nothing", remedy: "supply",
      code: .unavailable)
  }

  private func first(_ turns: [Result<Int64?, SensorFault>]) throws -> Result<Int64?, SensorFault> {
    let bus = try I2CBus(.simulated, deadline: .milliseconds(50))
    return Script(turns: turns).firstValue(on: bus, patience: .milliseconds(200))
  }

  @Test("the first value counts, after a calibration and after a fault that does not stay")
  func firstValue() throws {
    #expect(try first([.success(7), .success(8)]) == .success(7))
    #expect(try first([.success(nil), .success(nil), .success(8)]) == .success(8))
    #expect(try first([.failure(.neverReady), .success(nil), .success(9)]) == .success(9))
    #expect(
      try first([.failure(.neverReady), .failure(.wrongChip), .failure(.magnetMissing)])
        == .failure(.magnetMissing))
    #expect(try first([]) == .success(nil))
  }

}

/// The chips of a bench, register by register.
@Suite struct BenchSensorTests {
  private static let section = I2CSection(
    bus: "/dev/i2c-1", encoder: I2CSection.Encoder(address: 0x36),
    loadCell: I2CSection.LoadCell(address: 0x2A, countsPerGram: 10_000, zero: 0),
    pressure: I2CSection.LinePressure(
      address: 0x48, channel: 0, perVolt: Pressure(pascals: 50_000),
      limits: OcclusionLimits(threshold: Pressure(pascals: 70_000))))

  /// What is found on a bus after `change`.
  private func findings(_ change: (SimulatedBus) -> Void) throws -> [Diagnosis] {
    let devices = SimulatedBus()
    var bench = BenchSensors(
      bus: devices, stepsPerRevolution: 3200, encoder: BenchSensors.Encoder(address: 0x36),
      loadCell: BenchSensors.LoadCell(address: 0x2A, countsPerGram: 10_000, zero: 0),
      linePressure: BenchSensors.LinePressure(address: 0x48, channel: 0, kilopascalsPerVolt: 50))
    bench.update(motorSteps: 0, reservoirMicrolitres: 20_000)
    change(devices)
    let bus = try I2CBus(.simulated, deadline: .milliseconds(50))
    unsafe devices.attach(to: bus.world)
    let scan = BusScan(
      probe: { address throws(HardwareError) in try bus.probe(address) }, now: { RealTime.now })
    return [.scan(scan)] + Diagnosis.sensors(Self.section, on: bus, scan: scan)
  }

  @Test("the right chips at their addresses say an angle, a mass and a pressure")
  func good() throws {
    let findings = try findings { _ in }
    #expect(findings.map(\.name) == ["i2c.scan", "i2c.encoder", "i2c.load_cell", "i2c.pressure"])
    expect(findings[0], .ok, found: "0x2a 0x36 0x48")
    // A tenth of a turn is the offset of a bench whose motor has not turned yet.
    expect(findings[1], .ok, found: "AS5600 at 0x36: angle 3", " deg")
    expect(findings[2], .ok, found: "NAU7802 at 0x2a: ", " g")
    expect(findings[3], .ok, found: "ADS1115 at 0x48: ", " kPa")
  }

  @Test("a chip that is away, and one whose magnet is")
  func bad() throws {
    let findings = try findings { devices in
      devices.unplug(0x2A)
      devices.withDevice(AS5600Model.self, at: 0x36) { chip, _ in chip.magnet = .absent }
    }
    expect(findings[0], .ok, found: "0x36 0x48")
    expect(findings[1], .error, found: "no magnet", remedy: "magnet", code: .unavailable)
    expect(
      findings[2], .error, found: "nothing answers at 0x2a", remedy: "supply", code: .unavailable)
    expect(findings[3], .ok)
  }

  @Test("another chip at the address of the load cell")
  func wrongChip() throws {
    let findings = try findings { $0.connect(ADS1115Model(), at: 0x2A) }
    expect(findings[2], .error, found: "NAU7802 at 0x2a", code: .unavailable)
  }
}
