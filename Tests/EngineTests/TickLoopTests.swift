import DosingCore
import Engine
import Hardware
import Quantities
import Testing

@Suite struct TickLoopTests {
  private let dosing = Rig.fast(tickMilliseconds: 10)

  @Test("every step that is decided becomes one pulse in the same tick")
  func everyStepIsAPulse() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 3)))
    for _ in 0..<3_000 {
      let before = rig.motorSteps()
      let decided = loop.tick().steps
      #expect(rig.motorSteps() - before == (decided ? 1 : 0))
    }
    #expect(loop.steps == 999)
    #expect(rig.motorSteps() == 999)
  }

  @Test("a step that the drive does not take waits, is made later, and the others do not burst")
  func refusedStepWaits() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 10)))
    loop.run(1_000)
    let before = loop.steps
    #expect(rig.motorSteps() == before)

    rig.failDrive(times: -1)
    loop.run(1_000)
    #expect(loop.steps == before)
    #expect(rig.motorSteps() == before)
    #expect(loop.deficit(.driveFailed) > 0)
    #expect(loop.mode == .continuous)

    rig.failDrive(times: 0)
    loop.tick()
    #expect(loop.steps == before + 1)
    #expect(rig.motorSteps() == before + 1)
    loop.run(1_000)
    #expect(loop.steps == before + 101)
    #expect(rig.motorSteps() == before + 101)
  }

  @Test("steps that are due faster than the interlock permits come at its interval")
  func intervalOfTheInterlockHolds() throws {
    let limits = InterlockLimits.only(dosing, interval: Nanoseconds(50_000_000))
    let rig = try TestRig(dosing, seal: limits)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(1_002)
    // The first step is due in tick 2; from there on one in five ticks.
    #expect(loop.steps == 200)
    #expect(rig.motorSteps() == 200)
    #expect(loop.deficit(.limit) == 0)
    #expect(loop.deficit(.stepWaited) > 0)
    #expect(!loop.isOn(.interlockDisagrees))
  }

  @Test(
    "R-026 a window refusal leads to safe basal with a high alarm, and more of them to nothing else"
  )
  func windowRefusalLeadsToSafeBasal() throws {
    // The interlock lets one step more pass than its ceiling.
    let rig = try TestRig(dosing, seal: .only(dosing, perHour: 3))
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 10)))
    for _ in 0..<4 { #expect(loop.runToStep()) }
    #expect(loop.mode == .continuous)

    #expect(loop.runToStep())
    #expect(rig.motorSteps() == 4)
    #expect(loop.steps == 4)
    loop.tick()
    #expect(loop.mode == .safeBasal)
    #expect(loop.isOn(.interlockDisagrees))
    #expect(loop.deficit(.limit) == loop.loop.core.account.perStep)
    #expect(rig.isActive(.buzzer))
    #expect(rig.isActive(.enable))
    #expect(loop.ask(.bolus(dose: smallBolus, duration: .minutes(1))).reason == .safeBasal)

    #expect(loop.runToStep())
    loop.tick()
    #expect(loop.mode == .safeBasal)
    #expect(rig.isActive(.buzzer))
    loop.run(10_000)
    #expect(rig.motorSteps() == 4)
    #expect(loop.steps == 4)
  }

  @Test("the day's ceiling of the interlock leads to safe basal too")
  func dayCeilingLeadsToSafeBasal() throws {
    let rig = try TestRig(dosing, seal: .only(dosing, perDay: 5))
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 10)))
    for _ in 0..<7 { #expect(loop.runToStep()) }
    loop.tick()
    #expect(loop.mode == .safeBasal)
    #expect(rig.motorSteps() == 6)
  }

  @Test("a program gives the interlock its own ceilings")
  func programSetsCeilings() throws {
    let rig = try TestRig(dosing, seal: .only(dosing))
    let order = Prescription.continuous(dosing.aStep(every: 10))
    let therapy = try therapy(order, on: dosing)
    let loop = try TestLoop(rig, program: order)
    loop.tick()
    #expect(rig.hardware.drive.counts.hourStepsMax == therapy.hour.steps)
    #expect(rig.hardware.drive.counts.dayStepsMax == therapy.day.steps)
    // In one tick as many steps as are permitted, behind the engine's back.
    rig.hardware.drive.completeTick()
    var made: Int64 = 0
    while case .made = rig.hardware.drive.step() { made += 1 }
    #expect(made == min(therapy.hour.steps + 1, 60_000))
  }

  @Test("the enable line is active exactly while something can be delivered")
  func enableFollowsDelivery() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig)
    loop.run(10)
    #expect(loop.mode == .noTherapy)
    #expect(!rig.isActive(.enable))

    let order = try therapy(.continuous(dosing.aStep(every: 2)), on: dosing)
    #expect(loop.ask(.program(order)).isAccepted)
    loop.tick()
    #expect(rig.isActive(.enable))
    loop.ask(.stop)
    loop.tick()
    #expect(!rig.isActive(.enable))
    loop.run(10)
    #expect(!rig.isActive(.enable))
    loop.ask(.resume)
    loop.tick()
    #expect(rig.isActive(.enable))
    loop.run(100)
    #expect(rig.idlePulses() == 0)
    #expect(!rig.isActive(.direction))
  }

  @Test("an empty reservoir takes the driver off and sounds the buzzer")
  func emptyReservoirDisables() throws {
    var small = dosing
    // 100 steps to the low mark, 150 to the empty one.
    small.reservoir = Reservoir(
      volume: Volume(picolitres: 200 * 15_625), low: Volume(picolitres: 100 * 15_625),
      empty: Volume(picolitres: 50 * 15_625))
    let rig = try TestRig(small)
    let loop = try TestLoop(rig, program: .continuous(small.aStep(every: 2)))
    while loop.steps < 100 { loop.tick() }
    loop.tick()
    #expect(loop.isOn(.reservoirLow))
    #expect(rig.isActive(.lamp) && rig.isActive(.buzzer))
    #expect(rig.isActive(.enable))
    loop.run(10_000)
    #expect(loop.mode == .reservoirEmpty)
    #expect(loop.steps == 150)
    #expect(rig.motorSteps() == 150)
    #expect(rig.isActive(.buzzer))
    #expect(!rig.isActive(.enable))
  }

  @Test(
    "R-143 the lamp follows any alarm, and the buzzer one that nobody has acknowledged or paused")
  func annunciatorFollowsAlarms() throws {
    let slow = Rig.fast(tickMilliseconds: 20)
    let rig = try TestRig(slow)
    let loop = try TestLoop(rig, program: .continuous(slow.aStep(every: 3)))
    loop.run(10)
    #expect(!rig.isActive(.lamp) && !rig.isActive(.buzzer))
    loop.ask(.stop)
    loop.tick()
    #expect(rig.isActive(.lamp) && rig.isActive(.buzzer))
    loop.ask(.silence)
    loop.tick()
    #expect(rig.isActive(.lamp) && !rig.isActive(.buzzer))
    // The pause ends by itself after 10 min.
    loop.run(29_999)
    #expect(!rig.isActive(.buzzer))
    loop.run(1)
    #expect(rig.isActive(.buzzer))
    loop.ask(.acknowledge)
    loop.tick()
    #expect(rig.isActive(.lamp) && !rig.isActive(.buzzer))
    // A stop becomes a high alarm after an hour, and is heard again.
    loop.run(149_997)
    #expect(!rig.isActive(.buzzer))
    loop.run(1)
    #expect(rig.isActive(.buzzer))
    loop.ask(.resume)
    loop.tick()
    #expect(!rig.isActive(.lamp) && !rig.isActive(.buzzer))
  }

  @Test("stop shuts the interlock and resume opens it again")
  func stopShutsTheInterlock() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    loop.ask(.stop)
    loop.tick()
    let before = rig.motorSteps()
    // Whoever asks the interlock now, behind the engine's back, is refused.
    let attempt = rig.hardware.drive.step()
    #expect(attempt == .shut)
    #expect(rig.refusedAsShut == 1)
    loop.run(100)
    #expect(rig.motorSteps() == before)

    #expect(loop.ask(.resume).isAccepted)
    loop.run(100)
    #expect(rig.motorSteps() > before)
    #expect(rig.motorSteps() == loop.steps)
    #expect(rig.refusedAsShut == 1)
  }

  @Test("a refused resume leaves the interlock as it is")
  func refusedResumeOpensNothing() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    rig.hardware.askStop()
    #expect(loop.ask(.resume).reason == .notStopped)
    let before = rig.motorSteps()
    loop.run(100)
    #expect(rig.motorSteps() == before)
  }

  @Test("R-094 the interlock is told each lease when it is durable, and none before")
  func leasesAreTold() throws {
    let rig = try TestRig(dosing)
    let record = TickRecord()
    var loop = RecordedLoop(rig.loop(), record: record, commits: 0)
    let order = try therapy(.continuous(dosing.aStep(every: 2)), on: dosing)
    let answer = loop.decide(.program(order), id: 1, at: 0).answer
    #expect(answer.isAccepted)
    #expect(rig.hardware.drive.counts.leaseStepsMax == 0)
    var granted: [Int64] = []
    for tick in 0..<Int64(1_000) {
      rig.setTime(ofTick: tick)
      if let proposal = record.proposals.readIfNew() {
        granted.append(proposal.leaseEnd)
        record.grants.publish {
          $0 = TickFacts.Grant(commit: proposal.commit, leaseEnd: proposal.leaseEnd)
        }
      }
      loop.begin(tick, missed: 0)
      _ = loop.tick(tick)
      #expect(rig.hardware.drive.counts.leaseStepsMax == granted.last ?? 0)
    }
    #expect(Set(granted).count >= 3)
    #expect(rig.motorSteps() > 400)
  }

  @Test("R-094 after a start the interlock counts the lease from its own first pulse, by itself")
  func leaseAfterAStart() throws {
    let before = try TestLoop(try TestRig(dosing), program: .continuous(dosing.aStep(every: 10)))
    before.run(2_000)
    let core = before.loop.core
    let (steps, ceilings) = (core.account.steps, core.outputs)
    #expect(steps > 100)
    let rig = try TestRig(dosing, seal: .only(dosing))
    let record = TickRecord()
    var loop = RecordedLoop(
      TickLoop(
        core: core, drive: rig.hardware.drive, annunciator: rig.hardware.annunciator),
      record: record, commits: 4)
    // Before the first tick nothing is leased, and the ceilings are those of the order.
    #expect(rig.hardware.drive.counts.leaseStepsMax == 0)
    #expect(rig.hardware.drive.counts.hourStepsMax == ceilings.stepsPerHourMax)
    #expect(rig.hardware.drive.counts.dayStepsMax == ceilings.stepsPerDayMax)
    var lease: Int64 = 0
    for tick in before.next...before.next + 1 {
      rig.setTime(ofTick: tick)
      loop.begin(tick, missed: 0)
      _ = loop.tick(tick)
      guard let proposal = record.proposals.readIfNew() else { continue }
      lease = proposal.leaseEnd - steps
      record.grants.publish {
        $0 = TickFacts.Grant(commit: proposal.commit, leaseEnd: proposal.leaseEnd)
      }
    }
    #expect(lease >= 2 && rig.hardware.drive.counts.leaseStepsMax == lease)
    // Whoever asks behind the engine's back gets no pulse more.
    var outcome = rig.hardware.drive.step()
    while outcome == .made { outcome = rig.hardware.drive.step() }
    #expect(outcome == .lease)
    #expect(rig.motorSteps() == lease)
    #expect(rig.hardware.drive.counts.refusals == 1)
  }

  @Test("R-035 R-052 no tick permits its own step: after a gap the tick behind it makes the step")
  func permissionIsOfTheTickBefore() throws {
    let rig = try TestRig(dosing)
    let loop = try TestLoop(rig, program: .continuous(dosing.aStep(every: 2)))
    loop.run(100)
    while loop.tick().steps {}
    // Longer than a permission lasts.
    loop.skip(100)
    let before = rig.motorSteps()
    #expect(loop.tick().steps)
    #expect(rig.motorSteps() == before && loop.steps == before)
    #expect(loop.tick().steps)
    #expect(rig.motorSteps() == before + 1 && loop.steps == before + 1)
  }

  @Test("R-094 the interlock is sealed with the windows of the core, and both age alike")
  func windowsAreLoaded() throws {
    let loop = try TestLoop(try TestRig(dosing), program: .continuous(dosing.aStep(every: 50)))
    // Into a minute that has just begun, and a quarter of an hour that is under way.
    loop.run(65 * 60 * 100 + 70)
    let rig = try HardwareRig(.simulated(virtualTime: true), heartbeat: TickLoop.heartbeat)
    rig.virtualClock.set(Nanoseconds(loop.next * dosing.tick.count))
    try rig.load(loop.loop.core)
    try rig.seal(for: dosing, epoch: .zero)
    func expectAgreement() {
      let counts = rig.drive.counts
      #expect(counts.hourSteps == loop.loop.core.hour.stepsTotal)
      #expect(counts.daySteps == loop.loop.core.day.stepsTotal)
    }
    expectAgreement()
    #expect(rig.drive.counts.hourSteps > 7_000)
    loop.ask(.stop)
    for minutes in 1...62 as ClosedRange<Int64> {
      loop.run(6_000)
      rig.virtualClock.set(Nanoseconds((loop.next - 1) * dosing.tick.count))
      expectAgreement()
      #expect((rig.drive.counts.hourSteps == 0) == (minutes > 60))
    }
  }
}
