internal import Documents
internal import DosingCore
internal import Quantities

/// A status in words.
struct StatusText {
  let status: Status
  let isSignedByTrustedKey: Bool
  /// What the journal tells of the newest extra dose; nil where nobody has looked.
  var lastDose: LastDose?

  /// As in `mode            continuous`.
  struct Row {
    var name: String
    var text: String

    init(_ name: String, _ text: String) { (self.name, self.text) = (name, text) }
  }

  init(_ status: Status, isSignedByTrustedKey: Bool) {
    self.status = status
    self.isSignedByTrustedKey = isSignedByTrustedKey
  }

  /// All of it, for a printer or a file, at most 79 columns but for the words of alarms.
  var lines: [String] {
    let groups = [
      now, delivered(barWidth: 20) + way(barWidth: 40), limits(barWidth: 20),
      alarms + [sensors] + health,
    ]
    return head + groups.flatMap { [""] + $0.map(Self.line) }
  }

  private static func line(_ row: Row) -> String { "  \(pad(row.name, to: 14))\(row.text)" }

  /// For a screen that may be small: what is left out first stands last.
  func rowsByImportance(barWidth: Int) -> [Row] {
    let (limits, delivered) = (limits(barWidth: barWidth), delivered(barWidth: barWidth))
    let isTold: (Row) -> Bool = { $0.text != "none" }
    let unusual = delivered.filter { ["in doubt", "deficit", ""].contains($0.name) }.filter(isTold)
    let usual = delivered.filter {
      ["today", "reservoir", "by count", "refill by"].contains($0.name)
    }
    let total = delivered.filter { $0.name == "since new" }
    let signature = isSignedByTrustedKey ? [] : health.filter { $0.name == "signature" }
    let rest = health.filter { isSignedByTrustedKey || $0.name != "signature" }
    return signature + now.filter { $0.name != "flow now" } + usual
      + way(barWidth: 2 * barWidth) + limits + unusual
      + now.filter { $0.name == "flow now" } + total + [sensors] + rest
  }

  // MARK: The title

  private var kind: String { status.simulated ? "SIMULATED" : "RIG" }

  private var clock: String {
    "\(WeekTime(sinceMonday: status.clock).text) \(status.utcOffset.utcOffsetText)"
  }

  /// The date by the therapy clock, where UTC is known.
  private var date: String { date(after: .zero) }

  private func date(after wait: Nanoseconds) -> String {
    guard status.utc > 0 else { return "" }
    let local = status.utc + wait.count + status.utcOffset.count
    return String(UTCTime(nanoseconds: local).text(decimals: 0).prefix(10)) + " "
  }

  private var hasTherapy: Bool { status.hasTherapy }

  private var patient: String {
    if !hasTherapy {
      return "no therapy: give it one with pumpctl program FILE"
    }
    return "patient \(status.patient.text), \(status.drug.text) "
      + status.concentration.shown(decimals: 3)
  }

  private var head: [String] {
    let title = Self.pad("intrathecal pump \(status.serial.text)", to: 34)
    return ["\(title)\(Self.pad(kind, to: 12))\(date)\(clock)", patient]
  }

  /// What stands above everything, in pieces that stay whole.
  var titlePieces: [String] { ["pump \(status.serial.text)", kind, date + clock, patient] }

  // MARK: Rows

  private var now: [Row] {
    var rows = [
      Row("mode", status.mode.words),
      Row("basal now", rate(status.basalRate)),
      Row("flow now", status.flow.shown(decimals: 4)),
    ]
    if let dose = status.extraDose {
      rows.append(
        Row(
          dose.kind.words,
          "\(dose.left.shown(decimals: 2)) of \(dose.dose.shown(decimals: 2)) left, "
            + "ends in \(time(until: dose.end))"))
    } else {
      rows.append(Row("extra dose", "none"))
    }
    if let last = lastDoseText { rows.append(Row("last dose", last)) }
    if let change = status.nextChange {
      let wait = length(until: change.at)
      let at =
        "\(date(after: wait))\((WeekTime(sinceMonday: status.clock) + wait).text) "
        + status.utcOffset.utcOffsetText
      rows.append(
        Row(
          "next step",
          "\(rate(change.rate)) at \(at), in \(time(until: change.at))"))
    } else {
      rows.append(Row("next step", "none"))
    }
    return rows
  }

  private func delivered(barWidth: Int) -> [Row] {
    let today =
      "\(status.deliveredToday.shown(decimals: 3)) of "
      + "\(status.prescribedToday.shown(decimals: 3)) prescribed so far"
    let total =
      "\(status.deliveredMass.shown(decimals: 3)) in "
      + "\(status.deliveredVolume.text(in: Unit("uL", 1_000_000), decimals: 3)), "
      + "\(status.steps) steps"
    let share = Self.bar(
      status.reservoir.picolitres, of: status.reservoirVolume.picolitres, width: barWidth)
    let marks =
      "low at \(status.reservoirLow.shown(decimals: 2)), "
      + "empty at \(status.reservoirEmpty.shown(decimals: 2))"
    let doubt =
      status.stepsInDoubt > 0
      ? "\(status.massInDoubt.shown(decimals: 3)) more at the most, \(status.stepsInDoubt) steps"
      : "none"
    return [Row("today", today), Row("since new", total), Row("in doubt", doubt)] + deficits
      + [Row("reservoir", "\(share) \(status.reservoir.shown(decimals: 3)); \(marks)")] + lasts
  }

  /// What it may hold, and when it has to be refilled: when it is low.
  private var lasts: [Row] {
    let forecast = status.forecast
    let reservoir = forecast.reservoir
    guard reservoir.counted.most > .zero else { return [] }
    func row(_ name: String, _ interval: VolumeInterval) -> Row {
      Row(
        name, "\(interval.least.shown(decimals: 3)) to \(interval.most.shown(decimals: 3))")
    }
    let holds =
      [row("by count", reservoir.counted)]
      + (reservoir.weighed.map { [row("by weight", $0), row("so it holds", reservoir.held)] } ?? [])
    guard Forecast.known(forecast.low.earliest) != nil else { return holds }
    let days = [forecast.low.earliest, forecast.low.expected, forecast.low.latest].map {
      Forecast.known($0)?.durationText ?? "a year or more"
    }
    return holds + [
      Row(
        "refill by", "\(date(after: forecast.low.expected))in \(days[1]) (\(days[0]) to \(days[2]))"
      )
    ]
  }

  private var deficits: [Row] {
    let missing = Account.Deficit.allCases.compactMap { reason -> String? in
      let missing = status.deficits[Int(reason.rawValue)]
      return missing > .zero ? "\(reason.words) \(missing.shown(decimals: 3))" : nil
    }
    if missing.isEmpty { return [Row("deficit", "none")] }
    return stride(from: 0, to: missing.count, by: 2).map { index in
      Row(
        index == 0 ? "deficit" : "",
        missing[index..<min(index + 2, missing.count)].joined(separator: ", "))
    }
  }

  private func limits(barWidth: Int) -> [Row] {
    guard hasTherapy else {
      return [
        Row("1 h limit", "at most \(status.rigLimitHour.shown(decimals: 4)), by the rig"),
        Row("24 h limit", "at most \(status.rigLimitDay.shown(decimals: 4)), by the rig"),
      ]
    }
    var rows = [
      Row("1 h limit", Self.used(status.usedHour, of: status.limitHour, barWidth)),
      Row("24 h limit", Self.used(status.usedDay, of: status.limitDay, barWidth)),
    ]
    if let bolus = status.patientBolus {
      let ready = bolus.allowedAt <= status.now
      let when = ready ? "no lockout" : "locked for \(time(until: bolus.allowedAt))"
      rows.append(
        Row(
          "patient",
          "bolus of \(bolus.dose.shown(decimals: 2)): \(when), "
            + "\(bolus.givenIn24h) of \(bolus.maxIn24h) in 24 h"))
    }
    return rows
  }

  /// As in `HIGH reservoir empty, nothing is delivered, for 2 min`; the highest first, of equal ones the newest.
  var alarmsByPriority: [(priority: AlarmPriority, text: String, ends: String)] {
    let on = FaultCode.allCases.compactMap { code in
      let alarm = status.faults[Int(code.rawValue)]
      return AlarmPriority(rawValue: alarm.priority).map {
        (code: code, alarm: alarm, priority: $0)
      }
    }
    return on.sorted {
      ($0.priority, $0.alarm.raised.number) > ($1.priority, $1.alarm.raised.number)
    }
    .map { code, alarm, priority in
      let age = Nanoseconds((status.now - alarm.raised).count * status.tickPeriod.count)
      let what = "\(priority.code.uppercased()) \(code.happened)\(cancelled(by: alarm))"
      let seen = alarm.isAcknowledged ? ", acknowledged" : ""
      return (
        priority, "\(what), for \(age.durationText)\(seen); \(code.remedy)", code.endWords
      )
    }
  }

  private var alarms: [Row] {
    let on = alarmsByPriority
    let rows = on.isEmpty ? [Row("alarms", "none")] : on.map { Row("ALARM", $0.text) }
    return rows + (audioPause.map { [Row("audio", $0)] } ?? [])
  }

  /// Nil where there is none.
  var audioPause: String? {
    status.silentUntil.map { "AUDIO PAUSED for \(time(until: $0)); a new alarm ends it" }
  }

  private var sensors: Row { Row("sensors", status.sensors.words) }

  private var health: [Row] {
    let health = status.health
    let policy =
      health.realTimePriority > 0 ? "SCHED_FIFO \(health.realTimePriority)" : "ordinary policy"
    let late = [health.latenessMedian, health.lateness99, health.latenessMax].map {
      $0.text(in: Unit("us", 1000), decimals: 0)
    }
    let memory = health.memoryLocked ? "memory locked" : "memory not locked"
    let period = status.tickPeriod.text(in: Unit("ms", 1_000_000))
    let trust = isSignedByTrustedKey ? "signed by the pump" : "NOT CHECKED, see pumpctl key trust"
    let refused = status.framesRefused
    return [
      Row("signature", refused > 0 ? "\(trust); \(refused) frames were refused" : trust),
      Row("tick", "\(period), \(health.missed) of \(health.ticks) missed; \(policy), \(memory)"),
      Row("lateness", "p50 \(late[0]), p99 \(late[1]), max \(late[2])"),
    ]
  }

  // MARK: Pieces

  /// In the unit in which it is ordered: by the hour where it changes within a day.
  private func rate(_ rate: DoseRate) -> String {
    status.mode == .flex
      ? rate.text(in: .microgramsPerHour, decimals: 3) : rate.shown(decimals: 2)
  }

  private func length(until tick: Tick) -> Nanoseconds {
    Nanoseconds(max(0, (tick - status.now).count) * status.tickPeriod.count)
  }

  private func time(until tick: Tick) -> String { length(until: tick).durationText }

  private static func pad(_ text: String, to width: Int) -> String {
    ScreenColumns.padded(text, to: width)
  }

  private static func used(_ used: Mass, of limit: Mass, _ width: Int) -> String {
    "\(bar(used.nanograms, of: limit.nanograms, width: width)) \(used.shown(decimals: 2)) of "
      + limit.shown(decimals: 2)
  }

  private static func bar(_ part: Int64, of whole: Int64, width: Int) -> String {
    let full =
      whole > 0 ? Int((2 * Int128(width) * Int128(part) / Int128(whole) + 1) / 2) : 0
    let filled = min(width, max(0, full))
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: ".", count: width - filled) + "]"
  }
}
