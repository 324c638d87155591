import DosingCore
import Glibc
import Hardware
import Synchronization
import Testing

@testable import Engine

extension EngineEvent {
  fileprivate init(_ number: Int64) {
    self.init(
      .basalChanged, tick: number, value: -number, more: number)
  }

  fileprivate var isWhole: Bool {
    value == -tick && more == tick
  }
}

@Suite struct EventRingTests {
  @Test("events come out in the order in which they went in, also around the end of the ring")
  func order() {
    let ring = EventRing()
    #expect(ring.take() == nil)
    var taken: Int64 = 0
    for number in Int64(0)..<50_000 {
      ring.append(EngineEvent(number))
      guard number % 3 == 0 else { continue }
      #expect(ring.take()?.tick == taken)
      taken += 1
      if number % 15_000 == 0 {
        while let event = ring.take() {
          #expect(event.tick == taken)
          taken += 1
        }
      }
    }
    #expect(ring.takeLost() == 0)
  }

  @Test("a full ring drops the newest events, keeps the others and counts")
  func fullRing() {
    let ring = EventRing()
    let capacity = Int64(EventRing.capacity)
    for number in 0..<(capacity + 7) { ring.append(EngineEvent(number)) }
    for number in 0..<capacity { #expect(ring.take()?.tick == number) }
    #expect(ring.take() == nil)
    #expect(ring.takeLost() == 7)
    #expect(ring.takeLost() == 0)
    ring.append(EngineEvent(99))
    #expect(ring.take()?.tick == 99)
  }

  @Test("two threads under load: every event is taken whole and in order, or counted as lost")
  func twoThreads() throws {
    let ring = EventRing()
    let last: Int64 = 200_000
    let ended = Atomic<Bool>(false)
    let thread = try RealTimeThread(name: "appends", priority: 0) {
      for number in 1...last { ring.append(EngineEvent(number)) }
      ended.store(true, ordering: .releasing)
    }
    var (taken, disordered, broken) = (Int64(0), 0, 0)
    var before: Int64 = 0
    while true {
      let wasLast = ended.load(ordering: .acquiring)
      while let event = ring.take() {
        taken += 1
        if event.tick <= before { disordered += 1 }
        if !event.isWhole { broken += 1 }
        before = event.tick
      }
      if wasLast { break }
      sched_yield()
    }
    thread.join()
    #expect(disordered == 0)
    #expect(broken == 0)
    #expect(taken + Int64(ring.takeLost()) == last)
    #expect(taken >= Int64(EventRing.capacity))
  }
}
