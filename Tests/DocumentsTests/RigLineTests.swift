import DosingCore
import Quantities
import Testing

@testable import Documents

/// What a rig file says of the line, of a prime, and of how far head and load cell may be off.
@Suite struct RigLineTests {
  private static let line =
    "line: {pump_tubing: 0.3 mL, catheter_length: 60.5 cm, catheter_volume: 2.2 uL/cm, mixing: 25.5 %, "
    + "tolerance: 2.5 %, prime_rate: 12 mL/d}\n"
  private static let i2c =
    "i2c: {bus: /dev/i2c-1, load_cell: {driver: nau7802, address: 0x2a, counts_per_gram: 10000, zero: 0, "
    + "error: 0.25 g, drift_per_day: 20 mg}}\n"
  /// Every key that a file may leave out.
  private static let whole =
    Good.rig.with("max_rate: 24 mL/d", "max_rate: 24 mL/d, accuracy: 3 %")
    .with("empty: 1 mL", "empty: 1 mL, residue: 0.4 mL")
    .with("max_volume_24h: 5 mL", "max_volume_24h: 5 mL, max_prime_dose: 0.7 mg") + line + i2c

  private func read(_ text: String) throws -> RigDocument {
    let folder = Folder()
    return try RigDocument(path: folder.write("rig.yaml", text))
  }

  @Test("R-041 The line of a rig holds exactly what is written")
  func written() throws {
    let document = try read(Self.whole)
    let rig = document.rig
    #expect(
      rig.line
        == RigLine(
          pumpTubing: Volume(picolitres: 300_000_000), catheter: Volume(picolitres: 133_100_000),
          mixingPermille: 255, tolerancePermille: 25,
          primeRate: FlowRate(picolitresPerDay: 12_000_000_000)))
    #expect(rig.pump.accuracyPermille == 30)
    #expect(rig.reservoir.residue.picolitres == 400_000_000)
    #expect(rig.maxPrimeDose.nanograms == 700_000)
    let cell = document.i2c?.loadCell
    #expect(cell?.weighing == Weighing(errorMilligrams: 250, driftMilligramsPerDay: 20))
  }

  @Test("R-041 What is left out has its documented default, as if it were written")
  func defaults() throws {
    let bare = try read(Good.rig).rig
    #expect(bare.line == .usual && bare.hasUsualLine)
    let usual = "line: {pump_tubing: 0.25 mL, catheter_length: 70 cm, catheter_volume: 2.2 uL/cm"
    #expect(try read(Good.rig + usual + "}\n").rig.hasUsualLine)
    let text =
      Good.rig.with("max_rate: 24 mL/d", "max_rate: 24 mL/d, accuracy: 5.0 %")
      .with("empty: 1 mL", "empty: 1 mL, residue: 0.5 mL")
      .with("max_volume_24h: 5 mL", "max_volume_24h: 5 mL, max_prime_dose: 600 ug") + usual
      + ", mixing: 20 %, tolerance: 5 %, prime_rate: 24 mL/d}\n"
    #expect(try read(text).rig.hasUsualLine)
    let i2c = Self.i2c.with(", error: 0.25 g, drift_per_day: 20 mg", "")
    let cell = try read(Good.rig + i2c).i2c?.loadCell
    #expect(cell?.weighing == Weighing())
  }

  @Test(
    "R-041 A catheter is its length times what a length of it holds",
    arguments: [
      ("700 mm", "2.2 uL/cm", 154_000_000), ("0.7 m", "0.22 uL/mm", 154_000_000),
      ("70 cm", "0.22 mL/m", 154_000_000), ("33.33 cm", "0.0001 uL/cm", 3_333),
      ("0 cm", "2.2 uL/cm", 0), ("1 nL", "2.2 uL/cm", nil), ("70 cm", "2.2 uL/in", nil),
      ("0.001 mm", "0.0001 uL/cm", nil), ("33.333 cm", "0.0001 uL/cm", nil),
    ] as [(String, String, Int64?)])
  func catheter(length: String, perLength: String, picolitres: Int64?) throws {
    let text =
      Good.rig + Self.line.with("60.5 cm", length).with("2.2 uL/cm", perLength)
    #expect((try? read(text))?.rig.line.catheter.picolitres == picolitres)
  }

  private static let isNoPercentage =
    "is no percentage; accepted: 0 % to 100 % with at most one decimal, as in 2.5 %"

  @Test(
    "R-040 What is wrong with a line, a prime or a share is told with its place and what is accepted",
    arguments: [
      ("mixing: 25.5 %", "mixing: 20", "7: line.mixing: '20' \(isNoPercentage)"),
      ("mixing: 25.5 %", "mixing: 20%", "7: line.mixing: '20%' \(isNoPercentage)"),
      ("mixing: 25.5 %", "mixing: 20.25 %", "7: line.mixing: '20.25 %' \(isNoPercentage)"),
      ("mixing: 25.5 %", "mixing: -20 %", "7: line.mixing: '-20 %' \(isNoPercentage)"),
      ("mixing: 25.5 %", "mixing: .5 %", "7: line.mixing: '.5 %' \(isNoPercentage)"),
      ("mixing: 25.5 %", "mixing: 20 ml", "7: line.mixing: '20 ml' \(isNoPercentage)"),
      (
        "mixing: 25.5 %", "mixing: 99999999999999999999 %",
        "7: line.mixing: '99999999999999999999 %' \(isNoPercentage)"
      ),
      (
        "mixing: 25.5 %", "mixing: 101 %",
        "7: line: mixing of 101 %; accepted are 5.5 %, which is accuracy and tolerance, to 100 %"
      ),
      (
        "mixing: 25.5 %", "mixing: 5.4 %",
        "7: line: mixing of 5.4 %; accepted are 5.5 %, which is accuracy and tolerance, to 100 %"
      ),
      (
        "tolerance: 2.5 %", "tolerance: 101 %",
        "7: line: a tolerance of 101 %; accepted are 0 % to 50 %"
      ),
      ("accuracy: 3 %", "accuracy: 51 %", "4: pump: an accuracy of 51 %; accepted are 0 % to 50 %"),
      ("accuracy: 3 %", "accuracy: 3", "4: pump.accuracy: '3' \(isNoPercentage)"),
      (
        "prime_rate: 12 mL/d", "prime_rate: 25 mL/d",
        "7: line: prime_rate 25 mL/d is beyond 24 mL/d; accepted are min_rate to max_rate"
      ),
      (
        "prime_rate: 12 mL/d", "prime_rate: 0 mL/d",
        "7: line: prime_rate 0 mL/d is beyond 0.048 mL/d; accepted are min_rate to max_rate"
      ),
      (
        "residue: 0.4 mL", "residue: 20 mL",
        "5: reservoir: a residue of 20 mL; accepted are 0 mL to less than the volume of 20 mL"
      ),
      (
        "max_prime_dose: 0.7 mg", "max_prime_dose: 0 ug",
        "6: limits: max_prime_dose 0 ug; accepted is more than 0 ug, to 40000000 ug"
      ),
      (
        "max_prime_dose: 0.7 mg", "max_prime_dose: 1 g",
        "6: limits.max_prime_dose: '1 g' unknown unit 'g'; accepted: ug, mcg, ng, mg"
      ),
      (
        "60.5 cm", "60.00000005 cm",
        "7: line.catheter_length: '60.00000005 cm' is not a whole number of nm; write fewer decimal places"
      ),
      (
        "60.5 cm, catheter_volume: 2.2 uL/cm", "60.123 cm, catheter_volume: 0.0001 uL/cm",
        "7: line: catheter_length x catheter_volume is not a whole number of pL; write fewer decimal places"
      ),
      (
        "60.5 cm, catheter_volume: 2.2 uL/cm", "9000000 m, catheter_volume: 9000000 uL/mm",
        "7: line: catheter_length x catheter_volume is too large"
      ),
      (
        "60.5 cm", "60 m", "7: line: tubing and catheter hold 13.5 mL; the most is 10 mL"
      ),
      (
        "pump_tubing: 0.3 mL, catheter_length: 60.5 cm", "pump_tubing: 0 mL, catheter_length: 0 cm",
        "7: line: tubing and catheter hold 0 mL; the least is 0.0003125 mL, 20 steps"
      ),
      (
        "reservoir: {volume: 20 mL, low: 3 mL, empty: 1 mL",
        "reservoir: {volume: 0.43 mL, low: 0.4 mL, empty: 0.1 mL",
        "7: line: tubing and catheter hold 0.4331 mL, which has to be less than the reservoir's 0.43 mL"
      ),
      (
        "error: 0.25 g", "error: 0 g",
        "8: i2c.load_cell.error: 0 g is out of range; accepted: 0.001 g to 100 g"
      ),
      (
        "error: 0.25 g", "error: 250 ug",
        "8: i2c.load_cell.error: '250 ug' unknown unit 'ug'; accepted: g, mg"
      ),
      (
        "drift_per_day: 20 mg", "drift_per_day: 101 g",
        "8: i2c.load_cell.drift_per_day: 101 g is out of range; accepted: 0 g to 100 g"
      ),
      (
        "drift_per_day: 20 mg", "drift_per_day: -20 mg",
        "8: i2c.load_cell.drift_per_day: '-20 mg' '-20' is not a decimal number; write digits with at most "
          + "one point, as in 0.15"
      ),
      ("mixing: 25.5 %", "mix: 25.5 %", "7: line: unknown key 'mix'; accepted: pump_tubing, "),
    ])
  func wrong(right: String, wrong: String, says: String) {
    let folder = Folder()
    let path = folder.write("rig.yaml", Self.whole.with(right, wrong))
    let outcome = errors(in: folder) { _ = try RigDocument(path: path) }
    #expect(outcome.code == .badConfiguration)
    #expect(outcome.lines.count == 1, "\(outcome.lines)")
    #expect(outcome.lines.first?.hasPrefix("rig.yaml:" + says) == true, "\(outcome.lines)")
  }

  @Test("R-040 A line without all of its measures names the one that is missing")
  func missing() {
    let folder = Folder()
    for key in ["pump_tubing", "catheter_length", "catheter_volume"] {
      let parts = Self.line.split(separator: ", ").filter { !$0.contains(key) }
      var text = parts.joined(separator: ", ")
      if key == "pump_tubing" { text = "line: {" + text }
      let path = folder.write("rig.yaml", Good.rig + text)
      let outcome = errors(in: folder) { _ = try RigDocument(path: path) }
      #expect(outcome.lines == ["rig.yaml:7: line: key '\(key)' is missing"])
    }
  }
}
