import DosingCore
import Foundation
import Journal
import RawLink
import Testing

@testable import pumpctl

/// What was told of alarms, out of the journal: when each was raised, seen and ended.
@Suite struct AlarmHistoryTests {
  /// A journal of nothing but alarms: at each second something.
  private struct Story {
    private(set) var history = AlarmHistory()
    private var seconds: Int64 = 0

    mutating func tell(_ content: Entry.Content) {
      seconds += 1
      history.take(
        Entry(tick: seconds, utc: seconds * 1_000_000_000, monotonic: 0, content: content))
    }

    mutating func raise(_ code: FaultCode, _ priority: AlarmPriority, since raised: Int64) {
      tell(.fault(FaultChange(code: code.rawValue, priority: priority.rawValue, raised: raised)))
    }

    mutating func end(_ code: FaultCode) { tell(.fault(FaultChange(code: code.rawValue))) }

    mutating func acknowledge(reason: UInt8 = 0) {
      var requested = Requested()
      requested.frame = DosingCore.Request.acknowledge.frame(number: 1).array
      requested.reason = reason
      tell(.requested(requested))
    }
  }

  private func seconds(_ utc: Int64?) -> Int64? { utc.map { $0 / 1_000_000_000 } }

  @Test(
    "R-140 An alarm has one row: with its highest priority, when it was seen, and when it ended")
  func oneRow() {
    var story = Story()
    story.raise(.stalled, .medium, since: 5)  // 1
    story.raise(.wasStalled, .medium, since: 5)  // 2
    story.raise(.stalled, .high, since: 5)  // 3
    story.acknowledge(reason: 10)  // 4, which was refused
    story.acknowledge()  // 5
    story.end(.wasStalled)  // 6
    story.end(.stalled)  // 7
    story.raise(.stalled, .medium, since: 90)  // 8
    let rows = story.history.rows
    #expect(rows.map(\.code) == [.stalled, .wasStalled, .stalled])
    #expect(rows.map(\.priority) == [.high, .medium, .medium])
    #expect(rows.map { seconds($0.raised) } == [1, 2, 8])
    #expect(rows.map { seconds($0.acknowledged) } == [5, 5, nil])
    #expect(rows.map { seconds($0.ended) } == [7, 6, nil])
    #expect(rows[2].line.hasSuffix("not acknowledged; ON") && rows[0].line.contains("HIGH stalled"))
  }

  @Test("R-140 What a start does not tell of has ended with it; what it tells of goes on")
  func starts() {
    var story = Story()
    story.raise(.stopped, .medium, since: 5)  // 1
    story.raise(.stalled, .medium, since: 6)  // 2
    story.tell(.started(Started()))  // 3
    story.raise(.stopped, .medium, since: 5)  // 4
    story.raise(.stopped, .high, since: 5)  // 5
    let rows = story.history.rows
    #expect(rows.map(\.code) == [.stopped, .stalled])
    #expect(rows.map { seconds($0.ended) } == [nil, 3])
    #expect(rows[0].priority == .high)
  }

  @Test(
    "R-140 A storm of 10,000 changes leaves 1,000, and among them the first high one that nobody has seen"
  )
  func storm() {
    var story = Story()
    story.raise(.driveDisobeys, .high, since: 1)
    story.end(.driveDisobeys)
    story.raise(.stopped, .medium, since: 3)
    for number in 0..<5_000 {
      story.raise(.storageSlow, .medium, since: 10 + Int64(number))
      story.end(.storageSlow)
    }
    let rows = story.history.rows
    #expect(rows.count == 1_000 && story.history.leftOut == 4_002)
    #expect(rows.prefix(2).map(\.code) == [.driveDisobeys, .stopped])
    #expect(seconds(rows[0].raised) == 1 && rows[1].ended == nil)
    #expect(seconds(rows[999].raised) == 10_002)
    // It is told once more where its own end is: nothing has mixed them up.
    story.end(.stopped)
    #expect(seconds(story.history.rows[1].ended) == 10_004)
  }

  @Test("R-140 Of a storm of high alarms that nobody has seen the oldest that has ended gives way")
  func highStorm() {
    var story = Story()
    story.raise(.hardStop, .high, since: 1)
    for number in 0..<1_500 {
      story.raise(.storageLost, .high, since: 10 + Int64(number))
      story.end(.storageLost)
    }
    #expect(story.history.rows.count == 1_000 && story.history.rows[0].code == .hardStop)
    #expect(seconds(story.history.rows[1].raised).map { $0 > 1_000 } == true)
  }

  @Test("R-140 pumpctl alarms --history tells of a pump what was on, also of one that ended")
  func ofAPump() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control("stop").code == 0)
    #expect(try pump.control("resume").code == 0)
    let running = try pump.control("alarms", "--history")
    #expect(running.code == 0 && running.output.contains("MEDIUM stopped: stopped by command"))
    let line = running.output.split(separator: "\n").first { $0.contains("stopped:") } ?? ""
    let pattern =
      /^20[0-9-]{8}T[0-9:]{8}Z MEDIUM stopped: .*; not acknowledged; ended 20[0-9-]{8}T[0-9:]{8}Z$/
    #expect(line.contains(pattern), "\(line)")
    #expect(try pump.control("alarms", "--history", "--table").code == 64)
    #expect(pump.end() == 0)
    let ended = try pump.control("alarms", "--history", "--json")
    let rows = ended.output.split(separator: "\n")
    let stops = rows.filter { $0.contains("\"code\":\"stopped\"") }
    #expect(ended.code == 0 && stops.count == 1 && stops[0].contains("\"ended\":\"20"))
  }
}
