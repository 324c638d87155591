internal import Quantities

// When a proposal fits into both rolling windows.

extension Admission {
  /// What stands against a proposal; nil where it fits into both windows now and nothing has to be waited
  /// for. The refusal names the first moment at which it fits, and nothing else speaks against it: up to a
  /// bucket late, never early.
  ///
  /// Of an extra dose it names none where there never is one. Of a program it names none where there is
  /// none in a day and a quarter: then nothing is left in the windows that waiting could remove, and what
  /// another day of the week would allow is not worth the tick's time.
  ///
  /// - Parameters:
  ///   - wait: what has to be waited for whatever the windows say; names until when.
  ///   - next: the first moment from one on at which nothing but the windows speaks against it.
  func judge(
    _ proposal: borrowing Proposal, wait: Refusal?, _ ledger: inout Ledger, next: Next
  ) -> Refusal? {
    var hour = lookAtHour(proposal, wait, &ledger, always: false)
    if hour.minutes == nil, lookAtDay(proposal, wait, &ledger, hour, next) != nil {
      hour = lookAtHour(proposal, wait, &ledger, always: true)
    }
    return lookAtDay(proposal, wait, &ledger, hour, next)
  }

  /// Nil for never. Its answer does not depend on the ledger's windows.
  typealias Next = (Tick, inout Ledger) -> Tick?

  /// What an hour says to a proposal.
  private struct HourLook {
    /// What stands against it now; nil where it fits.
    var refusal: Refusal?
    /// When it fits: bit 0 is the moment itself, bit k the start of the k-th minute after it. Behind the
    /// last bit nothing of the past is in the hour, so that all later minutes are like it. Nil where it
    /// fits now and nobody has looked further.
    var minutes: UInt128?
  }

  /// - Parameter always: also looks for later minutes where it fits now and that costs much.
  @inline(never)
  private func lookAtHour(
    _ proposal: borrowing Proposal, _ wait: Refusal?, _ ledger: inout Ledger, always: Bool
  ) -> HourLook {
    var hour = Outlook<61>(
      of: proposal, from: wait?.allowedAt ?? now, ticksPerBucket: ledger.hour.ticksPerBucket,
      limit: proposal.hour)
    hour.sum(of: proposal, &ledger.hour, ledger.hourCeiling)
    let refusal = refusal(most: hour.most(), proposal.hour, isHour: true, proposal.scale)
    // An extra dose in an hour that knows one order alone: what fits at a moment fits at every later one.
    let staysFit = proposal.extra != nil && ledger.hourCeiling.isOlder(than: &ledger.hour)
    let isCheap = staysFit || proposal.extra == nil
    guard refusal != nil || wait != nil || isCheap || always else { return HourLook() }
    var fits: UInt128 = 0
    for minute in 0...Limits.hourBuckets where hour.fits(beginningAt: minute) {
      fits |= 1 << UInt128(minute)
      if minute > 0, staysFit {
        return HourLook(refusal: refusal, minutes: fits | UInt128.max << UInt128(minute))
      }
    }
    return HourLook(refusal: refusal, minutes: fits)
  }

  func refusal(
    most: Int128, _ limit: WindowLimit, isHour: Bool, _ scale: AccountScale
  ) -> Refusal? {
    if most <= limit.units { return nil }
    return Refusal(
      limit.source.reason(isHour: isHour),
      limit: scale.mass(limit.units, rounded: .down).nanograms,
      value: scale.mass(most, rounded: .up).nanograms)
  }

  @inline(never)
  private func lookAtDay(
    _ proposal: borrowing Proposal, _ wait: Refusal?, _ ledger: inout Ledger, _ hour: HourLook,
    _ next: Next
  ) -> Refusal? {
    let base = wait?.allowedAt ?? now
    var day = Outlook<97>(
      of: proposal, from: base, ticksPerBucket: ledger.day.ticksPerBucket, limit: proposal.day)
    day.sum(of: proposal, &ledger.day, ledger.dayCeiling)
    let refused =
      wait ?? hour.refusal
      ?? refusal(most: day.most(), proposal.day, isHour: false, proposal.scale)
    guard let refused, let minutes = hour.minutes else { return refused }
    let allowed = firstFit(proposal, from: base, &day, minutes) { next($0, &ledger) }
    return Refusal(
      refused.reason, limit: refused.limit, value: refused.value, allowedAt: allowed)
  }

  private func firstFit(
    _ proposal: borrowing Proposal, from base: Tick, _ day: inout Outlook<97>,
    _ minutes: UInt128, _ next: (Tick) -> Tick?
  ) -> Tick? {
    if minutes == 0 { return nil }
    // Before this moment something else than the windows speaks against it.
    guard var earliest = next(base) else { return nil }
    let minute = rig.ticks(Limits.hourBucket)
    let baseMinute = base.number / minute
    func fitsHour(_ number: Int64) -> Bool {
      let offset = min(number - baseMinute, Int64(Limits.hourBuckets))
      guard minutes & 1 << UInt128(offset) != 0 else { return false }
      return offset < Int64(Limits.hourBuckets)
        || proposal.fitsWithoutPast(at: Tick(number * minute), minute)
    }
    if base > proposal.now, earliest == base, minutes & 1 != 0, day.fits(beginningAt: 0) {
      return base
    }
    for quarter in 0...Limits.dayBuckets {
      let start = day.start(ofBucket: quarter)
      let first = start.number / minute
      // The start of a bucket is judged exactly, what lies within it by its bounds.
      if quarter > 0, earliest <= start, day.fits(beginningAt: quarter), fitsHour(first),
        isFree(start, &earliest, next)
      {
        return start
      }
      let end = day.start(ofBucket: quarter + 1)
      guard quarter < Limits.dayBuckets, earliest < end, day.fitsAnywhere(inBucket: quarter)
      else { continue }
      var number = max(first, baseMinute) + 1
      while number < end.number / minute {
        let at = Tick(number * minute)
        if earliest <= at, fitsHour(number), isFree(at, &earliest, next) { return at }
        number += 1
      }
    }
    // From here on nothing of the past is in the windows, and an extra dose fits as long as nothing else
    // speaks against it.
    let last = day.start(ofBucket: Limits.dayBuckets)
    guard proposal.extra != nil, day.fits(beginningAt: Limits.dayBuckets),
      fitsHour(last.number / minute)
    else { return nil }
    return next(last)
  }

  /// Whether nothing but the windows speaks against a moment; else it is known then when to look again.
  private func isFree(_ tick: Tick, _ earliest: inout Tick, _ next: (Tick) -> Tick?) -> Bool {
    if tick > earliest { earliest = next(tick) ?? .never }
    return tick == earliest
  }
}

extension Proposal {
  /// Whether an hour has room for it where nothing but basal lies before it. An extra dose changes no
  /// basal, so that it is in every later minute as in the first of these; another program meets other
  /// hours of the old one.
  fileprivate func fitsWithoutPast(at tick: Tick, _ minute: Int64) -> Bool {
    guard extra == nil else { return true }
    // What the old basal brings from an hour before up to each minute, and the new one from then on.
    var (old, new) = (InlineArray<62, Int128>(repeating: 0), InlineArray<62, Int128>(repeating: 0))
    let begin = Tick(tick.number - 1 - Int64(Limits.hourBuckets) * minute)
    before.forEachEdge(
      from: clock(at: begin), first: minute, every: minute, count: Limits.hourBuckets
    ) { edge, sum, rate in old[edge] = edge < Limits.hourBuckets ? sum : sum + rate }
    after.forEachEdge(
      from: clockAfter(at: tick), first: minute - 1, every: minute, count: Limits.hourBuckets
    ) { edge, sum, _ in new[edge] = sum }
    for past in 1..<Limits.hourBuckets {
      let left = Limits.hourBuckets - past
      let basal = old[Limits.hourBuckets] - old[left] + new[left]
      if basal + worths.strongest > hour.units { return false }
    }
    return true
  }
}
