import CHardware
import DosingCore
import Hardware
import Quantities
import SeededNumbers

/// What may come to a pump: all that people ask for, and what goes wrong around it.
enum Happening {
  case ask(Request, name: String)
  case failDrive(times: Int32)
  case failEnable(times: Int32)
  /// The tick thread does not run for so many ticks.
  case lateTick(Int64)
}

struct RandomLife {
  let dosing = Rig.fast(tickMilliseconds: 100)
  private var chance: SplitMix64
  /// After how many ticks a step of basal comes.
  private let ticksPerStep: [Int64]

  init(seed: UInt64, ticksPerStep: [Int64] = [3, 5, 20, 100, 250]) {
    chance = SplitMix64(seed: seed)
    self.ticksPerStep = ticksPerStep
  }

  mutating func oneIn(_ count: Int) -> Bool { chance.oneIn(count) }
  mutating func magnitude(_ range: ClosedRange<Int64>) -> Int64 { chance.magnitude(range) }

  private mutating func order() -> Prescription {
    let rates = ticksPerStep.map { dosing.aStep(every: $0) }
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

  mutating func next() -> Happening {
    switch chance.number(0...11) {
    case 0...3:
      var findings = Findings()
      guard let therapy = Therapy(order(), on: dosing, findings: &findings) else { return next() }
      return .ask(.program(therapy), name: "program")
    case 4: return .ask(.patientBolus, name: "patient bolus")
    case 5:
      let duration = Nanoseconds.minutes(chance.number(2...90))
      return .ask(.bolus(dose: smallBolus, duration: duration), name: "bolus")
    case 6: return .ask(.stop, name: "stop")
    case 7, 8: return .ask(.resume, name: "resume")
    case 9: return .failDrive(times: Int32(chance.number(1...40)))
    case 10: return .failEnable(times: Int32(chance.number(1...40)))
    default: return .lateTick(chance.number(1...chance.pick([3, 700, 9_000])))
    }
  }
}

extension TestRig {
  /// The next writes to the line fail.
  func failEnable(times: Int32) {
    unsafe chw_world_fail_line(hardware.world, .CHW_LINE_ENABLE, times)
  }
}
