import Quantities
import Testing

@testable import DosingCore

@Suite struct RigChangeTests {
  private static let order = Prescription.continuous(
    microgramsPerDay(300), patientBolus: .usual())

  private func change(_ rig: Rig, _ order: Prescription? = order) throws -> RigChange {
    var findings = Findings()
    return try #require(RigChange(rig, order: order, findings: &findings))
  }

  @Test("R-122 A rig may change in what no history is counted in, and in nothing else")
  func fields() throws {
    let pump = try Pump(Self.order)
    let rig = pump.rig
    func answer(_ alter: (inout Rig) -> Void) throws -> RefusalReason? {
      var other = rig
      alter(&other)
      return pump.ask(.propose(.rig(try change(other)))).reason
    }
    #expect(try answer { _ in } == nil)
    #expect(try answer { $0.pump.maxRate = FlowRate(picolitresPerDay: 12_000_000_000) } == nil)
    #expect(try answer { $0.pump.minRate = FlowRate(picolitresPerDay: 40_000_000) } == nil)
    #expect(try answer { $0.pump.keepOpenRate = FlowRate(picolitresPerDay: 5_000_000) } == nil)
    #expect(try answer { $0.reservoir.low = $0.reservoir.low + microlitres(1) } == nil)
    #expect(try answer { $0.reservoir.empty = $0.reservoir.empty + microlitres(1) } == nil)
    #expect(try answer { $0.tick = .milliseconds(50) } == .otherHead)
    #expect(try answer { $0.pump.stepsPerRevolution /= 2 } == .otherHead)
    #expect(
      try answer { $0.pump.volumePerRevolution = $0.pump.volumePerRevolution + microlitres(1) }
        == .otherHead)
    #expect(
      try answer { $0.reservoir.volume = $0.reservoir.volume + microlitres(1) } == .otherReservoir)
  }

  @Test(
    "R-122 What is known of the line and of a prime may change, its volume while no boundary is in it"
  )
  func line() throws {
    let pump = try Pump(Self.order)
    func isAccepted(_ alter: (inout Rig) -> Void) throws -> Bool {
      var other = pump.rig
      alter(&other)
      return pump.ask(.propose(.rig(try change(other)))).isAccepted
    }
    #expect(try isAccepted { $0.pump.accuracyPermille = 20 })
    #expect(try isAccepted { $0.line.mixingPermille = 300 })
    #expect(try isAccepted { $0.line.tolerancePermille = 25 })
    #expect(try isAccepted { $0.line.primeRate = $0.pump.minRate })
    #expect(try isAccepted { $0.reservoir.residue = microlitres(400) })
    #expect(try isAccepted { $0.maxPrimeDose = micrograms(700) })
    var other = pump.rig
    other.line.catheter = other.line.catheter + microlitres(22)
    #expect(pump.ask(.propose(.rig(try change(other)))).isAccepted)
    pump.refill(1_000)
    let refusal = pump.ask(.propose(.rig(try change(other)))).refusal
    #expect(refusal?.reason == .otherLine)
    #expect(refusal?.limit == 404_000_000 && refusal?.value == 426_000_000)
    // As much as before is the same line, however it is divided.
    other.line = RigLine(pumpTubing: microlitres(204), catheter: microlitres(200))
    #expect(pump.ask(.propose(.rig(try change(other)))).isAccepted)
    var findings = Findings()
    other.line.mixingPermille = 1_001
    #expect(RigChange(other, order: Self.order, findings: &findings) == nil)
    #expect(findings.rules == [.lineMixingOutOfRange])
  }

  @Test("R-122 A rig that the order in force does not fit is not even proposed")
  func orderDoesNotFit() throws {
    let pump = try Pump(Self.order)
    var slow = pump.rig
    slow.pump.maxRate = FlowRate(picolitresPerDay: 100_000_000)
    var findings = Findings()
    #expect(RigChange(slow, order: Self.order, findings: &findings) == nil && findings.errors > 0)
    #expect(try change(slow, nil).rig.pump.maxRate == slow.pump.maxRate)
    slow.pump.maxRate = .zero
    findings = Findings()
    #expect(RigChange(slow, order: nil, findings: &findings) == nil && findings.errors > 0)
  }

  @Test("R-122 Tighter limits have to hold what was given; the refusal says when they do")
  func windows() throws {
    let pump = try Pump(Self.order)
    pump.run(for: .minutes(1))
    #expect(pump.bolus(micrograms(20), .minutes(10)).isAccepted)
    pump.run(for: .minutes(20))
    var tight = pump.rig
    // Room for basal of an hour and half the bolus.
    tight.maxVolume1h = microlitres(50)
    let refusal = try #require(pump.ask(.propose(.rig(try change(tight)))).refusal)
    #expect(refusal.reason == .volumeLimit1h)
    let at = try #require(refusal.allowedAt)
    #expect(at.number > pump.now)
    let change = try change(tight)
    #expect(pump.ask(.propose(.rig(change)), at: at.number).isAccepted)
  }

  @Test("R-122 A commit of a rig changes nothing but what the next start runs on")
  func nothingBefore() throws {
    let pump = try Pump(Self.order)
    pump.run(for: .minutes(1))
    let before = pump.record()
    var other = pump.rig
    other.pump.maxRate = FlowRate(picolitresPerDay: 12_000_000_000)
    let asked = try Pump(Self.order)
    asked.run(for: .minutes(1))
    #expect(asked.ask(.commit(.rig(try change(other)))).isAccepted)
    pump.run(to: asked.now)
    #expect(asked.record() == pump.record() && pump.record() != before)
    let record = pump.record()
    let restored = DosingState.restored(
      from: record.span, rig: pump.rig, therapy: pump.therapy)
    var state = try #require(restored)
    state.set(.otherRig, on: true)
    let wanted = try change(other)
    let moved = try #require(state.on(wanted))
    #expect(moved.rig.pump.maxRate == other.pump.maxRate && !moved.board.on[.otherRig])
    #expect(moved.account.steps == pump.account.steps && moved.now.number == pump.now)
    other.pump.stepsPerRevolution /= 2
    let turned = try change(other)
    #expect(state.on(turned) == nil)
  }
}
