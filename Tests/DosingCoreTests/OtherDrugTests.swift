import Quantities
import Testing

@testable import DosingCore

/// Another drug comes into a pump that gives nothing, behind a line that holds none, with its tip in a beaker.
@Suite struct OtherDrugTests {
  private static let morphine = Label("morphine")

  private func order(_ drug: Label = morphine) -> Prescription {
    var order = Prescription.continuous(
      microgramsPerDay(300), maxDose1h: micrograms(200), patientBolus: .usual())
    order.drug = drug
    return order
  }

  private func begin(_ pump: Pump, _ drug: Label = morphine) -> RefusalReason? {
    pump.tell(
      SupplyChange(
        .begin, concentration: Concentration(nanogramsPerMillilitre: 500_000), lot: drug)
    )?.reason
  }

  /// - Parameter rest: what is left behind.
  private func fill(_ pump: Pump, rest: Volume = microlitres(500)) -> RefusalReason? {
    #expect(
      pump.tell(SupplyChange(.aspirated, volume: pump.reservoirContents - rest)) == nil)
    #expect(pump.tell(SupplyChange(.filled, volume: microlitres(18_000))) == nil)
    return pump.tell(SupplyChange(.finish))?.reason
  }

  /// 300 ug/d of 500 ug/mL, stopped, behind a new line.
  private func ready() throws -> Pump {
    let pump = try Pump(order(Label("baclofen")), on: .bench(residue: .zero))
    pump.run(for: .minutes(30))
    pump.ask(.stop)
    #expect(pump.tell(SupplyChange(.lineReplaced)) == nil)
    return pump
  }

  /// As it is shown while something else is ordered.
  private func isHeld(_ pump: Pump) -> Bool {
    let shown = pump.report().refill
    return shown.stage == .none && shown.otherDrug == Self.morphine
  }

  @Test("R-135 Another drug is given when it is ordered, behind a new line, and not before")
  func wholeWay() throws {
    let pump = try ready()
    let steps = pump.account.steps
    #expect(try pump.program(order()).reason == .otherDrug)
    #expect(begin(pump) == nil && pump.report().refill.otherDrug == Self.morphine)
    #expect(!isHeld(pump) && fill(pump) == nil && isHeld(pump))
    // What is ordered is not what there is.
    for request in [Request.resume, .supply(SupplyChange(.connected))] {
      #expect(pump.ask(request).reason == .otherDrug)
    }
    pump.run(for: .hours(1))
    #expect(pump.account.steps == steps)
    #expect(try pump.program(order(Label("baclofen"))).reason == .otherDrug)
    #expect(try pump.program(order()).isAccepted)
    #expect(pump.tell(SupplyChange(.purge)) == nil)
    pump.pass(for: .hours(2))
    #expect(pump.prime == nil && pump.tell(SupplyChange(.connected)) == nil)
    #expect(pump.ask(.resume).isAccepted && pump.report().refill.otherDrug == .none)
    let purged = pump.account.steps
    pump.run(for: .hours(1))
    #expect(pump.account.steps > purged && pump.therapy?.prescription.drug == Self.morphine)
    // From then on it is the drug that there is.
    #expect(begin(pump) == nil && pump.report().refill.otherDrug == .none)
  }

  @Test("R-135 Another drug is refused while the pump gives, or may, or its line holds some")
  func refused() throws {
    let pump = try Pump(order(Label("baclofen")), on: .bench(residue: .zero))
    pump.run(for: .minutes(30))
    #expect(begin(pump) == .notStopped)
    #expect(begin(pump, Label("baclofen")) == nil && pump.tell(SupplyChange(.leave)) == nil)
    pump.ask(.stop)
    #expect(begin(pump) == .otherDrug)
    #expect(pump.tell(SupplyChange(.catheterEmptied)) == nil && begin(pump) == .otherDrug)
    #expect(pump.tell(SupplyChange(.lineReplaced)) == nil)
    // Steps that may have been made may have brought it some.
    try pump.comeBack(from: pump.record())
    pump.restart(Restart(at: Tick(pump.now + 50), leaseEnd: pump.account.steps + 1))
    #expect(begin(pump) == .otherDrug)
    #expect(pump.tell(SupplyChange(.lineReplaced)) == nil && begin(pump) == nil)
    #expect(pump.tell(SupplyChange(.leave)) == nil)
    #expect(pump.tell(SupplyChange(.purge)) == nil)
    pump.pass(for: .hours(2))
    #expect(pump.prime == nil && begin(pump) == .otherDrug)
    #expect(pump.tell(SupplyChange(.lineReplaced)) == nil)
    #expect(pump.tell(SupplyChange(.connected)) == nil && begin(pump) == .otherDrug)
  }

  @Test("R-135 What stays behind of the other drug is none of this one")
  func residue() throws {
    let pump = try ready()
    #expect(begin(pump) == nil)
    // 18 mL of 500 ug/mL in 18.5 mL; with 1 mL it is 5.3 % off its label.
    #expect(fill(pump) == nil)
    let held = Concentration(nanogramsPerMillilitre: 486_486)
    #expect(pump.report().line[pump.report().line.count - 1].concentration == held)
    let other = try ready()
    #expect(begin(other) == nil && fill(other, rest: microlitres(1_000)) == .mixtureOffLabel)
    #expect(other.tell(SupplyChange(.finish, lot: Label("rinsed"), overrides: true)) == nil)
    #expect(isHeld(other))
  }

  @Test("R-093 R-135 What was said of another drug is known after a cut, at each step of the way")
  func durable() throws {
    let pump = try ready()
    func cut() throws {
      let (record, held) = (pump.record(), pump.held())
      try pump.comeBack(from: record)
      #expect(pump.takeHeld(held, steps: pump.account.steps))
    }
    #expect(begin(pump) == nil)
    try cut()
    #expect(pump.report().refill.otherDrug == Self.morphine && fill(pump) == nil)
    try cut()
    #expect(isHeld(pump) && pump.ask(.resume).reason == .otherDrug)
    #expect(try pump.program(order()).isAccepted)
    try cut()
    #expect(pump.ask(.resume).isAccepted)
  }

  @Test("R-135 A pump that was never filled takes any drug, and an order for no other one")
  func first() throws {
    let pump = try Pump(nil)
    pump.holdNothing()
    #expect(begin(pump) == nil && fill(pump, rest: .zero) == nil && isHeld(pump))
    #expect(try pump.program(order(Label("baclofen"))).reason == .otherDrug)
    #expect(try pump.program(order()).isAccepted)
  }
}
