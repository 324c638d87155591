internal import Quantities

// When a proposal fits into both rolling windows.

extension Admission {
  /// What stands against a proposal; nil where it fits into both windows now and nothing has to be waited
  /// for. The refusal names the first moment at which it fits, and nothing else speaks against it: up to a
  /// bucket late, never early; none where there is none within a day and a quarter, since then nothing is
  /// left in the windows that waiting could remove.
  ///
  /// - Parameter wait: what has to be waited for whatever the windows say; names until when.
  func judge(
    _ proposal: borrowing Proposal, wait: Refusal?, _ therapy: Therapy, _ ledger: Ledger,
    alsoFits: (Tick) -> Bool
  ) -> Refusal? {
    var hour = lookAtHour(proposal, wait, therapy, ledger, always: false)
    if hour.minutes == nil, lookAtDay(proposal, wait, therapy, ledger, hour, alsoFits) != nil {
      hour = lookAtHour(proposal, wait, therapy, ledger, always: true)
    }
    return lookAtDay(proposal, wait, therapy, ledger, hour, alsoFits)
  }

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
    _ proposal: borrowing Proposal, _ wait: Refusal?, _ therapy: Therapy, _ ledger: Ledger,
    always: Bool
  ) -> HourLook {
    var hour = Outlook(
      of: proposal, from: wait?.allowedAt ?? now, in: ledger.hour, limit: therapy.hour)
    let refusal = refusal(most: hour.most(), therapy.hour, isHour: true, therapy.scale)
    // An extra dose in an hour that knows one order alone: what fits at a moment fits at every later one.
    let staysFit = proposal.extra != nil && ledger.hourCeiling.isOlder(than: ledger.hour)
    guard refusal != nil || wait != nil || staysFit || always else { return HourLook() }
    var fits: UInt128 = 0
    for minute in 0...Limits.hourBuckets where hour.fits(beginningAt: minute) {
      fits |= 1 << UInt128(minute)
      if minute > 0, staysFit {
        return HourLook(refusal: refusal, minutes: fits | UInt128.max << UInt128(minute))
      }
    }
    return HourLook(refusal: refusal, minutes: fits)
  }

  private func refusal(
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
    _ proposal: borrowing Proposal, _ wait: Refusal?, _ therapy: Therapy, _ ledger: Ledger,
    _ hour: HourLook, _ alsoFits: (Tick) -> Bool
  ) -> Refusal? {
    let base = wait?.allowedAt ?? now
    var day = Outlook(of: proposal, from: base, in: ledger.day, limit: therapy.day)
    let refused =
      wait ?? hour.refusal
      ?? refusal(most: day.most(), therapy.day, isHour: false, therapy.scale)
    guard let refused, let minutes = hour.minutes else { return refused }
    let allowed = firstFit(proposal, from: base, therapy, &day, minutes, alsoFits)
    return Refusal(
      refused.reason, limit: refused.limit, value: refused.value, allowedAt: allowed)
  }

  private func firstFit(
    _ proposal: borrowing Proposal, from base: Tick, _ therapy: Therapy, _ day: inout Outlook<97>,
    _ minutes: UInt128, _ alsoFits: (Tick) -> Bool
  ) -> Tick? {
    if minutes == 0 { return nil }
    let minute = rig.ticks(Limits.hourBucket)
    let baseMinute = base.number / minute
    func fitsHour(_ number: Int64) -> Bool {
      let offset = min(number - baseMinute, Int64(Limits.hourBuckets))
      guard minutes & 1 << UInt128(offset) != 0 else { return false }
      return offset < Int64(Limits.hourBuckets)
        || proposal.fitsWithoutPast(at: Tick(number * minute), minute, therapy.hour)
    }
    if base > proposal.now, minutes & 1 != 0, day.fits(beginningAt: 0), alsoFits(base) {
      return base
    }
    for quarter in 0...Limits.dayBuckets {
      let start = day.start(ofBucket: quarter)
      let first = start.number / minute
      // The start of a bucket is judged exactly, what lies within it by its bounds.
      if quarter > 0, day.fits(beginningAt: quarter), fitsHour(first), alsoFits(start) {
        return start
      }
      guard quarter < Limits.dayBuckets, day.fitsAnywhere(inBucket: quarter) else { continue }
      var number = max(first, baseMinute) + 1
      while number < first + day.ticksPerBucket / minute {
        let at = Tick(number * minute)
        if fitsHour(number), alsoFits(at) { return at }
        number += 1
      }
    }
    return nil
  }
}

extension Proposal {
  /// Whether an hour has room for it where nothing but basal lies before it. An extra dose changes no
  /// basal, so that it is in every later minute as in the first of these; another program meets other
  /// hours of the old one.
  fileprivate func fitsWithoutPast(at tick: Tick, _ minute: Int64, _ limit: WindowLimit) -> Bool {
    guard extra == nil else { return true }
    for minutes in 1..<Limits.hourBuckets {
      let (past, left) = (Int64(minutes), Int64(Limits.hourBuckets - minutes))
      let old = basalBefore(from: Tick(tick.number - 1 - past * minute), to: tick)
      let new = basalAfter(from: tick, to: tick + TickCount(left * minute - 1))
      if old + new + perStep > limit.units { return false }
    }
    return true
  }
}
