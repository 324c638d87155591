import DosingCore
import Quantities
import SeededNumbers
import Testing

@Suite struct ForecastTests {
  private func pump(
    _ dose: Int64, _ strength: Int64, accuracy: Int64 = 0, bolus: PatientBolus? = nil
  ) throws
    -> Pump
  {
    var rig = Rig.bench(
      reservoir: Reservoir(
        volume: microlitres(20_000), low: microlitres(2_000), empty: microlitres(1_000)))
    rig.pump.accuracyPermille = accuracy
    var order = Prescription.continuous(
      microgramsPerDay(dose), maxDose1h: micrograms(200), maxDose24h: micrograms(2_000),
      patientBolus: bolus)
    order.concentration = Concentration(nanogramsPerMillilitre: strength * 1_000)
    return try Pump(order, on: rig)
  }

  private func days(_ time: Nanoseconds) -> Double {
    Double(time.count) / Double(Nanoseconds.days(1).count)
  }

  @Test(
    "R-132 20 mL to 2 mL: 300 ug/d of 2,000 ug/mL last 120 days, of 500 ug/mL 30, 800 ug/d of it 11.25",
    arguments: [(300, 2_000, 120.0), (300, 500, 30), (800, 500, 11.25)])
  func byHand(dose: Int64, strength: Int64, wanted: Double) throws {
    let forecast = try pump(dose, strength).forecast()
    #expect(abs(days(forecast.low.expected) - wanted) < 0.001)
    #expect(forecast.low.earliest == forecast.low.expected)
    #expect(forecast.low.latest == forecast.low.expected)
    // A millilitre more.
    #expect(abs(days(forecast.empty.expected) - wanted * 19 / 18) < 0.001)
    #expect(
      forecast.reservoir.held.least == microlitres(20_000)
        && forecast.reservoir.held.most == microlitres(20_000))
  }

  @Test(
    "R-132 The earliest day is that of a head that gives 5 % too much and a patient who takes all he may"
  )
  func earliest() throws {
    let bolus = PatientBolus.usual(dose: micrograms(10), maxIn24h: 3)
    let pump = try pump(300, 500, accuracy: 50, bolus: bolus)
    // 18 mL / 1.05 of 500 ug/mL at 330 ug/d; and 18 mL / 0.95 at 300 ug/d.
    let forecast = pump.forecast()
    #expect(abs(days(forecast.low.earliest) - 18_000 / 1.05 / 660) < 1)
    #expect(abs(days(forecast.low.latest) - 18_000 / 0.95 / 600) < 0.01)
    pump.run(for: .days(2))
    let later = pump.forecast()
    let given = Volume(picolitres: pump.account.steps * 15_625)
    let off = Volume(picolitres: given.picolitres / 20)
    #expect(abs((later.reservoir.held.least - (microlitres(20_000) - given - off)).picolitres) <= 1)
    #expect(abs((later.reservoir.held.most - (microlitres(20_000) - given + off)).picolitres) <= 1)
    #expect(later.low.expected == forecast.low.expected - .days(2))
  }

  @Test("R-132 A pump that gives nothing empties nothing")
  func stopped() throws {
    let pump = try pump(300, 500)
    pump.ask(.stop)
    #expect(pump.forecast().low.earliest == Forecast.notWithinAYear)
    #expect(try Pump(nil).forecast() == Forecast())
  }

  @Test("R-132 The day that is expected is the one on which the mark is reached", arguments: 0..<8)
  func comesTrue(seed: UInt64) throws {
    var numbers = SplitMix64(seed: seed)
    let rates = (0..<4).map { _ in microgramsPerDay(Int64(numbers.number(200...900))) }
    let steps = rates.enumerated().map { (minute: UInt16($0.offset * 360), rate: $0.element) }
    let order = Prescription.flex(
      [steps, [steps[0]]], week: [0, 1, 0, 0, 1, 0, 1], maxDose1h: micrograms(200),
      maxDose24h: micrograms(2_000), safeBasal: microgramsPerDay(200))
    var rig = Rig.bench(
      reservoir: Reservoir(
        volume: microlitres(5_000), low: microlitres(2_000), empty: microlitres(1_000)))
    rig.pump.accuracyPermille = 0
    let pump = try Pump(order, on: rig)
    pump.run(for: .minutes(Int64(numbers.number(0...600))))
    // Another strength on its way, as far as it may be.
    if numbers.number(0...1) == 0 {
      pump.begin(1_000)
      pump.tell(SupplyChange(.aspirated, volume: pump.reservoirContents))
      pump.tell(SupplyChange(.filled, volume: microlitres(4_000)))
      pump.tell(SupplyChange(.finish, overrides: true))
    }
    let told = pump.now + pump.forecast().low.expected.count / rig.tick.count
    while !pump.alarms.on[.reservoirLow] { pump.run(to: pump.now + 200) }
    #expect(abs(pump.now - told) <= 400, "\(pump.now) \(told)")
  }
}
