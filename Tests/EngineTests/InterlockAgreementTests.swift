import CHardware
import DosingCore
import Engine
import Hardware
import Quantities
import SeededNumbers
import Testing

/// The interlock is a second count of the same steps. After each tick of any history it has to agree with the
/// core, or the next disagreement would shut it.
@Suite struct InterlockAgreementTests {
  private final class History {
    let loop: TestLoop
    private var chance: SplitMix64
    private let dosing = Rig.fast(tickMilliseconds: 100)
    private(set) var seen: Set<String> = []

    init(seed: UInt64) throws {
      chance = SplitMix64(seed: seed)
      loop = try TestLoop(TestRig(dosing))
    }

    private func order() -> Prescription {
      let rates = [3, 5, 20, 100, 250].map { dosing.aStep(every: $0) }
      let first = chance.pick(rates)
      var order: Prescription =
        chance.oneIn(2) ? .continuous(first) : .flex(first, chance.pick(rates))
      order.patientBolus?.duration = .minutes(20)
      // Some fit basal closely, so that a decrease meets what was given before.
      if chance.oneIn(2) {
        let perDay = max(first, order.safeBasal ?? first).nanogramsPerDay * chance.number(2...4)
        order.maxDose1h = Mass(nanograms: perDay / 20)
        order.maxDose24h = Mass(nanograms: perDay)
      }
      return order
    }

    private func happen() throws {
      switch chance.number(0...11) {
      case 0...3:
        var findings = Findings()
        if let therapy = Therapy(order(), on: dosing, findings: &findings) {
          note("program", loop.ask(.program(therapy)))
        }
      case 4: note("patient bolus", loop.ask(.patientBolus))
      case 5:
        note(
          "bolus",
          loop.ask(
            .bolus(dose: smallBolus, duration: .minutes(chance.number(2...90)))))
      case 6: note("stop", loop.ask(.stop))
      case 7, 8: note("resume", loop.ask(.resume))
      case 9: loop.rig.failDrive(times: Int32(chance.number(1...40)))
      case 10:
        unsafe chw_world_fail_line(
          loop.rig.hardware.world, .CHW_LINE_ENABLE, Int32(chance.number(1...40)))
      default: loop.skip(chance.number(1...chance.pick([3, 700, 9_000])))
      }
    }

    private func note(_ what: String, _ answer: Answer) {
      seen.insert(answer.isAccepted ? what : "refused")
    }

    /// What does not agree after a tick; nil where all does.
    func tick() throws -> String? {
      if chance.oneIn(400) { try happen() }
      loop.tick()
      let (core, wanted) = (loop.loop.core, loop.loop.core.outputs)
      let counts = loop.rig.hardware.drive.counts
      if counts.hourStepsMax < wanted.stepsPerHourMax || wanted.stepsPerHourMax == 0 {
        seen.insert("ceilings of the rig, or none")
      }
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
      if let wrong = try history.tick() {
        Issue.record("seed \(seed), \(wrong)")
        return
      }
    }
    for what in ["program", "stop", "resume", "refused", "delivers"] {
      #expect(history.seen.contains(what), "\(history.seen)")
    }
  }
}
