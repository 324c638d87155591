public import Quantities

extension DosingState {
  /// What may have left the head in the last 24 h, oldest first, so that the interlock can be told
  /// before it is sealed. Ages are rounded down to the end of a bucket. Only the last two
  /// minutes are told more exactly.
  ///
  /// Steps in doubt are told too, as far as the limits leave room for them beside basal: the interlock
  /// may not refuse what a committed schedule delivers.
  public func forEachPastDelivery(_ tell: (_ steps: Int64, _ age: TickCount) -> Void) {
    var room = doubtsWithRoom
    let minutesPerBucket = rig.ticks(Limits.dayBucket) / rig.ticks(Limits.hourBucket)
    let oldestMinute = max(0, hour.currentNumber - Int64(Limits.hourBuckets) + 1)
    let newestBucket = day.currentNumber
    for bucket in max(0, newestBucket - Int64(Limits.dayBuckets) + 1)...newestBucket {
      let minutes = (bucket * minutesPerBucket)..<((bucket + 1) * minutesPerBucket)
      var earlier = day.bucket(bucket)
      for minute in minutes where minute >= oldestMinute {
        let part = hour.bucket(minute)
        earlier.steps -= part.steps
        earlier.doubts -= part.doubts
      }
      // Whatever is in the day and not in the hour is older than the hour.
      let end = min(minutes.upperBound, hour.currentNumber - Int64(Limits.hourBuckets) + 1)
      tellPart(earlier, before: end, &room, tell)
      for minute in minutes where minute >= oldestMinute && minute < hour.currentNumber - 1 {
        tellPart(hour.bucket(minute), before: minute + 1, &room, tell)
      }
    }
    tellNewest(&room, tell)
  }

  /// Tells of what was delivered in the time up to, but not including, the start of a minute.
  private func tellPart(
    _ part: (steps: Int64, doubts: Int64), before minute: Int64, _ room: inout Int64,
    _ tell: (_ steps: Int64, _ age: TickCount) -> Void
  ) {
    let steps = part.steps + take(part.doubts, &room)
    let end = Tick(minute * rig.ticks(Limits.hourBucket) - 1)
    if steps > 0 { tell(steps, max(now - end, .zero)) }
  }

  /// The last two minutes: first what is in doubt, or is more than the fastest flow makes in that time
  /// since somebody said that it was given, as if a minute old; and then the steps, spread over their
  /// buckets. All at the end of one they would be more in a minute than any rate allows, and the
  /// interlock would refuse basal.
  private func tellNewest(
    _ room: inout Int64, _ tell: (_ steps: Int64, _ age: TickCount) -> Void
  ) {
    let (newest, ticks) = (hour.currentNumber, rig.ticks(Limits.hourBucket))
    let doubts = hour.bucket(newest - 1).doubts + hour.bucket(newest).doubts
    var older = take(doubts, &room)
    let elapsed = min(ticks, (now - Tick(newest * ticks)).count + 1)
    older += max(0, hour.bucket(newest - 1).steps - mostSteps(in: ticks))
    older += max(0, hour.bucket(newest).steps - mostSteps(in: elapsed))
    if older > 0 { tell(older, now - Tick((newest - 1) * ticks)) }
    for minute in (newest - 1)...newest {
      let (start, length) = (Tick(minute * ticks), minute == newest ? elapsed : ticks)
      let steps = min(hour.bucket(minute).steps, mostSteps(in: length))
      let portions = min(steps, Self.portionsOfMinute)
      for index in 0..<portions {
        let portion = steps * (index + 1) / portions - steps * index / portions
        tell(portion, now - (start + TickCount(length * index / portions)))
      }
    }
  }

  /// What the fastest flow makes in so many ticks of a minute.
  private func mostSteps(in ticks: Int64) -> Int64 {
    (rig.stepsPerMinuteMax - 2) * ticks / rig.ticks(Limits.hourBucket)
  }

  /// As many as keep the loads of two minutes far below what the interlock takes.
  private static var portionsOfMinute: Int64 { 2_000 }

  private func take(_ doubts: Int64, _ room: inout Int64) -> Int64 {
    let taken = min(max(0, doubts), room)
    room -= taken
    return taken
  }

  /// How many steps in doubt fit beside basal and the extra doses given.
  private var doubtsWithRoom: Int64 {
    guard let therapy else { return .max }
    let hourRoom = therapy.hour.units - therapy.hour.reservedForBasal - hour.extraTotal
    let dayRoom = therapy.day.units - therapy.day.reservedForBasal - day.extraTotal
    return max(0, min(hourRoom, dayRoom) / account.perStep)
  }
}
