import DosingCore
import Quantities
import Testing

@Suite struct ReservoirTests {
  /// 320 steps to the low mark, 640 to the empty one, of a head that is exact.
  private func pump(_ order: Prescription = .continuous(microgramsPerDay(300))) throws -> Pump {
    try Pump(order, on: .nearlyEmpty)
  }

  @Test("R-024 At the low mark a medium alarm is raised, boluses are refused and basal goes on")
  func low() throws {
    let pump = try pump()
    while pump.stepTicks.count < 320 { pump.runToStep() }
    #expect(pump.alarms[.reservoirLow] == nil)
    #expect(pump.reservoirContents == microlitres(1_005))
    pump.run(to: pump.now + 1)
    #expect(pump.alarms[.reservoirLow]?.priority == .medium && pump.decision.faultsChanged)
    #expect(pump.bolus(Mass(nanograms: 100), .minutes(1)).reason == .reservoirLow)
    #expect(pump.mode == .continuous)
    pump.runToStep()
    #expect(pump.stepTicks.count == 321)
  }

  @Test("R-025 At the empty mark delivery stops with a high alarm, and no step goes beyond it")
  func empty() throws {
    let pump = try pump()
    while pump.stepTicks.count < 640 { pump.runToStep() }
    pump.run(to: pump.now + 1)
    #expect(pump.mode == .reservoirEmpty)
    #expect(pump.alarms[.reservoirEmpty]?.priority == .high && pump.decision.faultsChanged)
    // What is ordered and cannot be given is prescribed, and missing.
    let (prescribed, missing) = (pump.account.prescribed, pump.account.deficit(.reservoirEmpty))
    let scale = try #require(pump.therapy?.scale)
    pump.run(for: .days(1))
    let day = 300_000 * scale.perNanogram
    #expect(pump.stepTicks.count == 640 && pump.account.prescribed == prescribed + day)
    #expect(pump.account.deficit(.reservoirEmpty) == missing + day)
    #expect(pump.reservoirContents == microlitres(1_000))
    #expect(pump.bolus(Mass(nanograms: 100), .minutes(1)).reason == .reservoirLow)
  }

  @Test("R-024 A bolus that would meet the empty mark on the way is refused, to the step")
  func bolusBeyondTheMark() throws {
    // Ten minutes of basal are 266.67 steps, and 0.04 are pending; a dose of 373 steps is 2,914 ng.
    #expect(try pump().bolus(Mass(nanograms: 2_917), .minutes(10)).reason == .reservoirTooSmall)
    #expect(try pump().bolus(Mass(nanograms: 2_908), .minutes(10)).isAccepted)
  }

  @Test("R-025 Reservoir alarms survive stop, resume and program")
  func alarmsStay() throws {
    let pump = try pump()
    while pump.stepTicks.count < 640 { pump.runToStep() }
    pump.run(to: pump.now + 1)
    pump.ask(.stop)
    pump.ask(.resume)
    #expect(try pump.program(.continuous(microgramsPerDay(200))).isAccepted)
    pump.run(for: .hours(1))
    #expect(pump.mode == .reservoirEmpty && pump.stepTicks.count == 640)
  }

  @Test("R-025 A step at the mark that the interlock refused does not count")
  func refusedStepAtTheMark() throws {
    let pump = try pump()
    while pump.stepTicks.count < 640 { pump.runToStep() }
    pump.refuseStep(.notYet)
    pump.run(to: pump.now + 1)
    #expect(pump.mode == .continuous && pump.stepTicks.count == 640)
    pump.run(to: pump.now + 1)
    #expect(pump.mode == .reservoirEmpty)
  }
}
