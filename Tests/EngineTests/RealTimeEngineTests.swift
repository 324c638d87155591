import DosingCore
import Engine
import Hardware
import Quantities
import Testing

@Suite(.serialized) struct RealTimeEngineTests {
  private let dosing = Rig.fast(tickMilliseconds: 1)

  @Test("what the account says is what the motor did, in real time at two ticks a step")
  func accountAndMotorAgree() throws {
    let start = RealTime.sinceBoot + Nanoseconds(10_000_000)
    let rig = try TestRig(dosing, virtualTime: false, epoch: start)
    let engine = rig.engine(start: start)
    let thread = try RealTimeThread(name: "tick", priority: 50) { engine.run() }
    let order = try therapy(.continuous(dosing.aStep(every: 2)), on: dosing)
    #expect(try #require(engine.ask(.program(order))).answer.isAccepted)
    #expect(wait { engine.status.read().steps >= 500 })
    #expect(try #require(engine.ask(.stop)).answer.isAccepted)
    #expect(wait { engine.status.read().mode == .stoppedByCommand })
    engine.end()
    thread.join()
    let status = engine.status.read()
    #expect(status.steps >= 500)
    #expect(rig.motorSteps() == status.steps)
    #expect(rig.idlePulses() == 0)
    #expect(status.health.interlockSteps == status.steps)
    #expect(!rig.isActive(.enable))
  }

  @Test("R-150 whoever enforces a hard stop beside the tick is told that the core asks for one")
  func hardStopIsTold() throws {
    let start = RealTime.sinceBoot + Nanoseconds(10_000_000)
    // The interlock knows of steps that the core does not.
    let rig = try TestRig(dosing, virtualTime: false, loadedSteps: 1_000_000_000, epoch: start)
    let engine = rig.engine(start: start)
    #expect(!engine.isHardStopped)
    let thread = try RealTimeThread(name: "tick", priority: 50) { engine.run() }
    #expect(wait { engine.ticksCompleted > 20 } && !engine.isHardStopped)
    let order = try therapy(.continuous(dosing.aStep(every: 2)), on: dosing)
    #expect(try #require(engine.ask(.program(order))).answer.isAccepted)
    #expect(wait { engine.isHardStopped && engine.status.read().mode == .hardStop })
    engine.end()
    thread.join()
    #expect(rig.motorSteps() == 0)
  }

  @Test("R-051 ticks that are late by whole periods are skipped, counted and booked, never made up")
  func lateTicksAreSkipped() throws {
    // Tick 0 lies at least 5,000 ticks before the thread begins.
    let start = RealTime.sinceBoot - Nanoseconds(5_000_000_000)
    let rig = try TestRig(dosing, virtualTime: false, epoch: start)
    var loop = rig.loop()
    let therapy = try therapy(.continuous(dosing.aStep(every: 2)), on: dosing)
    #expect(loop.decide(.program(therapy), at: 0).isAccepted)
    let engine = rig.engine(start: start, loop: loop)
    let thread = try RealTimeThread(name: "tick", priority: 50) { engine.run() }
    #expect(wait { engine.status.read().steps >= 100 })
    #expect(try #require(engine.ask(.stop)).answer.isAccepted)
    #expect(wait { engine.status.read().mode == .stoppedByCommand })
    engine.end()
    thread.join()

    let status = engine.status.read()
    let missed = engine.ticksMissed(until: status)
    let first = try #require(missed.first)
    // The request was decided in tick 0, so that one is not missing; of the ticks before the thread's, 4,999 are.
    #expect(first.tick == first.value + 1)
    #expect(first.value >= 4_999)
    #expect(engine.record.events.takeLost() == 0)
    #expect(status.health.missed == missed.map(\.value).reduce(0, +))
    // They were worth some 2,500 steps. None of them was made.
    let ran = status.now.number + 1 - status.health.missed
    #expect(status.steps <= ran / 2 + 1)
    #expect(rig.motorSteps() == status.steps)
    let lost = status.deficits[Int(Account.Deficit.lateTick.rawValue)]
    let firstLoss = Int128(first.value) * therapy.scale.perTick(dosing.aStep(every: 2))
    #expect(lost >= therapy.scale.mass(firstLoss, rounded: .down))
    #expect(status.prescribedMass >= lost)
  }

  @Test("R-051 ticks begin at their deadlines, whenever the thread begins, and not a period apart")
  func ticksStayOnTheGrid() throws {
    let slow = Rig.fast(tickMilliseconds: 100)
    // Half way between two deadlines.
    let start = RealTime.sinceBoot - .milliseconds(550)
    let rig = try TestRig(slow, virtualTime: false, epoch: start)
    let engine = rig.engine(start: start)
    let thread = try RealTimeThread(name: "tick", priority: 0) { engine.run() }
    #expect(wait { engine.status.read().health.ticks >= 12 })
    engine.end()
    thread.join()
    // Of a machine that is as busy as it likes, half of all wake-ups are not that late.
    #expect(engine.status.read().health.latenessMedian < .milliseconds(25))
  }

  @Test("R-051 every tick either runs or is counted as missed")
  func everyTickIsAccountedFor() throws {
    let start = RealTime.sinceBoot + Nanoseconds(10_000_000)
    let rig = try TestRig(dosing, virtualTime: false, epoch: start)
    let engine = rig.engine(start: start)
    // With the ordinary policy, beside other tests: some ticks are late.
    let thread = try RealTimeThread(name: "tick", priority: 0) { engine.run() }
    #expect(wait { engine.status.read().now.number >= 500 })
    engine.end()
    thread.join()
    let status = engine.status.read()
    let missed = engine.ticksMissed(until: status)
    #expect(status.health.missed == missed.map(\.value).reduce(0, +))
    #expect(status.health.ticks == status.now.number + 1)
    for (event, next) in zip(missed, missed.dropFirst()) {
      #expect(next.tick - next.value > event.tick)
    }
    #expect(status.health.latenessMax >= status.health.lateness99)
    #expect(status.health.lateness99 >= status.health.latenessMedian)
  }

  @Test("a request is answered in the tick that decides it, accepted or refused, with its event")
  func requestsAreAnswered() throws {
    let start = RealTime.sinceBoot + Nanoseconds(10_000_000)
    let rig = try TestRig(dosing, virtualTime: false, epoch: start)
    let engine = rig.engine(start: start)
    engine.setGrantedPriority(33)
    let thread = try RealTimeThread(name: "tick", priority: 50) { engine.run() }
    let refused = try #require(engine.ask(.patientBolus))
    let accepted = try #require(engine.ask(.stop))
    #expect(wait { engine.status.read().now.number >= accepted.tick })
    #expect(wait { engine.status.read().health.realTimePriority == 33 })
    engine.end()
    thread.join()
    #expect(refused.answer.reason == .noTherapy)
    #expect(accepted.answer.isAccepted)
    #expect(accepted.tick > refused.tick)
    let events = engine.takeEvents()
    let decided = events.filter { $0.kind == .requestDecided }
    #expect(decided.filter { $0.detail != 0 }.map(\.tick) == [refused.tick])
    #expect(decided.filter { $0.detail == 0 }.map(\.tick) == [accepted.tick])
    let faults = events.filter { $0.kind == .faultChanged }
    #expect(faults.map(\.tick) == [accepted.tick])
    #expect(faults.map(\.value) == [Int64(FaultCode.stopped.rawValue)])
    #expect(faults.map(\.more) == [Int64(AlarmPriority.medium.rawValue)])
  }
}
