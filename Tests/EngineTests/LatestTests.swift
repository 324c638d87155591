import DosingCore
import Engine
import Glibc
import Hardware
import Quantities
import Synchronization
import Testing

@Suite struct LatestTests {
  @Test("the reader gets the newest status, again and again until there is a newer one")
  func newest() {
    let latest = Latest(Status(serial: .none))
    #expect(latest.read().steps == 0)
    for number in Int64(1)...5 {
      latest.publish { $0.steps = number }
      latest.publish { $0.steps = number * 10 }
      #expect(latest.read().steps == number * 10)
      #expect(latest.read().steps == number * 10)
    }
  }

  @Test("what was given at the start stays in every copy")
  func blankStays() throws {
    let serial = try #require(Label(utf8: "BP-0001".utf8))
    let latest = Latest(Status(serial: serial))
    for number in Int64(0)..<10 {
      latest.publish { $0.steps = number }
      #expect(latest.read().serial == serial)
    }
  }

  @Test("two threads under load: no status is torn, none is older than the one before")
  func neverTorn() throws {
    let latest = Latest(Status(serial: .none))
    let last: Int64 = 100_000
    let started = Atomic<Bool>(false)
    let thread = try RealTimeThread(name: "publishes", priority: 0) {
      while !started.load(ordering: .acquiring) { sched_yield() }
      for number in 1...last {
        latest.publish { status in
          // From one end of the status to the other.
          status.clock = Nanoseconds(number)
          status.health.ticks = number
          status.steps = number
          status.limitDay = Mass(nanograms: number)
          status.faults[5].raised = Tick(number)
        }
      }
    }
    var before: Int64 = 0
    var (torn, older, different) = (0, 0, 0)
    started.store(true, ordering: .releasing)
    let end = RealTime.now + patience
    while before < last && RealTime.now < end {
      let status = latest.read()
      let number = status.clock.count
      if status.health.ticks != number || status.steps != number
        || status.limitDay.nanograms != number || status.faults[5].raised.number != number
      {
        torn += 1
      }
      if number < before { older += 1 }
      if number > before { different += 1 }
      before = number
    }
    thread.join()
    #expect(torn == 0)
    #expect(older == 0)
    #expect(different > 0)
    #expect(latest.read().steps == last)
  }
}
