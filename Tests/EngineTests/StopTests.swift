import DosingCore
import Engine
import Hardware
import Quantities
import Synchronization
import Testing

@Suite struct StopTests {
  private let dosing = Rig.fast(tickMilliseconds: 10)

  @Test("R-053 after a shut between two ticks no pulse follows, though steps are due")
  func shutBetweenTicks() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    let before = rig.motorSteps()
    #expect(before > 0)
    rig.hardware.shutInterlock()
    loop.run(1_000)
    #expect(rig.motorSteps() == before)
    #expect(loop.steps == before)
    #expect(rig.refusedAsShut > 400)
  }

  @Test("R-053 what another thread shuts while the tick thread hangs stays shut when it goes on")
  func shutWhileTheTickThreadHangs() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    let hanging = Atomic<Bool>(false)
    let goOn = Atomic<Bool>(false)
    let box = UncheckedBox(loop)
    let thread = try RealTimeThread(name: "tick", priority: 0) {
      box.value.run(100)
      hanging.store(true, ordering: .releasing)
      while !goOn.load(ordering: .acquiring) { RealTime.sleep(until: RealTime.now + .hang) }
      box.value.run(100)
    }
    #expect(wait { hanging.load(ordering: .acquiring) })
    let before = rig.motorSteps()
    rig.hardware.shutInterlock()
    goOn.store(true, ordering: .releasing)
    thread.join()
    #expect(before > 0)
    #expect(rig.motorSteps() == before)
    #expect(loop.steps == before)
  }

  @Test("R-053 a stop that reaches the core later, and a resume, make it deliver again")
  func shutThenStopThenResume() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    rig.hardware.shutInterlock()
    loop.run(5)
    #expect(loop.ask(.stop).isAccepted)
    loop.run(100)
    let before = rig.motorSteps()
    #expect(loop.ask(.resume).isAccepted)
    loop.run(100)
    #expect(rig.motorSteps() > before)
    #expect(rig.motorSteps() == loop.steps)
  }
}

extension Nanoseconds {
  fileprivate static let hang = Nanoseconds(1_000_000)
}

/// For a value that two threads use one after the other.
struct UncheckedBox<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
