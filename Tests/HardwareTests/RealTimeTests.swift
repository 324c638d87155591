import Hardware
import Quantities
import Synchronization
import Testing

@Suite struct RealTimeTests {
  @Test("a sleep never ends before its deadline, and a past one ends at once")
  func sleep() {
    for milliseconds in [Int64(0), 1, 5, 20] {
      let deadline = RealTime.now + Nanoseconds(milliseconds * 1_000_000)
      RealTime.sleep(until: deadline)
      #expect(RealTime.now >= deadline)
    }
    RealTime.sleep(until: .zero)
    RealTime.sleep(until: RealTime.now - .seconds(1))
  }

  @Test("a sleep by the clock that counts suspension keeps to that clock, which is a rig's own")
  func sleepByTheClockOfTheRig() throws {
    for milliseconds in [Int64(0), 1, 5, 20] {
      let deadline = RealTime.sinceBoot + Nanoseconds(milliseconds * 1_000_000)
      RealTime.sleep(untilBoot: deadline)
      #expect(RealTime.sinceBoot >= deadline)
      #expect(RealTime.sinceBoot - deadline < .seconds(5))
    }
    RealTime.sleep(untilBoot: .zero)
    RealTime.sleep(untilBoot: RealTime.sinceBoot - .seconds(1))
    let rig = try HardwareRig(.simulated(virtualTime: false), heartbeat: .seconds(1))
    let before = RealTime.sinceBoot
    let now = rig.now
    #expect(before <= now && now <= RealTime.sinceBoot)
  }

  @Test("a thread runs its body once, and ends before join returns", arguments: [Int32(0), 10])
  func thread(priority: Int32) throws {
    let runs = Atomic<Int>(0)
    let thread = try RealTimeThread(name: "a name longer than fifteen", priority: priority) {
      runs.wrappingAdd(1, ordering: .relaxed)
    }
    thread.join()
    #expect(runs.load(ordering: .relaxed) == 1)
    // Without the permission for SCHED_FIFO it runs all the same, and says so.
    #expect(priority > 0 || thread.refusal == 0)
  }

  @Test("a priority that does not exist is refused", arguments: [Int32(-1), 100])
  func priorityOutOfRange(priority: Int32) {
    #expect(throws: HardwareError.system) {
      _ = try RealTimeThread(name: "tick", priority: priority) {}
    }
  }

  @Test("the thread lets go of its body when it has run")
  func bodyIsFreed() throws {
    final class Witness: Sendable {}
    weak var witness: Witness?
    do {
      let held = Witness()
      witness = held
      let thread = try RealTimeThread(name: "tick", priority: 0) { _ = held }
      thread.join()
    }
    #expect(witness == nil)
  }
}
