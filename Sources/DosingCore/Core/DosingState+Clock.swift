internal import Quantities

// The therapy clock: when it is believed, and what a person may change about it.

extension DosingState {
  mutating func take(_ utc: TickFacts.VouchedUTC) {
    therapyClock.learn(utc)
    if utc.wasOff > .zero { learn(wasOff: utc.wasOff) }
    // Tolerance may be lost, though nobody could tell when it started.
    if utc.wasOff > Limits.longInterruption, mode.delivers { raise(.longInterruption) }
  }

  /// A clock that has to be vouched for goes by UTC as soon as somebody vouches for that, and no sooner than
  /// the windows have room for the schedule as it is read then.
  mutating func watchClock() {
    if !therapyClock.isTrusted, let behind = therapyClock.behind,
      refusesClock(therapyClock.at(now) + behind) == nil
    {
      therapyClock.adoptUTC()
      clockHasChanged()
    }
    set(.clockUncertain, on: !therapyClock.isTrusted && order.mode == .flex)
    let differs = therapyClock.behind.map { abs($0.count) > Limits.clockDifference.count } ?? false
    set(.clockDiffers, on: therapyClock.isTrusted && differs)
  }

  private mutating func clockHasChanged() {
    let midnight = therapyClock.at(now).sinceMidnight
    ledger.today.move(to: now + TickCount(rig.ticks(.days(1) - midnight)))
    if lease.isOn { happened.wantsCommit = true }
  }

  /// What stands against another time on the therapy clock: the schedule would be read from there on.
  private mutating func refusesClock(_ clock: WeekTime) -> Refusal? {
    admission().refuses(clock: clock, &order, &ledger, &doses)
  }

  mutating func refuses(_ change: ClockChange) -> Refusal? {
    refusesClock(therapyClock.at(now, after: change))
  }

  mutating func carryOut(_ change: ClockChange) {
    therapyClock.take(change)
    clockHasChanged()
  }
}
