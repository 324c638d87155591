import AllocationCounter
import DosingCore
import Hardware
import Quantities
import Synchronization
import Testing

@testable import Engine

/// A sanitizer that replaces the heap leaves nothing to count.
@Suite(.enabled(if: allocation_counter_is_there()))
struct AllocationTests {
  @Test("R-050 a tick allocates nothing: 10,000 ticks with steps and every kind of request")
  func ticksAllocateNothing() throws {
    try warmUp()
    let rig = try TestRig(.fast(tickMilliseconds: 10))
    let engine = try HandEngine(rig)
    allocation_counter_start()
    engine.run(10_000)
    let allocations = allocation_counter_stop()
    print("allocations in 10,000 ticks: \(allocations)")
    #expect(allocations == 0)
    #expect(engine.steps > 3_000)
    #expect(engine.accepted == 6)
    #expect(engine.refused == 1)
    #expect(engine.replies == 7)
    #expect(engine.statusSteps == engine.steps)
    #expect(rig.motorSteps() == engine.steps)
  }

  @Test("R-050 the tick thread allocates nothing in real time")
  func tickThreadAllocatesNothing() throws {
    #if DEBUG
      _ = try allocationsOfTickThread()
    #endif
    #expect(try allocationsOfTickThread() == 0)
  }

  private func allocationsOfTickThread() throws -> Int64 {
    let dosing = Rig.fast(tickMilliseconds: 1)
    let start = RealTime.sinceBoot + Nanoseconds(20_000_000)
    let rig = try TestRig(dosing, virtualTime: false, epoch: start)
    let engine = rig.engine(start: start)
    let order = try therapy(.continuous(dosing.aStep(every: 2)), on: dosing)
    let allocations = Atomic<Int64>(-1)
    let thread = try RealTimeThread(name: "tick", priority: 50) {
      allocation_counter_start()
      engine.run()
      allocations.store(allocation_counter_stop(), ordering: .releasing)
    }
    let requests: [Request] = [
      .program(order), .patientBolus, .stop, .resume,
      .bolus(dose: smallBolus, duration: .minutes(1)),
    ]
    for request in requests {
      let reply = try #require(engine.ask(request))
      #expect(reply.answer.isAccepted)
    }
    #expect(wait { engine.status.read().steps >= 300 })
    engine.end()
    thread.join()
    return allocations.load(ordering: .acquiring)
  }

  @Test("the counter counts an array that grows, an object, and only between start and stop")
  func counterCounts() {
    allocation_counter_start()
    let nothing = allocation_counter_stop()
    #expect(nothing == 0)

    var numbers: [Int] = []
    allocation_counter_start()
    for number in 0..<1_000 { numbers.append(number) }
    let forTheArray = allocation_counter_stop()
    #expect(forTheArray > 0)
    #expect(numbers.reduce(0, +) == 499_500)

    allocation_counter_start()
    let object = Counted()
    let forTheObject = allocation_counter_stop()
    #expect(forTheObject == 1)
    #expect(object.value == 7)

    numbers.append(contentsOf: 0..<10_000)
    allocation_counter_start()
    let stillNothing = allocation_counter_stop()
    #expect(stillNothing == 0)
  }

  @Test("the counter counts its own thread only")
  func counterCountsOneThread() throws {
    let others = Atomic<Int>(0)
    allocation_counter_start()
    let before = allocation_counter_stop()
    let thread = try RealTimeThread(name: "other", priority: 0) {
      for _ in 0..<100 { others.wrappingAdd(Counted().value, ordering: .relaxed) }
      others.wrappingAdd(1, ordering: .releasing)
    }
    allocation_counter_start()
    while others.load(ordering: .acquiring) < 701 {}
    let meanwhile = allocation_counter_stop()
    thread.join()
    #expect(before == 0)
    #expect(meanwhile == 0)
  }
}

/// An unoptimised build makes something once for each generic type; an optimised one does not.
private func warmUp() throws {
  #if DEBUG
    try HandEngine(TestRig(.fast(tickMilliseconds: 10))).run(10_000)
  #endif
}

/// Not optimised away: who makes it reads a value that only it holds.
private final class Counted {
  @inline(never) init() { value = 7 }
  @inline(never) var value: Int
}

/// Does in virtual time what the tick thread does in real time: slot, tick, events, status.
private final class HandEngine {
  private let rig: TestRig
  private var loop: TickLoop
  private let slot = RequestSlot()
  private let events = EventRing()
  private let status = Latest(Status(serial: .none))
  private var health = TickHealth()
  private var lateness = LatenessHistogram()
  private var next: Int64 = 0
  private let first: Therapy
  private let second: Therapy
  private(set) var accepted = 0
  private(set) var refused = 0
  private(set) var replies = 0

  init(_ rig: TestRig) throws {
    self.rig = rig
    loop = rig.loop(clock: WeekTime(weekday: 1, minute: 24 * 60 - 1))
    let dosing = rig.dosing
    first = try therapy(.flex(dosing.aStep(every: 2), dosing.aStep(every: 3)), on: dosing)
    second = try therapy(.flex(dosing.aStep(every: 3), dosing.aStep(every: 2)), on: dosing)
  }

  var steps: Int64 { loop.core.account.steps }
  var statusSteps: Int64 { status.read().steps }

  /// The boluses last 6,000 ticks, unless they are stopped.
  func run(_ ticks: Int64) {
    while next < ticks {
      switch next {
      case 0: slot.offer(.program(first))
      case 500: slot.offer(.patientBolus)
      case 2_000: slot.offer(.stop)
      case 2_500: slot.offer(.resume)
      case 3_000: slot.offer(.bolus(dose: smallBolus, duration: .minutes(1)))
      case 9_500: slot.offer(.patientBolus)
      case 9_800: slot.offer(.program(second))
      default: break
      }
      tick()
      if slot.takeReply() != nil { replies += 1 }
    }
  }

  private func tick() {
    let number = next
    rig.setTime(ofTick: number)
    lateness.record(Nanoseconds(number % 977))
    slot.answer(at: number) { request, _ in
      let answer = loop.decide(request, at: number)
      if answer.isAccepted { accepted += 1 } else { refused += 1 }
      return (answer, 0)
    }
    let decision = loop.tick(number).decision
    if decision.basalChanged || decision.extraDoseEnded || decision.faultsChanged {
      events.append(EngineEvent(.basalChanged, tick: number, value: 0))
    }
    if number % 10 == 9 { publish() }
    next = number + 1
  }

  private func publish() {
    let counts = rig.hardware.drive.counts
    health.ticks = next
    health.latenessMedian = lateness.quantile(perMille: 500)
    health.lateness99 = lateness.quantile(perMille: 990)
    health.interlockSteps = counts.steps
    status.publish { status in
      status.health = health
      loop.report(to: &status)
    }
  }
}
