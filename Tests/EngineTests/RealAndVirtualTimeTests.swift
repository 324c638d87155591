import DosingCore
import Engine
import Hardware
import Quantities
import Testing

@Suite struct RealAndVirtualTimeTests {
  private let dosing = Rig.fast(tickMilliseconds: 1)

  /// What one engine did: requests with their ticks, ticks that were missed, events, and the end.
  private struct Run {
    struct Decided {
      let request: Request
      let reply: RequestSlot.Reply
    }
    /// What a tick decided besides steps.
    struct Happened: Equatable {
      let tick: Int64
      let kind: EngineEvent.Kind
      /// Of a change of basal; of an extra dose that ended, what of it was given up, in ng.
      let mode: Int64
      let faults: FaultSet
    }
    var decided: [Decided] = []
    var missed: [(tick: Int64, count: Int64)] = []
    var happened: [Happened] = []
    var faults = FaultSet()
    var status = Status(serial: .none)
    var motorSteps: Int64 = 0

    /// The interlock has a clock of its own: a stall makes it refuse or not, to the nanosecond.
    var isUndisturbed: Bool {
      status.health.interlockRefusals == 0 && status.health.interlockLapses == 0
        && missed.allSatisfy { $0.count < 40 }
    }
  }

  @Test(
    "R-054 the same requests in the same ticks give the same decisions in real and virtual time")
  func sameDecisions() throws {
    let clock = WeekTime(weekday: 2, minute: 24 * 60 - 1)
    for _ in 0..<10 {
      let real = try runInRealTime(clock: clock)
      guard real.isUndisturbed else { continue }
      let virtual = try replay(real, clock: clock)
      #expect(real.status.steps >= 300)
      #expect(real.motorSteps == real.status.steps)
      #expect(virtual.happened == real.happened)
      #expect(virtual.motorSteps == real.motorSteps)
      #expect(bytes(virtual.status) == bytes(real.status))
      return
    }
    Issue.record("ten runs in real time, and each was disturbed by long stalls")
  }

  /// Everything in a status but the health of the tick itself.
  private func bytes(_ status: Status) -> [UInt8] {
    var status = status
    status.health = TickHealth()
    let frame = writeFrame(.status, number: 0, body: status)
    return (0..<frame.count).map { frame.bytes[$0] }
  }

  private func requests() throws -> [Request] {
    let flex = try therapy(
      .flex(dosing.aStep(every: 2), dosing.aStep(every: 3)), on: dosing)
    let continuous = try therapy(.continuous(dosing.aStep(every: 3)), on: dosing)
    return [
      .patientBolus, .program(flex), .patientBolus, .bolus(dose: smallBolus, duration: .minutes(1)),
      .stop, .patientBolus, .resume, .patientBolus, .program(continuous), .resume,
      .bolus(dose: smallBolus, duration: .minutes(1)), .stop, .stop, .resume,
    ]
  }

  private func runInRealTime(clock: WeekTime) throws -> Run {
    let start = RealTime.sinceBoot + Nanoseconds(10_000_000)
    let rig = try TestRig(dosing, virtualTime: false, epoch: start)
    let engine = rig.engine(start: start, loop: rig.loop(clock: clock))
    let thread = try RealTimeThread(name: "tick", priority: 50) { engine.run() }
    var run = Run()
    for request in try requests() {
      run.decided.append(Run.Decided(request: request, reply: try #require(engine.ask(request))))
      let pause = RealTime.now + Nanoseconds(70_000_000)
      RealTime.sleep(until: pause)
    }
    let end = try #require(run.decided.last).reply.tick
    #expect(wait { engine.status.read().now.number > end && engine.status.read().steps >= 300 })
    engine.end()
    thread.join()
    run.status = engine.status.read()
    // The thread may have gone on a little after the last status.
    let last = run.status.now.number
    for event in engine.takeEvents() where event.tick <= last {
      switch event.kind {
      case .ticksMissed: run.missed.append((event.tick, event.value))
      case .requestDecided, .stepMade: break
      case .extraDoseEnded:
        run.happened.append(
          Run.Happened(
            tick: event.tick, kind: event.kind, mode: event.more, faults: run.faults))
      case .basalChanged:
        run.happened.append(
          Run.Happened(
            tick: event.tick, kind: event.kind, mode: event.value, faults: run.faults))
      case .faultChanged:
        // Each change is an event of its own; a tick is compared by what they come to.
        if let code = FaultCode(rawValue: UInt8(event.value)) { run.faults[code] = event.more > 0 }
        if run.happened.last?.kind == .faultChanged, run.happened.last?.tick == event.tick {
          run.happened.removeLast()
        }
        run.happened.append(
          Run.Happened(
            tick: event.tick, kind: event.kind, mode: 0, faults: run.faults))
      default: Issue.record("\(event) in an engine whose steps nobody refuses or writes down")
      }
    }
    #expect(engine.record.events.takeLost() == 0)
    let stepsAfter = try #require(rig.pulsesAfter(run.status))
    run.motorSteps = rig.motorSteps() - stepsAfter
    return run
  }

  private func replay(_ real: Run, clock: WeekTime) throws -> Run {
    let rig = try TestRig(dosing)
    var engine = rig.virtualEngine(clock: clock)
    var run = Run()
    var decided = real.decided[...]
    var missed = real.missed[...]
    let end = real.status.now.number + 1
    while engine.next < end {
      // A tick that was late began after those that it missed.
      if let late = missed.first, engine.next == late.tick - late.count {
        missed.removeFirst()
        engine.skip(late.count)
      }
      if let next = decided.first, engine.next == next.reply.tick {
        decided.removeFirst()
        let answer = engine.decide(next.request).answer
        #expect("\(answer)" == "\(next.reply.answer)")
      }
      let stop = min(
        end, decided.first?.reply.tick ?? end, missed.first.map { $0.tick - $0.count } ?? end)
      if stop == engine.next { continue }
      guard let (tick, decision) = engine.run(until: stop) else { continue }
      note(decision, at: tick, core: engine, into: &run)
    }
    #expect(decided.isEmpty && missed.isEmpty)
    var core = engine.loop.loop.core
    core.report(to: &run.status)
    run.motorSteps = rig.motorSteps()
    return run
  }

  private func note(
    _ decision: Decision, at tick: Int64, core engine: borrowing VirtualEngine, into run: inout Run
  ) {
    let before = run.faults
    run.faults = engine.loop.loop.core.board.on
    let mode = Int64(engine.loop.loop.core.mode.rawValue)
    func add(_ kind: EngineEvent.Kind, _ mode: Int64, _ faults: FaultSet) {
      run.happened.append(Run.Happened(tick: tick, kind: kind, mode: mode, faults: faults))
    }
    if decision.basalChanged { add(.basalChanged, mode, before) }
    // What of it was given up.
    let cancelled = engine.loop.loop.core.shownLastDose?.cancelled.nanograms ?? 0
    if decision.extraDoseEnded { add(.extraDoseEnded, cancelled, before) }
    if decision.faultsChanged { add(.faultChanged, 0, run.faults) }
  }
}

extension TestRig {
  /// Pulses that were made after the newest status was published.
  fileprivate func pulsesAfter(_ status: Status) -> Int64? {
    let after = pulses - status.steps
    return after >= 0 ? after : nil
  }
}
