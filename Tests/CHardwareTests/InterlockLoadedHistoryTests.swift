import CHardware
import SeededNumbers
import Testing

/// The steps as a list of their times: what the interlock keeps in another way.
private struct StepTimes {
  let epoch: Int64
  var times: [Int64]

  /// The number of the bucket that holds a time, counted from the epoch.
  func bucket(of time: Int64, length: Int64) -> Int64 {
    let since = time - epoch
    return since >= 0 ? since / length : -((-since + length - 1) / length)
  }

  /// The steps of the bucket that holds `now` and of so many full ones before it.
  func sum(full: Int64, length: Int64, at now: Int64) -> Int64 {
    let begin = epoch + (bucket(of: now, length: length) - full) * length
    return Int64(times.count { $0 >= begin && $0 <= now })
  }

  func hour(at now: Int64) -> Int64 { sum(full: 60, length: minute, at: now) }
  func day(at now: Int64) -> Int64 { sum(full: 96, length: 15 * minute, at: now) }

  /// How many steps there are in each bucket that has any, the oldest first.
  func buckets(length: Int64) -> [(number: Int64, steps: Int64)] {
    Dictionary(grouping: times) { bucket(of: $0, length: length) }
      .map { (number: $0.key, steps: Int64($0.value.count)) }
      .sorted { $0.number < $1.number }
  }
}

@Suite struct InterlockLoadedHistoryTests {
  private static let delays = [0, 10 * millisecond, second / 2, 5 * second, 20 * minute]

  /// Steps of a day and more before `end`, in bursts, in gaps, and on the edges of buckets.
  private func history(
    before end: Int64, epoch: Int64, using generator: inout SplitMix64
  ) -> StepTimes {
    var steps = StepTimes(epoch: epoch, times: [])
    var time = end - 26 * hour
    while time <= end {
      if time >= end - 25 * hour { steps.times.append(time) }
      switch Int.random(in: 0..<20, using: &generator) {
      case 0..<14: time += .random(in: 0...2 * minute, using: &generator)
      case 14..<16: time += .random(in: 0...2 * hour, using: &generator)
      case 16: time += .random(in: 0...9 * hour, using: &generator)
      default:
        let length = [minute, 15 * minute].randomElement(using: &generator)!
        let next = epoch + (steps.bucket(of: time, length: length) + 1) * length
        time = max(time, next + .random(in: -1...1, using: &generator))
      }
    }
    return steps
  }

  private func load(_ steps: StepTimes, into rig: Rig) {
    for (number, count) in steps.buckets(length: minute) {
      #expect(rig.load(.CHW_WINDOW_HOUR, bucket: number, steps: count) == .CHW_OK)
    }
    for (number, count) in steps.buckets(length: 15 * minute) {
      #expect(rig.load(.CHW_WINDOW_DAY, bucket: number, steps: count) == .CHW_OK)
    }
  }

  @Test(
    "R-032 R-033 R-036 A history that is loaded by buckets is judged as the times of its steps are",
    arguments: [5, 17, 29, 43, 61, 83] as [UInt64], delays)
  private func loadedHistoryIsJudgedByItsTimes(seed: UInt64, delay: Int64) throws {
    print("loaded history, seed \(seed), sealed \(delay / millisecond) ms after it was read")
    var generator = SplitMix64(seed: seed)
    var now = Int64.random(in: 2 * day...3 * day, using: &generator)
    let epoch = Int64.random(in: -day...now + day, using: &generator)
    var steps = history(before: now, epoch: epoch, using: &generator)
    let perHour = max(1, steps.hour(at: now) + .random(in: -3...20, using: &generator))
    let perDay = max(1, steps.day(at: now) + .random(in: -3...60, using: &generator))

    let rig = try Rig()
    #expect(rig.setTime(now) == .CHW_OK)
    load(steps, into: rig)
    now += delay
    #expect(rig.setTime(now) == .CHW_OK)
    #expect(rig.seal(.only(perHour: perHour, perDay: perDay), epoch: epoch) == .CHW_OK)
    for attempt in 0..<600 {
      let (ofHour, ofDay) = (steps.hour(at: now), steps.day(at: now))
      #expect(rig.setTime(now) == .CHW_OK)
      let counts = rig.counts
      guard counts.hour_steps == ofHour, counts.day_steps == ofDay else {
        Issue.record(
          "seed \(seed), attempt \(attempt): the interlock has \(counts.hour_steps) in the hour and \(counts.day_steps) in the day, the list \(ofHour) and \(ofDay)"
        )
        return
      }
      let wanted: chw_step_result =
        ofHour >= perHour + Int64(allowance)
        ? .CHW_STEP_HOUR_LIMIT
        : ofDay >= perDay + Int64(allowance) ? .CHW_STEP_DAY_LIMIT : .CHW_STEP_MADE
      let result = rig.step(at: now)
      guard result == wanted else {
        Issue.record("seed \(seed), attempt \(attempt): \(result.rawValue) for \(wanted.rawValue)")
        return
      }
      if result == .CHW_STEP_MADE { steps.times.append(now) }
      now = next(after: now, epoch: epoch, using: &generator)
    }
    #expect(rig.counts.steps > 0)
  }

  /// Mostly a little later; sometimes the edge of a bucket, or a pause in which buckets stay empty.
  private func next(
    after now: Int64, epoch: Int64, using generator: inout SplitMix64
  ) -> Int64 {
    switch Int.random(in: 0..<40, using: &generator) {
    case 0: return now + .random(in: 0...7 * hour, using: &generator)
    case 1..<4: return now + .random(in: 0...20 * minute, using: &generator)
    case 4..<8:
      let length = [minute, 15 * minute].randomElement(using: &generator)!
      let number = StepTimes(epoch: epoch, times: []).bucket(of: now, length: length)
      return max(now, epoch + (number + 1) * length + .random(in: -1...1, using: &generator))
    default: return now + .random(in: 0...minute, using: &generator)
    }
  }

  /// A head whose fastest flow makes a step every `spacing` ns, and the limits that follow from it.
  private struct Head {
    let tick: Int64
    let spacing: Int64

    init(tick: Int64, spacing: Int64) {
      self.tick = tick
      self.spacing = spacing
    }

    /// From 30 steps in a second to one in a minute and a half.
    init(using generator: inout SplitMix64) {
      tick = [1, 10, 100].randomElement(using: &generator)! * millisecond
      let ticks = Int64.random(in: 1...6, using: &generator)
      let wanted = ticks * tick * [1, 7, 53, 149].randomElement(using: &generator)!
      spacing = max(wanted, 33 * millisecond)
    }

    var perMinute: Int32 { Int32((minute + spacing - 1) / spacing) + 2 }

    var limits: chw_interlock_limits {
      .only(tick: tick, interval: max(0, spacing - tick), perMinute: perMinute)
    }

    /// The fastest flow up to a moment, or less: steps are left out at random.
    func flow(
      before end: Int64, keeping share: Double, using generator: inout SplitMix64
    ) -> [Int64] {
      let newest = end - .random(in: 0...spacing, using: &generator)
      return stride(from: newest, to: end - 3 * minute, by: -Int(spacing))
        .filter { _ in Double.random(in: 0..<1, using: &generator) < share }.reversed()
    }
  }

  private func rig(
    _ head: Head, after steps: StepTimes, readAt read: Int64, sealedAt sealed: Int64
  ) throws -> Rig {
    let rig = try Rig()
    #expect(rig.setTime(read) == .CHW_OK)
    load(steps, into: rig)
    #expect(rig.setTime(sealed) == .CHW_OK)
    #expect(rig.seal(head.limits, epoch: steps.epoch) == .CHW_OK)
    return rig
  }

  @Test(
    "R-031 R-036 A flow that goes on after a restart is never refused, however fast it is",
    arguments: [3, 13, 31, 57] as [UInt64], delays)
  private func legalFlowGoesOn(seed: UInt64, delay: Int64) throws {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<8 {
      let head = Head(using: &generator)
      let read = Int64.random(in: day...2 * day, using: &generator)
      let epoch = Int64.random(in: 0...read, using: &generator)
      let share = [1, 0.9, 0.2].randomElement(using: &generator)!
      let steps = StepTimes(
        epoch: epoch, times: head.flow(before: read, keeping: share, using: &generator))
      let sealed = read + delay
      let rig = try rig(head, after: steps, readAt: read, sealedAt: sealed)
      // As soon as the one before it permits, and not before the interlock is sealed.
      var due = max(sealed, (steps.times.last ?? 0) + head.spacing)
      for count in 0..<Int64(3 * head.perMinute) {
        let result = rig.step(at: due)
        guard result == .CHW_STEP_MADE else {
          Issue.record(
            "seed \(seed), a step in \(head.spacing) ns: \(result.rawValue) after \(count)")
          return
        }
        due += head.spacing
      }
    }
  }

  @Test(
    "R-031 R-036 What was loaded fills the minute, wherever the epoch lies",
    arguments: [-500 * second, -minute, 0, 45 * second, 185 * second, 90 * minute] as [Int64])
  private func epochOfTheMinute(epoch: Int64) throws {
    for bucketsBack in 0...2 as ClosedRange<Int64> {
      let rig = try Rig()
      #expect(rig.setTime(day) == .CHW_OK)
      let bucket = (day - epoch) / minute - bucketsBack
      #expect(rig.load(.CHW_WINDOW_HOUR, bucket: bucket, steps: 10) == .CHW_OK)
      // Ten of these twelve are the fastest flow.
      #expect(rig.seal(.only(perMinute: 12), epoch: epoch) == .CHW_OK)
      let filled = rig.stepsUntilRefusal(at: day)
      #expect(filled.made == (bucketsBack < 2 ? 2 : 12), "\(bucketsBack)")
      #expect(filled.refusal == .CHW_STEP_MINUTE_LIMIT)
    }
  }

  @Test("R-031 R-036 A flow of a step in every tick of 1 ms, the fastest there is, goes on")
  func fastestFlowThereIs() throws {
    let head = Head(tick: millisecond, spacing: millisecond)
    #expect(Int(head.perMinute) == CHW_STEPS_PER_MINUTE_CEILING)
    let sealed = day
    let times = (0..<60_000).reversed().map { sealed - (Int64($0) + 1) * millisecond }
    let rig = try rig(
      head, after: StepTimes(epoch: 0, times: times), readAt: sealed, sealedAt: sealed)
    for count in 0..<Int64(61_000) {
      guard rig.step(at: sealed + count * millisecond) == .CHW_STEP_MADE else {
        Issue.record("refused after \(count) steps")
        return
      }
    }
  }

  @Test(
    "R-031 R-036 Whatever is asked for after a restart, no 60 s hold more than the minute permits",
    arguments: [7, 19, 41, 71] as [UInt64], delays)
  private func restartIsNoWayAroundTheMinute(seed: UInt64, delay: Int64) throws {
    var generator = SplitMix64(seed: seed)
    for _ in 0..<8 {
      let head = Head(using: &generator)
      let read = Int64.random(in: day...2 * day, using: &generator)
      let epoch = Int64.random(in: 0...read, using: &generator)
      let times = head.flow(before: read, keeping: 1, using: &generator)
      let sealed = read + delay
      let rig = try rig(
        head, after: StepTimes(epoch: epoch, times: times), readAt: read, sealedAt: sealed)
      var all = times
      for number in 0..<Int64(3 * head.perMinute) {
        let now = sealed + number * max(millisecond, head.spacing / 3)
        if rig.step(at: now) == .CHW_STEP_MADE { all.append(now) }
      }
      #expect(all.count > times.count)
      // The steps in (time - 60 s, time], at each time at which there is one more.
      var oldest = 0
      for (index, time) in all.enumerated() {
        while all[oldest] <= time - minute { oldest += 1 }
        guard index - oldest + 1 <= Int(head.perMinute) else {
          Issue.record("seed \(seed), a step in \(head.spacing) ns: \(index - oldest + 1) in 60 s")
          return
        }
      }
    }
  }
}
