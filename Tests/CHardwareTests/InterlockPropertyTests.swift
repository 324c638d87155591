import CHardware
import SeededNumbers
import Testing

/// Judges by the times of all steps, window by window, and shares nothing with the interlock.
private struct Oracle {
  let limits: chw_interlock_limits
  var perHour: Int64
  var perDay: Int64
  var steps: [Int64] = []

  /// The steps in (end - length, end].
  func count(in length: Int64, upTo end: Int64) -> Int64 {
    var count: Int64 = 0
    for time in steps where time > end - length && time <= end { count += 1 }
    return count
  }

  /// What is wrong with having made a step now, or nil. The step is in `steps`.
  func fault(madeAt now: Int64) -> String? {
    if steps.count > 1, now - steps[steps.count - 2] < limits.step_interval_ns_min {
      return "closer than the interval"
    }
    if count(in: minute, upTo: now) > Int64(limits.steps_per_minute_max) {
      return "too many in a minute"
    }
    if count(in: hour, upTo: now) > perHour + Int64(allowance) { return "too many in an hour" }
    if count(in: day, upTo: now) > perDay + Int64(allowance) { return "too many in a day" }
    return nil
  }

  /// What is wrong with having refused a step now, or nil. A window may reach one bucket further
  /// back than its length, and no more.
  func fault(refused result: chw_step_result, at now: Int64) -> String? {
    switch result {
    case .CHW_STEP_TOO_SOON:
      return now - steps[steps.count - 1] < limits.step_interval_ns_min ? nil : "not too soon"
    case .CHW_STEP_MINUTE_LIMIT:
      let isFull = count(in: minute, upTo: now) == Int64(limits.steps_per_minute_max)
      return isFull ? nil : "the minute was not full"
    case .CHW_STEP_HOUR_LIMIT:
      let isFull = count(in: 61 * minute, upTo: now) >= perHour + Int64(allowance)
      return isFull ? nil : "the hour was not full"
    case .CHW_STEP_DAY_LIMIT:
      let isFull = count(in: day + 15 * minute, upTo: now) >= perDay + Int64(allowance)
      return isFull ? nil : "the day was not full"
    default:
      return "refused with \(result.rawValue)"
    }
  }
}

/// The limit that a history runs into; the others are loose, but not without effect.
private enum Binding: CaseIterable {
  case interval, minute, hour, day

  var refusal: chw_step_result {
    switch self {
    case .interval: .CHW_STEP_TOO_SOON
    case .minute: .CHW_STEP_MINUTE_LIMIT
    case .hour: .CHW_STEP_HOUR_LIMIT
    case .day: .CHW_STEP_DAY_LIMIT
    }
  }

  func limits(using generator: inout SplitMix64) -> chw_interlock_limits {
    .only(
      interval: .random(
        in: self == .interval ? second...5 * second : 0...second / 10, using: &generator),
      perMinute: .random(in: self == .minute ? 1...20 : 60...90, using: &generator),
      perHour: .random(in: self == .hour ? 1...60 : 500...900, using: &generator),
      perDay: .random(in: self == .day ? 20...300 : 900...1_500, using: &generator))
  }
}

@Suite struct InterlockPropertyTests {
  /// Bursts, gaps, and moments that lie exactly on, or next to, the edge of a window.
  private func nextTime(
    after now: Int64, steps: [Int64], epoch: Int64, using generator: inout SplitMix64
  ) -> Int64 {
    let edge: Int64
    switch Int.random(in: 0..<60, using: &generator) {
    case 0..<45: edge = now + .random(in: 0...2 * second, using: &generator)
    case 45..<49: edge = now + .random(in: 0...3 * minute, using: &generator)
    case 49: edge = now + .random(in: 0...5 * hour, using: &generator)
    case 50..<54: edge = (steps.suffix(100).randomElement(using: &generator) ?? now) + minute
    case 54..<56: edge = epoch + ((now - epoch) / minute + 1) * minute
    case 56..<58: edge = (steps.suffix(500).randomElement(using: &generator) ?? now) + hour
    case 58: edge = epoch + ((now - epoch) / (15 * minute) + 1) * 15 * minute
    default: edge = (steps.randomElement(using: &generator) ?? now) + day
    }
    return max(now, edge + .random(in: -1...1, using: &generator))
  }

  @Test(
    "R-030 R-031 R-032 R-033 No history gets past a limit, none is refused without cause",
    arguments: [11, 23, 37] as [UInt64], Binding.allCases)
  private func noHistoryGetsPast(seed: UInt64, binding: Binding) throws {
    print("interlock history, seed \(seed), running into the \(binding)")
    var generator = SplitMix64(seed: seed)
    let limits = binding.limits(using: &generator)
    let therapy = binding.limits(using: &generator)
    let epoch = Int64.random(in: 0...2 * hour, using: &generator)
    var oracle = Oracle(
      limits: limits, perHour: min(limits.steps_per_hour_max, therapy.steps_per_hour_max),
      perDay: min(limits.steps_per_day_max, therapy.steps_per_day_max))

    let rig = try Rig(sealed: limits, epoch: epoch)
    #expect(
      rig.setLevels(
        .only(perHour: therapy.steps_per_hour_max, perDay: therapy.steps_per_day_max)) == .CHW_OK)
    var now: Int64 = 0
    var made = 0
    for attempt in 0..<4_000 {
      now = nextTime(after: now, steps: oracle.steps, epoch: epoch, using: &generator)
      let result = rig.step(at: now)
      if result == .CHW_STEP_MADE {
        made += 1
        oracle.steps.append(now)
      }
      let fault =
        result == .CHW_STEP_MADE
        ? oracle.fault(madeAt: now) : oracle.fault(refused: result, at: now)
      if let fault {
        Issue.record("seed \(seed), attempt \(attempt), time \(now): \(fault)")
        return
      }
      // Nothing older can be in any window.
      oracle.steps.removeAll { $0 < now - 2 * day }
    }
    #expect(rig.counts.steps == Int64(made))
    #expect(rig.takePulses().count == made)
    #expect(rig.refused(binding.refusal) > 10)
  }

  /// The dosing core's own account: it dates a step by the deadline of its tick, and keeps to the
  /// ceilings in buckets of its own.
  private struct Caller {
    let tick: Int64
    let ticksBetweenSteps: Int64
    let perHour: Int
    let perDay: Int
    var deadlines: [Int64] = []

    private func count(_ full: Int64, of bucket: Int64, upTo deadline: Int64) -> Int {
      let current = deadline / bucket
      return deadlines.filter { $0 / bucket >= current - full && $0 / bucket <= current }.count
    }

    func mayStep(at deadline: Int64) -> Bool {
      let last = deadlines.last ?? -day
      return deadline - last >= ticksBetweenSteps * tick
        && count(60, of: minute, upTo: deadline) + 1 <= perHour
        && count(96, of: 15 * minute, upTo: deadline) + 1 <= perDay
    }
  }

  /// The next tick; the last or the first one of a minute or of a quarter of an hour; or one on.
  private func nextTick(after number: Int64, using generator: inout SplitMix64) -> Int64 {
    let minute: Int64 = 600
    let quarter = 15 * minute
    switch Int.random(in: 0..<8, using: &generator) {
    case 0, 1: return number + 1
    case 2: return (number + 1) / minute * minute + minute - 1
    case 3: return (number / minute + 1) * minute
    case 4: return (number + 1) / quarter * quarter + quarter - 1
    case 5: return (number / quarter + 1) * quarter
    default: return number + .random(in: 1...1_000, using: &generator)
    }
  }

  @Test(
    "R-030 R-031 R-032 R-033 A history within its limits is never refused, even a tick late",
    arguments: [101, 211, 307] as [UInt64], [(5, 10_000), (30, 10_000), (10_000, 40), (20, 200)])
  func legalHistoryIsNeverRefused(seed: UInt64, ceilings: (perHour: Int, perDay: Int)) throws {
    print("legal history, seed \(seed), ceilings \(ceilings)")
    var generator = SplitMix64(seed: seed)
    let tick = 100 * millisecond
    var caller = Caller(
      tick: tick, ticksBetweenSteps: .random(in: 10...60, using: &generator),
      perHour: ceilings.perHour, perDay: ceilings.perDay)
    // As the core derives them: an interval one tick shorter, and two steps more in a minute.
    let spacing = caller.ticksBetweenSteps * tick
    let rig = try Rig(
      sealed: .only(
        tick: tick, interval: spacing - tick,
        perMinute: Int32((minute + spacing - 1) / spacing) + 2,
        perHour: Int64(caller.perHour), perDay: Int64(caller.perDay)))
    var number: Int64 = 0
    var made = 0
    while made < 1_000 {
      number = nextTick(after: number, using: &generator)
      guard caller.mayStep(at: number * tick) else { continue }
      let lateness = [0, tick, .random(in: 0...tick, using: &generator)]
      let result = rig.step(at: number * tick + lateness.randomElement(using: &generator)!)
      guard result == .CHW_STEP_MADE else {
        Issue.record("seed \(seed), step \(made), tick \(number): \(result.rawValue)")
        return
      }
      made += 1
      caller.deadlines.append(number * tick)
      caller.deadlines.removeAll { $0 < (number * tick) - 2 * day }
    }
  }
}
