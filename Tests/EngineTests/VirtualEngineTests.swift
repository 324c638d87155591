import DosingCore
import Engine
import Hardware
import Quantities
import Testing

@Suite struct VirtualEngineTests {
  private let dosing = Rig.fast(tickMilliseconds: 10)

  @Test("it returns at each tick that decides something, and at the end")
  func returnsAtEvents() throws {
    let rig = try TestRig(dosing)
    var engine = rig.virtualEngine()
    let therapy = try therapy(.continuous(dosing.aStep(every: 10)), on: dosing)
    #expect(engine.decide(.program(therapy)).answer.isAccepted)
    let first = engine.run(until: 100)
    #expect(first?.tick == 0)
    #expect(first?.decision.basalChanged == true)
    var ticks: [Int64] = []
    while let (tick, decision) = engine.run(until: 100) {
      #expect(decision.steps)
      ticks.append(tick)
    }
    #expect(ticks == [10, 20, 30, 40, 50, 60, 70, 80, 90])
    #expect(engine.next == 100)
    #expect(rig.motorSteps() == 9)
  }

  @Test("virtual time is the deadline of the tick that runs")
  func virtualTime() throws {
    let rig = try TestRig(dosing)
    var engine = rig.virtualEngine()
    let quiet = engine.run(until: 1_001)
    #expect(quiet == nil)
    #expect(rig.hardware.now == .seconds(10))
  }

  @Test("skipped ticks are missed, booked and not made up")
  func skippedTicks() throws {
    let rig = try TestRig(dosing)
    var engine = rig.virtualEngine()
    let therapy = try therapy(.continuous(dosing.aStep(every: 10)), on: dosing)
    #expect(engine.decide(.program(therapy)).answer.isAccepted)
    _ = engine.run(until: 1)
    engine.skip(1_000)
    let late = engine.run(until: 2_000)
    #expect(late?.tick == 1_001)
    #expect(late?.decision.wasLate == true)
    let account = engine.loop.loop.core.account
    #expect(account.deficit(.lateTick) == 100 * account.perStep)
    #expect(account.steps == 0)
    #expect(engine.loop.loop.core.ticksMissed == 1_000)
  }
}
