import DosingCore
import Engine
import Hardware
import Quantities
import Testing

/// The interlock is a second count of the same steps. After each tick of any history it has to agree with the
/// core, or the next disagreement would shut it.
@Suite struct InterlockAgreementTests {
  private final class History {
    let loop: TestLoop
    private var life: RandomLife
    private(set) var seen: Set<String> = []

    init(seed: UInt64) throws {
      life = RandomLife(seed: seed)
      loop = try TestLoop(TestRig(life.dosing))
    }

    private func happen() {
      switch life.next() {
      case .ask(let request, let name):
        seen.insert(loop.ask(request).isAccepted ? name : "refused")
      case .failDrive(let times): loop.rig.failDrive(times: times)
      case .failEnable(let times): loop.rig.failEnable(times: times)
      case .lateTick(let ticks): loop.skip(ticks)
      }
    }

    /// What does not agree after a tick; nil where all does.
    func tick() -> String? {
      if life.oneIn(400) { happen() }
      loop.tick()
      let (core, wanted) = (loop.loop.core, loop.loop.core.outputs)
      let counts = loop.rig.hardware.drive.counts
      if core.hour.stepsTotal > 0, core.mode == .continuous { seen.insert("delivers") }
      let agrees =
        counts.steps == core.account.steps && counts.hourSteps == core.hour.stepsTotal
        && counts.daySteps == core.day.stepsTotal && counts.leaseStepsMax == wanted.leaseEnd
        && counts.hourStepsMax == wanted.stepsPerHourMax
        && counts.dayStepsMax == wanted.stepsPerDayMax && !loop.isOn(.interlockDisagrees)
      return agrees
        ? nil
        : "tick \(loop.next - 1): the interlock has \(counts), the core \(core.account.steps) "
          + "\(core.hour.stepsTotal) \(core.day.stepsTotal) and wants \(wanted)"
    }
  }

  @Test(
    "R-026 R-118 After each tick of any history the interlock counts and allows what the core does",
    arguments: 1...10 as ClosedRange<UInt64>)
  func anyHistory(seed: UInt64) throws {
    let history = try History(seed: seed)
    for _ in 0..<60_000 {
      if let wrong = history.tick() {
        Issue.record("seed \(seed), \(wrong)")
        return
      }
    }
    for what in ["program", "stop", "resume", "refused", "delivers"] {
      #expect(history.seen.contains(what), "\(history.seen)")
    }
  }
}
