import DosingCore
import Durability
import Foundation
import Journal
import Quantities
import Testing

/// A pump whose limits are the smallest that its basal fits, with windows that hold all that they ever hold.
@Suite struct TightestLimitsTests {
  /// 6000 ug/d in 61 buckets of a minute and in 97 of a quarter of an hour, and a step of 7.8125 ng, rounded
  /// up to a nanogram.
  private static let tightest = TherapyHistory.Order(
    basalNanogramsPerDay: 6_000_000, maxNanograms1h: 254_175, maxNanograms24h: 6_062_508)

  /// A pump that has delivered for a day and an hour: its journal is written as if by an earlier boot, so
  /// that for this one no time has passed since.
  private func fullPump() throws -> KilledPump {
    let pump = try KilledPump()
    #expect(try pump.start(isNew: true))
    #expect(try pump.program(Self.tightest) == .accepted)
    try pump.waitForSteps(3)
    pump.terminate()

    let journal = try Journal(
      path: "\(pump.state)/journal.sqlite", serial: "BP-0001", makesNew: false)
    var state = try #require(try journal.newestState())
    let rig = try #require(Rig(recordBytes: state.rig))
    let then = MachineTime(utc: state.utc, boot: state.boot, monotonic: 0, bootID: state.bootID)
    let restored = Restoration(
      rig: rig, clock: WeekTime(sinceMonday: .zero), time: ClockReading(now: then),
      trace: { _ in nil }, safeBasal: nil, firstTickIn: .zero
    ).restore(state)
    var core = restored.core
    for _ in 0..<(25 * 3_600 * 100) {
      if core.step(core.now + TickCount(1)).steps { core.stepEnded(nil) }
    }
    #expect(core.account.deficit(.limit) == 0 && core.mode == .continuous)
    var writer = RecordWriter()
    core.layout(&writer)
    state.body = writer.array
    state.commit += 1
    (state.tick, state.leaseEnd) = (core.now.number, core.account.steps)
    state.bootID = Array(repeating: 7, count: 16)
    try journal.commit(state, [])
    return pump
  }

  @Test(
    "R-012 R-087 R-118 Two starts at the tightest limits refuse no basal", .timeLimit(.minutes(2)))
  func twoStarts() throws {
    let pump = try fullPump()
    for _ in 0..<2 {
      #expect(try pump.start())
      try pump.waitForSteps(30)
      let status = try #require(try pump.status())
      #expect(status.mode == "continuous" && status.limitDeficit == 0)
      // All that an hour may hold but for the bucket and the step that are reserved.
      #expect(status.usedHour > 249_000 && status.usedHour <= Self.tightest.maxNanograms1h)
      for alarm in ["interlock-disagrees", "basal-refused-by-limit", "hard-stop"] {
        #expect(!status.alarms.contains(alarm), "\(status.alarms)")
      }
      pump.kill()
    }
  }
}
