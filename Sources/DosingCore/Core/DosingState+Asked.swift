public import Quantities

// What can be asked of the state.

extension DosingState {
  @inline(__always)
  public var account: Account { ledger.account }
  /// What is ordered; nil for nothing.
  public var therapy: Therapy? { order.exists ? order.therapy : nil }
  @inline(__always)
  public var mode: DeliveryMode {
    DeliveryMode(
      board.effect, ordered: order.mode,
      // Where it stands and is blocked, both have to be tried.
      isTrying: (attempts ?? unblocking)?.runs ?? false
        && (unblocking ?? attempts)?.runs ?? false)
  }
  /// The therapy clock at a tick, and whether somebody vouches for it.
  public func clock(at tick: Tick) -> WeekTime { therapyClock.at(tick) }
  public var clockIsTrusted: Bool { therapyClock.isTrusted }
  /// Local time less UTC.
  public var utcOffset: Nanoseconds { therapyClock.utcOffset }
  public var hour: RollingWindow<61> { ledger.hour }
  public var day: RollingWindow<97> { ledger.day }
  public var stepsInDoubt: Int64 { ledger.stepsInDoubt }
  public var extraDose: ExtraDose? { doses.running }
  public var lastExtraDose: EndedExtraDose? { doses.last }

  /// What the reservoir holds by count of steps, rounded up to a picolitre.
  /// Steps in doubt count as made.
  public var reservoirContents: Volume {
    ledger.reservoir.contents(account.steps, doubts: stepsInDoubt, rig: rig)
  }

  /// What the next step is charged with, as what it would have to hold.
  public var chargedConcentration: Concentration {
    Concentration(
      nanogramsPerMillilitre: Int64(clamping: account.perStep / ledger.perStepAtOne))
  }

  /// Units per tick of basal that is delivered, and of the extra dose as a mean.
  @inline(__always)
  public var unitsPerTick: (basal: Int128, extra: Int128) {
    (mode.delivers ? basalPerTick : 0, doses.running?.wholePerTick ?? 0)
  }

  /// When the next patient bolus would be outside lockout and allotment; nil where none is
  /// prescribed.
  public var patientBolusAllowedAt: Tick? {
    guard let bolus = therapy?.prescription.patientBolus else { return nil }
    let lastEnd = doses.running?.end ?? doses.last?.end
    return max(now, doses.patientBoluses.allowedAt(bolus, lastEnd: lastEnd, rig: rig))
  }

  /// Patient boluses that began in the last 24 h.
  public var patientBolusesIn24h: Int { doses.patientBoluses.count(at: now, rig: rig) }

  /// The drive took no step when it was last asked for one.
  public var driveIsFailing: Bool { failing.driveSince != nil }

  /// A request that was accepted is not durable yet.
  public var hasWaiting: Bool { waiting.isOpen }
}
