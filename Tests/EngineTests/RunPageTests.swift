import DosingCore
import Engine
import Glibc
import Hardware
import Quantities
import Testing

@Suite struct RunPageTests {
  private let dosing = Rig.fast(tickMilliseconds: 10)

  /// No kill can be timed to hit the microsecond between a pulse and what is noted after it. So a drive
  /// that does not take the pulse shows what stood in the page before it.
  @Test("R-083 A step is noted as under way before its pulse", arguments: [true, false])
  func notesStepBeforePulse(driveIsBroken: Bool) throws {
    let path = "/tmp/pump-page-\(UInt32.random(in: 0...UInt32.max))"
    defer { _ = unsafe unlink(path) }
    let file = try MappedFile(path: path, byteCount: RunPage.byteCount)
    let rig = try TestRig(dosing)
    var loop = TickLoop(
      core: DosingState(rig: dosing, clock: WeekTime(weekday: 0, minute: 0)),
      drive: rig.hardware.drive, annunciator: rig.hardware.annunciator,
      page: RunPage(file, owner: RunPage.Owner(repeating: 1)))
    let order = Prescription.continuous(dosing.aStep(every: 10))
    let answer = loop.decide(.program(try therapy(order, on: dosing)), at: 0)
    #expect(answer.isAccepted)
    rig.failDrive(times: driveIsBroken ? -1 : 0)
    var tick: Int64 = 0
    while !runs(&loop, on: rig, tick: tick) { tick += 1 }

    let (older, newer) = try slots(of: file)
    #expect(older.tick.number == tick && older.stepIsUnderWay && older.account.steps == 1)
    #expect(newer.tick.number == tick && !newer.stepIsUnderWay)
    #expect(newer.account.steps == (driveIsBroken ? 0 : 1))
  }

  @Test("R-083 What a successor notes is newer than all that stood in the page before")
  func successorIsNewer() throws {
    let path = "/tmp/pump-page-\(UInt32.random(in: 0...UInt32.max))"
    defer { _ = unsafe unlink(path) }
    let owner = RunPage.Owner(repeating: 1)
    func page() throws -> RunPage {
      RunPage(try MappedFile(path: path, byteCount: RunPage.byteCount), owner: owner)
    }
    var core = DosingState(rig: dosing, clock: WeekTime(weekday: 0, minute: 0))
    let first = try page()
    for tick in 0..<7 as Range<Int64> {
      _ = core.step(Tick(tick))
      first.write(core.trace(stepIsUnderWay: false))
    }
    for tick in 7..<12 as Range<Int64> {
      let next = try page()
      #expect(next.read(unitsInUnit: 1)?.tick == Tick(tick - 1))
      _ = core.step(Tick(tick))
      next.write(core.trace(stepIsUnderWay: false))
      #expect(next.read(unitsInUnit: 1)?.tick == Tick(tick))
    }
  }

  /// Whether a step was decided.
  private func runs(_ loop: inout TickLoop, on rig: TestRig, tick: Int64) -> Bool {
    rig.setTime(ofTick: tick)
    return loop.tick(tick).decision.steps
  }

  /// The two that take turns.
  private func slots(of file: MappedFile) throws -> (older: TickTrace, newer: TickTrace) {
    var found: [(trace: TickTrace, number: UInt64)] = []
    for index in 0..<2 {
      let start = 64 + index * TraceSlot.length
      let slot = TraceSlot(
        unsafe file.memory.load(fromByteOffset: start, as: InlineArray<32, UInt64>.self))
      let read = slot.read()
      found.append(try #require(read))
    }
    found.sort { $0.number < $1.number }
    return (found[0].trace, found[1].trace)
  }
}
