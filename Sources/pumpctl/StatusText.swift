internal import Documents
internal import DosingCore
internal import Quantities

/// A status as a screen of text, at most 79 columns.
struct StatusText {
  let status: Status
  let isSignedByTrustedKey: Bool

  init(_ status: Status, isSignedByTrustedKey: Bool) {
    self.status = status
    self.isSignedByTrustedKey = isSignedByTrustedKey
  }

  var lines: [String] {
    head + [""] + now + [""] + delivered + [""] + limits + [""] + alarms + sensors + tick
  }

  private var head: [String] {
    let simulated = status.simulated ? "SIMULATED" : "RIG"
    let title = Self.pad("intrathecal pump \(status.serial.text)", to: 34)
    let clock = "\(WeekTime(sinceMonday: status.clock).text) \(status.utcOffset.utcOffsetText)"
    var lines = ["\(title)\(Self.pad(simulated, to: 12))\(clock)"]
    if status.mode == .noTherapy {
      lines.append("no therapy: give it one with pumpctl program FILE")
    } else {
      lines.append(
        "patient \(status.patient.text), \(status.drug.text) "
          + status.concentration.shown(decimals: 3))
    }
    return lines
  }

  private var now: [String] {
    var lines = [
      row("mode", status.mode.words),
      row("basal now", status.basalRate.shown(decimals: 2)),
      row("flow now", status.flow.shown(decimals: 4)),
    ]
    if let dose = status.extraDose {
      lines.append(
        row(
          dose.kind.words,
          "\(dose.left.shown(decimals: 2)) of \(dose.dose.shown(decimals: 2)) left, "
            + "ends in \(time(until: dose.end))"))
    } else {
      lines.append(row("extra dose", "none"))
    }
    if let change = status.nextChange {
      let at =
        "\((WeekTime(sinceMonday: status.clock) + length(until: change.at)).text) "
        + status.utcOffset.utcOffsetText
      lines.append(
        row(
          "next step",
          "\(change.rate.shown(decimals: 2)) at \(at), in \(time(until: change.at))"))
    } else {
      lines.append(row("next step", "none"))
    }
    return lines
  }

  private var delivered: [String] {
    let today =
      "\(status.deliveredToday.shown(decimals: 3)) of "
      + "\(status.prescribedToday.shown(decimals: 3)) prescribed so far"
    let total =
      "\(status.deliveredMass.shown(decimals: 3)) in "
      + "\(status.deliveredVolume.text(in: Unit("uL", 1_000_000), decimals: 3)), "
      + "\(status.steps) steps"
    let deficits = Account.Deficit.allCases.compactMap { reason -> String? in
      let missing = status.deficits[Int(reason.rawValue)]
      return missing > .zero ? "\(reason.words) \(missing.shown(decimals: 3))" : nil
    }
    let share = Self.bar(status.reservoir.picolitres, of: status.reservoirVolume.picolitres)
    let marks =
      "low at \(status.reservoirLow.shown(decimals: 2)), "
      + "empty at \(status.reservoirEmpty.shown(decimals: 2))"
    let doubt =
      status.stepsInDoubt > 0
      ? "\(status.massInDoubt.shown(decimals: 3)) more at the most, \(status.stepsInDoubt) steps"
      : "none"
    return [
      row("today", today),
      row("since new", total),
      row("in doubt", doubt),
    ]
      + (deficits.isEmpty ? [row("deficit", "none")] : [])
      + stride(from: 0, to: deficits.count, by: 2).map { index in
        row(
          index == 0 ? "deficit" : "",
          deficits[index..<min(index + 2, deficits.count)].joined(separator: ", "))
      } + [row("reservoir", "\(share) \(status.reservoir.shown(decimals: 3)); \(marks)")]
  }

  private var limits: [String] {
    var lines = [
      row("1 h limit", Self.used(status.usedHour, of: status.limitHour)),
      row("24 h limit", Self.used(status.usedDay, of: status.limitDay)),
    ]
    if let bolus = status.patientBolus {
      let ready = bolus.allowedAt <= status.now
      let when = ready ? "no lockout" : "locked for \(time(until: bolus.allowedAt))"
      lines.append(
        row(
          "patient",
          "bolus of \(bolus.dose.shown(decimals: 2)): \(when), "
            + "\(bolus.givenIn24h) of \(bolus.maxIn24h) in 24 h"))
    }
    return lines
  }

  private var alarms: [String] {
    let on = FaultCode.allCases.filter { status.faults[Int($0.rawValue)].priority > 0 }
    if on.isEmpty { return [row("alarms", "none")] }
    return on.map { code in
      let alarm = status.faults[Int(code.rawValue)]
      let priority = AlarmPriority(rawValue: alarm.priority).map { "\($0)" } ?? "?"
      let age = Nanoseconds((status.now - alarm.raised).count * status.tickPeriod.count)
      return row(
        "ALARM", "\(priority.uppercased()) \(code.words), for \(age.durationText)")
    }
  }

  private var sensors: [String] { [row("sensors", status.sensors.words)] }

  private var tick: [String] {
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
      row("signature", refused > 0 ? "\(trust); \(refused) frames were refused" : trust),
      row("tick", "\(period), \(health.missed) of \(health.ticks) missed; \(policy), \(memory)"),
      row("lateness", "p50 \(late[0]), p99 \(late[1]), max \(late[2])"),
    ]
  }

  // MARK: Pieces

  private func row(_ name: String, _ text: String) -> String {
    "  \(Self.pad(name, to: 14))\(text)"
  }

  private func length(until tick: Tick) -> Nanoseconds {
    Nanoseconds(max(0, (tick - status.now).count) * status.tickPeriod.count)
  }

  private func time(until tick: Tick) -> String { length(until: tick).durationText }

  private static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func used(_ used: Mass, of limit: Mass) -> String {
    "\(bar(used.nanograms, of: limit.nanograms)) \(used.shown(decimals: 2)) of "
      + limit.shown(decimals: 2)
  }

  private static func bar(_ part: Int64, of whole: Int64) -> String {
    let width = 20
    let full = whole > 0 ? Int(Int128(width) * Int128(part) / Int128(whole)) : 0
    let filled = min(width, max(0, full))
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: ".", count: width - filled) + "]"
  }
}
