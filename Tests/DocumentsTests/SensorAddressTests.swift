import DosingCore
import Testing

@testable import Documents

/// What somebody writes of lines and devices, and cannot have meant.
@Suite struct SensorAddressTests {
  private static let gpio =
    "gpio: {chip: c, step: 1, dir: 2, enable: 3, heartbeat: 4, buzzer: 5, lamp: 6}\n"
  private static let i2c = """
    i2c:
      bus: /dev/i2c-1
      encoder: {driver: as5600, address: 0x36}
      load_cell: {driver: nau7802, address: 0x2a, counts_per_gram: 10000, zero: 0}
      pressure: {driver: ads1115, address: 0x4b, channel: 0, kilopascal_per_volt: 50, occlusion: 70 kPa}

    """

  @Test(
    "R-040 A device has an address that it can have, written in hexadecimal digits",
    arguments: [
      ("0x36", "36", "'36' is no address of an as5600; accepted: 0x36"),
      ("0x36", "0x37", "'0x37' is no address of an as5600; accepted: 0x36"),
      ("0x2a", "0x2b", "'0x2b' is no address of an nau7802; accepted: 0x2a"),
      ("0x4b", "0x4c", "'0x4c' is no address of an ads1115; accepted: 0x48 to 0x4b"),
      ("0x4b", "72", "'72' is no address of an ads1115; accepted: 0x48 to 0x4b"),
    ])
  func address(right: String, wrong: String, says: String) throws {
    let folder = Folder()
    let good = Good.rig + Self.i2c
    #expect(try RigDocument(path: folder.write("good.yaml", good)).i2c?.pressure?.address == 0x4b)
    let path = folder.write("rig.yaml", good.with("address: \(right)", "address: \(wrong)"))
    let outcome = errors(in: folder) { _ = try RigDocument(path: path) }
    #expect(outcome.lines.contains { $0.hasSuffix(says) }, "\(outcome.lines)")
  }

  @Test(
    "R-040 Microsteps are those that drivers offer", arguments: ["17", "0", "512"])
  func microsteps(wrong: String) throws {
    let folder = Folder()
    let path = folder.write(
      "rig.yaml", Good.rig.with("microsteps: 16", "microsteps: \(wrong)"))
    let outcome = errors(in: folder) { _ = try RigDocument(path: path) }
    let says =
      "microsteps: '\(wrong)' microsteps no driver makes; accepted: 1, 2, 4, 5, 8, "
      + "10, 16, 20, 25, 32, 40, 50, 64, 100, 125, 128, 200, 250, 256"
    #expect(outcome.lines.contains { $0.hasSuffix(says) }, "\(outcome.lines)")
  }

  @Test(
    "R-040 What a line measures is a number and a unit",
    arguments: [
      ("70 cm", "70 mL", "'70 mL' unknown unit 'mL'; accepted: cm, mm, m"),
      ("70 cm", "70", "'70' the unit is missing; accepted: cm, mm, m"),
      (
        "70 cm", "-70 cm",
        "'-70 cm' '-70' is not a decimal number; write digits with at most one point, as in 0.15"
      ),
      (
        "2.2 uL/cm", "banana",
        "'banana' '' is not a decimal number; write digits with at most one point, as in 0.15"
      ),
      ("2.2 uL/cm", "2.2 uL", "'2.2 uL' unknown unit 'uL'; accepted: uL/cm, uL/mm, mL/m"),
      (
        "2.2 uL/cm", "-2.2 uL/cm",
        "'-2.2 uL/cm' '-2.2' is not a decimal number; write digits with at most one point, as in 0.15"
      ),
      ("0.25 mL", "0.25 m", "'0.25 m' unknown unit 'm'; accepted: mL, uL, nL, pL"),
    ])
  func measure(right: String, wrong: String, says: String) throws {
    let folder = Folder()
    let line = "line: {pump_tubing: 0.25 mL, catheter_length: 70 cm, catheter_volume: 2.2 uL/cm}\n"
    #expect(throws: Never.self) {
      try RigDocument(path: folder.write("good.yaml", Good.rig + line))
    }
    let path = folder.write("rig.yaml", Good.rig + line.with(right, wrong))
    let outcome = errors(in: folder) { _ = try RigDocument(path: path) }
    #expect(outcome.lines.contains { $0.hasSuffix(says) }, "\(outcome.lines)")
  }

  @Test(
    "R-040 A number with a sign is no line, and no name of one either", arguments: ["-1", "--1"])
  func line(offset: String) {
    let folder = Folder()
    let path = folder.write(
      "rig.yaml", Good.rig + Self.gpio.with("step: 1", "step: \(offset)"))
    let outcome = errors(in: folder) { _ = try RigDocument(path: path) }
    #expect(outcome.lines.contains { $0.contains("'\(offset)' is no whole number from 0 to 1023") })
  }
}
