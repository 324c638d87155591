import DosingCore
import Journal
import Quantities
import Simulation
import Testing

@testable import Durability

@Suite struct ClockWatchTests {
  private let second = Nanoseconds.seconds(1).count
  private let hour = Nanoseconds.hours(1).count

  /// UTC is `utc` and the machine has run for `boot`, both in ns.
  private func reading(
    utc: Int64, boot: Int64, number: UInt8, kernel: Int64? = nil, battery: Int64? = nil
  ) -> ClockReading {
    ClockReading(
      now: MachineTime(
        utc: utc, boot: boot, monotonic: boot, bootID: [UInt8](repeating: number, count: 16)),
      witnesses: ClockWitnesses(kernel: kernel, battery: battery))
  }

  private func state(_ reading: ClockReading) -> JournalState {
    JournalState(
      commit: 1, generation: 1, tick: 0, time: reading.now, witnesses: reading.witnesses,
      leaseEnd: 0, isSettled: false, rig: [], prescription: nil, body: [])
  }

  @Test(
    "R-090 A gap that becomes known while the pump runs is that without power, not the time since")
  func lateGap() {
    let recorded = state(
      reading(utc: 100 * hour, boot: 9 * hour, number: 1, kernel: 100 * hour))
    // Off for 5 h; up for a minute before the start, which nobody vouches for.
    let boot = Nanoseconds.minutes(1).count
    var watch = ClockWatch(
      after: recorded, start: reading(utc: 0, boot: boot, number: 2), bootOfTickZero: boot)
    #expect(watch.look(reading(utc: 0, boot: boot + hour, number: 2)) == nil)
    let later = boot + 2 * hour
    let vouched = watch.look(reading(utc: 0, boot: later, number: 2, kernel: 107 * hour))
    #expect(vouched?.source == .kernel && vouched?.wasOff == Nanoseconds(5 * hour))
    #expect(vouched?.atTickZero == 105 * hour)
    // Once.
    let again = watch.look(reading(utc: 0, boot: later, number: 2, kernel: 108 * hour))
    #expect(again?.wasOff == .zero)
  }

  @Test("R-083 R-090 A gap of less than a second is told as one, not as one of which nobody knows")
  func shortestGap() {
    let recorded = state(
      reading(utc: 100 * hour, boot: 9 * hour, number: 1, kernel: 100 * hour))
    var watch = ClockWatch(
      after: recorded, start: reading(utc: 0, boot: 5, number: 2), bootOfTickZero: 5)
    let vouched = watch.look(reading(utc: 0, boot: 5 + hour, number: 2, kernel: 101 * hour))
    #expect(vouched?.wasOff == .seconds(1))
    // Nor does a clock tell that did not vouch for the record.
    var other = ClockWatch(
      after: state(reading(utc: 100 * hour, boot: 9 * hour, number: 1)),
      start: reading(utc: 0, boot: 5, number: 2), bootOfTickZero: 5)
    let unknown = other.look(reading(utc: 0, boot: 5 + hour, number: 2, kernel: 101 * hour))
    #expect(unknown?.source == .kernel && unknown?.wasOff == .zero)
  }

  @Test("R-090 What a clock with a battery is off by is what the record knows, to the nanosecond")
  func correction() {
    func correction(_ now: Int64?, _ then: ClockReading?) -> Int64? {
      reading(utc: 7, boot: 8, number: 2, battery: now).batteryCorrection(after: then.map(state))
    }
    let then = reading(utc: 100 * hour + 5, boot: 1, number: 1, battery: 90 * hour)
    #expect(correction(nil, then) == nil)
    #expect(correction(91 * hour, nil) == 0)
    #expect(correction(91 * hour, then) == 10 * hour + 5)
    // The kernel alone vouched: it was right, and so is the battery's clock, as far as is known.
    let kernel = reading(utc: 90 * hour, boot: 1, number: 1, kernel: 90 * hour)
    #expect(correction(91 * hour, kernel) == 0)
    #expect(correction(91 * hour, reading(utc: 90 * hour, boot: 1, number: 1)) == 0)
    // Back by its own second, and ahead by 30 days, and no further.
    let days = Nanoseconds.days(30).count
    for (offset, isBelieved) in [
      (-second, true), (-second - 1, false), (days, true), (days + 1, false),
    ] {
      #expect((correction(90 * hour + offset, then) != nil) == isBelieved, "\(offset)")
    }
  }
}
