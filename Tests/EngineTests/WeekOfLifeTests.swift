import DosingCore
import Engine
import Foundation
import Hardware
import Quantities
import Testing

/// Weeks of a pump to which anything happens, judged by the steps of its motor and by what was asked of it.
/// Storage, restarts and clocks are the subject of `LyingStorageTests`.
@Suite struct WeekOfLifeTests {
  private final class Week {
    private let rig: TestRig
    private var engine: VirtualEngine
    private var life: RandomLife
    private var isOrdered = false
    private var isStopped = false
    private var times: [Int64] = []
    private var (hour, day) = (0, 0)
    private var steps: Int64 = 0

    init(seed: UInt64) throws {
      life = RandomLife(seed: seed, ticksPerStep: [60, 100, 150, 250])
      rig = try TestRig(life.dosing)
      engine = VirtualEngine(loop: rig.loop(), clock: rig.hardware.virtualClock)
    }

    /// What was wrong first; nil for nothing.
    func live() -> String? {
      let end = life.dosing.ticks(.days(7))
      while engine.next < end {
        happen()
        let until = min(end, engine.next + life.magnitude(1...40_000))
        while engine.next < until {
          let ran = engine.run(until: until)
          if ran?.decision.steps ?? false, let wrong = judgeSteps() { return wrong }
        }
        if let wrong = judge() { return "tick \(engine.next): \(wrong)" }
      }
      return steps > 5_000 ? nil : "hardly a step in a week"
    }

    private func happen() {
      switch life.next() {
      case .ask(let request, let name):
        guard engine.decide(request).isAccepted else { return }
        if name == "program" { isOrdered = true }
        if name == "stop" { isStopped = true }
        if name == "resume" { isStopped = false }
      case .failDrive(let times): rig.failDrive(times: times)
      case .failEnable(let times): rig.failEnable(times: times)
      case .lateTick(let ticks): engine.skip(ticks)
      }
    }

    /// No window holds more than the ceiling in force, and nothing moves while it is stopped.
    private func judgeSteps() -> String? {
      let wanted = engine.loop.core.outputs
      for time in rig.stepTimes() {
        steps += 1
        times.append(time)
        while times[hour] <= time - Nanoseconds.hours(1).count { hour += 1 }
        while times[day] <= time - Nanoseconds.hours(24).count { day += 1 }
        if isStopped || !isOrdered { return "a step at \(time) ns while nothing is to run" }
        if times.count - hour > wanted.stepsPerHourMax || times.count - day > wanted.stepsPerDayMax
        {
          return "\(times.count - hour) steps in an hour and \(times.count - day) in a day at "
            + "\(time) ns, where \(wanted) holds"
        }
      }
      return nil
    }

    private func judge() -> String? {
      let core = engine.loop.core
      let counts = rig.hardware.drive.counts
      if core.account.steps != steps || counts.steps != steps {
        return
          "\(steps) steps, the core counts \(core.account.steps), the interlock \(counts.steps)"
      }
      let account = core.account
      let whole = Int128(account.steps) * account.perStep + account.deficit + account.pending
      if whole != account.prescribed || account.pending < 0 || account.pending > account.perStep {
        return "the account is not whole: \(account)"
      }
      if core.mode.delivers != (isOrdered && !isStopped) {
        return "\(core.mode), where ordered is \(isOrdered) and stopped \(isStopped)"
      }
      for code in [FaultCode.hardStop, .interlockDisagrees, .basalRefusedByLimit] {
        if core.board[code] != nil { return "\(code), which nothing asked for" }
      }
      return nil
    }
  }

  private static let weeks = Int(ProcessInfo.processInfo.environment["PUMP_WEEKS"] ?? "") ?? 40

  @Test(
    "R-001 R-002 R-010 R-011 R-012 R-026 R-115 Weeks of life: no limit is crossed, and basal always comes back",
    arguments: 0..<2 as Range<UInt64>)
  func weeks(half: UInt64) throws {
    for number in 0..<UInt64(Self.weeks / 2) {
      let seed = 40_000 + 2 * number + half
      let wrong = try Week(seed: seed).live()
      #expect(wrong == nil, "seed \(seed): \(wrong ?? "")")
      if wrong != nil { return }
    }
  }
}
