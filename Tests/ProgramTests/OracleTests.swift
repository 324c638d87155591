import DosingCore
import Quantities
import Testing

@testable import pumpsim

/// The oracle of a run is itself tested: what it is there to find, it finds.
@Suite struct OracleTests {
  private let step = Int64(2_250_000_000)

  private func oracle(maxDose1h: Int64 = 60_000) -> Oracle {
    let rig = Rig.bench(
      tick: .milliseconds(10), maxRate: FlowRate(picolitresPerDay: 24_000_000_000),
      maxVolume1h: Volume(picolitres: 1_000_000_000),
      maxVolume24h: Volume(picolitres: 5_000_000_000))
    var prescription = Prescription.blank
    prescription.concentration = Concentration(nanogramsPerMillilitre: 500_000)
    prescription.mode = .continuous
    prescription.setContinuous(DoseRate(nanogramsPerDay: 300_000))
    prescription.maxDose1h = Mass(nanograms: maxDose1h)
    prescription.maxDose24h = Mass(nanograms: 500_000)
    return Oracle(
      rig: rig, prescription: prescription, clock: WeekTime(weekday: 0, minute: 480))
  }

  @Test("R-063 the oracle is content with steps that come when they are due")
  func content() {
    var oracle = oracle()
    for count in 1...1600 { oracle.step(at: Int64(count) * step) }
    oracle.finish(at: 1600 * step, deficit: .zero)
    #expect(oracle.violations.isEmpty)
  }

  @Test("R-063 the oracle finds a step too many")
  func tooMany() {
    var oracle = oracle()
    oracle.step(at: step)
    oracle.step(at: step + 10_000_000)
    #expect(oracle.violations.contains { $0.hasPrefix("delivered more") })
  }

  @Test("R-063 the oracle finds what is missing")
  func missing() {
    var oracle = oracle()
    for count in 1...1598 { oracle.step(at: Int64(count) * step) }
    oracle.finish(at: 1600 * step, deficit: .zero)
    #expect(oracle.violations.contains { $0.hasPrefix("more is missing") })
  }

  @Test("R-063 the oracle finds a crossed limit, a step while stopped and two steps in a tick")
  func limits() {
    var oracle = oracle(maxDose1h: 3_000)
    for count in 1...1600 { oracle.step(at: Int64(count) * step) }
    oracle.stop(at: 1600 * step)
    oracle.step(at: 1601 * step)
    oracle.step(at: 1601 * step)
    let found = oracle.violations.map { $0.prefix { $0 != "," } }
    #expect(found.contains("above the dose limit of 1 h"))
    #expect(found.contains("a step while stopped"))
    #expect(found.contains("two steps in one tick"))
  }

  /// 300 ug/d, and after an hour of it a lower dose with a limit that basal hardly fits in an hour.
  private func oracleAfterDecrease(maxDose1h: Int64) -> Oracle {
    var oracle = oracle(maxDose1h: 13_000)
    for count in 1...1600 { oracle.step(at: Int64(count) * step) }
    var lower = Prescription.blank
    lower.concentration = Concentration(nanogramsPerMillilitre: 500_000)
    lower.mode = .continuous
    lower.setContinuous(DoseRate(nanogramsPerDay: 150_000))
    (lower.maxDose1h, lower.maxDose24h) = (Mass(nanograms: maxDose1h), Mass(nanograms: 500_000))
    oracle.program(lower, at: 1600 * step)
    return oracle
  }

  @Test(
    "R-063 the oracle is content with what was given before a decrease, and with basal after it")
  func decrease() {
    var oracle = oracleAfterDecrease(maxDose1h: 7_000)
    for count in 801...1600 { oracle.step(at: Int64(count) * 2 * step) }
    #expect(oracle.violations.isEmpty)
  }

  @Test("R-063 the oracle finds what a lower limit does not allow beside what was given before")
  func decreaseAndMore() {
    // Basal of 150 ug/d brings 6.25 ug in an hour, which this limit does not hold.
    var oracle = oracleAfterDecrease(maxDose1h: 5_000)
    for count in 801...1600 { oracle.step(at: Int64(count) * 2 * step) }
    #expect(oracle.violations.contains { $0.hasPrefix("above the dose limit of 1 h") })
  }

  @Test("R-063 the oracle finds a patient bolus that the order in force does not know")
  func unknownPatientBolus() {
    var oracle = oracle()
    oracle.startPatientBolus(at: step)
    #expect(oracle.violations.contains { $0.hasPrefix("a patient bolus that nobody prescribed") })
  }
}
