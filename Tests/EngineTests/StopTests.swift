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
    rig.hardware.askStop()
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
    rig.hardware.askStop()
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
    rig.hardware.askStop()
    loop.run(5)
    #expect(loop.ask(.stop).isAccepted)
    loop.run(100)
    let before = rig.motorSteps()
    #expect(loop.ask(.resume).isAccepted)
    loop.run(100)
    #expect(rig.motorSteps() > before)
    #expect(rig.motorSteps() == loop.steps)
  }

  @Test("R-053 a resume that is decided between two stops does not open over the second")
  func resumeDoesNotOpenOverALaterStop() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    rig.hardware.askStop()
    #expect(loop.ask(.stop).isAccepted)
    loop.run(5)
    let before = rig.motorSteps()
    // The link asks for the second one while the resume is on its way.
    rig.hardware.askStop()
    #expect(loop.ask(.resume).isAccepted)
    loop.run(100)
    #expect(rig.motorSteps() == before)
    #expect(loop.ask(.stop).isAccepted)
    #expect(loop.ask(.resume).isAccepted)
    loop.run(100)
    #expect(rig.motorSteps() > before)
  }

  @Test("R-053 one decided stop covers all that were asked for before it")
  func oneDecisionCoversAllStops() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    for _ in 0..<3 { rig.hardware.askStop() }
    #expect(loop.ask(.stop).isAccepted)
    #expect(loop.ask(.resume).isAccepted)
    let before = rig.motorSteps()
    loop.run(100)
    #expect(rig.motorSteps() > before)
  }

  @Test("R-053 R-081 A resume that cannot be made durable leaves the interlock shut again")
  func resumeThatIsTakenBack() throws {
    let rig = try TestRig(dosing)
    let record = TickRecord()
    var loop = RecordedLoop(rig.loop(), record: record, commits: 0)
    var next: Int64 = 0
    var tookBack = false
    var asked: Int64 = 0
    func run(_ ticks: Int64, granting: Bool, _ requests: [Request] = []) {
      for _ in 0..<ticks {
        rig.setTime(ofTick: next)
        if granting, let proposal = record.proposals.readIfNew() {
          record.grants.publish {
            $0 = TickFacts.Grant(commit: proposal.commit, leaseEnd: proposal.leaseEnd)
          }
        }
        loop.begin(next, missed: 0)
        if next == asked { for request in requests { #expect(decided(request)) } }
        if loop.tick(next).tookBack { tookBack = true }
        next += 1
      }
    }
    func decided(_ request: Request) -> Bool {
      loop.decide(request, id: 1, at: next).answer.isAccepted
    }
    run(
      100, granting: true, [.program(try therapy(.continuous(dosing.aStep(every: 2)), on: dosing))])
    #expect(rig.motorSteps() > 0)
    asked = next
    run(10, granting: true, [.stop])
    asked = next
    run(400, granting: false, [.resume])
    #expect(tookBack)
    let (steps, refused) = (rig.motorSteps(), rig.refusedAsShut)
    // Whatever asks for a pulse now, the interlock refuses it by itself.
    _ = rig.hardware.drive.step()
    #expect(rig.refusedAsShut == refused + 1)
    #expect(rig.motorSteps() == steps)
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
