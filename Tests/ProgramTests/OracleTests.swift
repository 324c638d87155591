import DosingCore
import Plant
import Quantities
import Testing

@testable import pumpsim

/// The oracle of a run is itself tested: what it is there to find, it finds.
@Suite struct OracleTests {
  private let step = Int64(2_250_000_000)

  /// 300 ug/d.
  ///
  /// - Parameter safeBasal: in ug/d.
  private func oracle(maxDose1h: Int64 = 60_000, safeBasal: Int64 = 300) -> Oracle {
    let rig = Rig.bench(
      tick: .milliseconds(10), maxRate: FlowRate(picolitresPerDay: 24_000_000_000),
      maxVolume1h: Volume(picolitres: 1_000_000_000),
      maxVolume24h: Volume(picolitres: 5_000_000_000))
    var prescription = Prescription.blank
    prescription.concentration = Concentration(nanogramsPerMillilitre: 500_000)
    prescription.mode = .continuous
    prescription.setContinuous(DoseRate(nanogramsPerDay: 300_000))
    prescription.safeBasal = DoseRate(nanogramsPerDay: safeBasal * 1_000)
    prescription.maxDose1h = Mass(nanograms: maxDose1h)
    prescription.maxDose24h = Mass(nanograms: 500_000)
    return Oracle(
      rig: rig, prescription: prescription, clock: WeekTime(weekday: 0, minute: 480))
  }

  @Test("R-063 the oracle is content with steps that come when they are due")
  func content() {
    var oracle = oracle()
    for count in 1...1600 { oracle.step(at: Int64(count) * step) }
    oracle.end(at: 1600 * step, deficit: .zero)
    #expect(oracle.violations.isEmpty)
  }

  @Test(
    "R-063 the tick in which an extra dose ends brings as much as those before it, the next one less"
  )
  func lastTickOfDose() {
    let rig = Rig.bench(
      tick: .milliseconds(10), maxRate: FlowRate(picolitresPerDay: 24_000_000_000))
    var order = Prescription.blank
    order.mode = .continuous
    order.setContinuous(DoseRate(nanogramsPerDay: 300_000))
    var prescribed = Prescribed(order, on: rig, clock: WeekTime(weekday: 0, minute: 480))
    let basal = prescribed.mostPerTick()
    prescribed.startExtra(Mass(nanograms: 10_000), .minutes(5))
    prescribed.advance(to: 300_000_000_000)
    let before = prescribed.mostPerTick()
    prescribed.endExtra()
    let last = prescribed.mostPerTick()
    #expect(before > basal && last == before)
    prescribed.advance(to: 300_010_000_000)
    let next = prescribed.mostPerTick()
    #expect(next < last && next >= basal)
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
    oracle.end(at: 1600 * step, deficit: .zero)
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

  @Test("R-063 the oracle lets a fault keep steps back, and finds what is kept back longer")
  func keptBack() {
    func judged(withoutStepsUntil last: Int) -> Oracle {
      var oracle = self.oracle()
      for count in 1...100 { oracle.step(at: Int64(count) * step) }
      oracle.mayBeKeptBack(at: 100 * step, until: 120 * step)
      for count in last...200 { oracle.step(at: Int64(count) * step) }
      // 7.8 ng a step.
      oracle.end(at: 200 * step, deficit: Mass(nanograms: Int64(last - 101) * 125 / 16))
      return oracle
    }
    #expect(judged(withoutStepsUntil: 120).violations.isEmpty)
    #expect(
      judged(withoutStepsUntil: 150).violations.contains { $0.hasPrefix("basal was kept back") })
  }

  @Test("R-063 the oracle lets safe basal stand in where a fault asks for it, and nowhere else")
  func safe() {
    func judged(isAsked: Bool) -> Oracle {
      var oracle = self.oracle(safeBasal: 150)
      if isAsked { oracle.maySafe(at: 0, until: 400 * step) }
      for count in 1...200 { oracle.step(at: Int64(count) * 2 * step) }
      oracle.end(at: 400 * step, deficit: .zero)
      return oracle
    }
    #expect(judged(isAsked: true).violations.isEmpty)
    #expect(judged(isAsked: false).violations.contains { $0.hasPrefix("more is missing") })
  }

  @Test("R-063 the oracle finds a step of no engine, and after a restart what comes twice")
  func lives() {
    func judged(backlog: Int64) -> Oracle {
      var oracle = self.oracle()
      for count in 1...100 { oracle.step(at: Int64(count) * step) }
      oracle.end(at: 100 * step, deficit: .zero)
      let time = 140 * step
      oracle.begin(at: time, tickZero: 0)
      for count in 0..<100 { oracle.step(at: time + Int64(count) * step / backlog) }
      return oracle
    }
    // A fraction of a step, which the record knows, may come twice.
    #expect(judged(backlog: 1).violations.isEmpty)
    #expect(
      judged(backlog: 2).violations
        .contains { $0.hasPrefix("delivered more") })
    var away = judged(backlog: 1)
    away.end(at: 240 * step, deficit: .zero)
    away.step(at: 241 * step)
    #expect(away.violations.contains { $0.hasPrefix("a step while no engine runs") })
  }

  @Test("R-063 the oracle finds an extra dose that is cut short, and alarms that no fault asks for")
  func noReason() {
    for (ends, isFound) in [(20, true), (80, false)] as [(Int64, Bool)] {
      var oracle = self.oracle()
      oracle.startExtra(
        dose: Mass(nanograms: 1_000), duration: Nanoseconds(80 * step), at: 0)
      oracle.extraEnded(at: ends * step)
      #expect(oracle.violations.contains { $0.hasPrefix("an extra dose was cut") } == isFound)
    }
    for code in [FaultCode.hardStop, .interlockDisagrees, .basalRefusedByLimit, .stopped] {
      var oracle = self.oracle()
      oracle.raised(code, at: step)
      #expect(oracle.violations.isEmpty == (code == .stopped))
    }
    for code in [FaultCode.weightDiffers, .notEmptying, .freeFlow, .fluidElsewhere] {
      for isTold in [true, false] {
        var oracle = self.oracle()
        oracle.raised(code, benchIsAsTold: isTold, at: step)
        #expect(oracle.violations.isEmpty != isTold)
      }
    }
  }

  @Test("R-063 R-133 the oracle finds an interval in which the truth is not")
  func intervals() {
    func interval(_ least: Int64, _ most: Int64) -> VolumeInterval {
      VolumeInterval(
        least: Volume(picolitres: least * 1_000_000), most: Volume(picolitres: most * 1_000_000))
    }
    let truth = Liquid(microlitres: 15_000, concentration: 500_000)
    let good = interval(14_000, 16_000)
    for wrong in [interval(15_001, 16_000), interval(14_000, 14_999)] {
      for place in 0..<4 {
        var said = ReservoirIntervals(counted: place == 0 ? wrong : good)
        said.weighed = place == 1 ? wrong : good
        said.held = place == 2 ? wrong : good
        var oracle = self.oracle()
        oracle.judge(said, truth, at: 0)
        #expect(oracle.violations.isEmpty == (place == 3), "\(place) \(wrong)")
        // A step, of 15.625 nL, that nobody could count is in none.
        oracle = self.oracle()
        oracle.loseCount(of: 65)
        oracle.judge(said, truth, at: 0)
        #expect(oracle.violations.isEmpty)
      }
    }
  }
}
