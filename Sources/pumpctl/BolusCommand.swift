internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink
internal import Quantities

struct Bolus: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Deliver a clinician's bolus on top of basal, or cancel the extra dose that runs.",
    discussion: """
      Shows what it would be, and asks before it is signed. --cancel does not ask: it ends the extra dose \
      that runs, a patient's too, and basal goes on; a dose that was cancelled counts for the lockout.
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How much drug, as in '20 ug'.", valueName: "MASS"),
    transform: { try Mass.read($0) })
  var dose: Mass?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Over how long, as in '30 min'.", valueName: "TIME"),
    transform: { try Nanoseconds.read($0) })
  var duration: Nanoseconds?

  @Flag(help: "End the extra dose that runs, and nothing else.")
  var cancel = false

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func validate() throws {
    if cancel, dose != nil || duration != nil {
      throw ValidationError("--cancel ends what runs; leave --dose and --duration out")
    }
    if !cancel, dose == nil || duration == nil {
      throw ValidationError(
        "a bolus needs --dose and --duration, as in --dose '20 ug' --duration '30 min'; or --cancel"
      )
    }
  }

  func run() {
    if cancel { return cancelRunning() }
    guard let dose, let duration else { return }
    give(dose, in: duration)
  }

  private func give(_ dose: Mass, in duration: Nanoseconds) {
    var programmer = signing.programmer(connection)
    let status = connection.attempt { () throws(LinkError) in try programmer.status() }
    let past = past
    let text = BolusText(
      dose: dose, duration: duration, status: status, last: past.last, rig: past.rig)
    print(text.lines.joined(separator: "\n"))
    if let why = text.refusal { end(.badData, "refused: \(why)") }
    guard yes || consents(to: "Give it?") else { end(.badData, "nothing was changed") }
    let body = BolusBody(dose: dose, duration: duration)
    // Asked anew: whoever reads may take his time, and a challenge has a minute.
    programmer.reconnect(connection.open())
    let reply = connection.attempt { () throws(LinkError) in try programmer.order(.bolus, body) }
    report(reply, done: "bolus of \(dose.shown(decimals: 3)) begun")
  }

  /// What it came to is told by the pump's account.
  private func cancelRunning() {
    var programmer = signing.programmer(connection)
    let reply = connection.attempt { () throws(LinkError) in
      try programmer.order(.cancelBolus, EmptyBody())
    }
    report(
      reply, done: "pump \(programmer.serial?.text ?? "-") cancelled the extra dose; basal goes on")
    programmer.reconnect(connection.open())
    guard let status = try? programmer.status(), let last = status.lastDose else { return }
    let given = Mass(nanograms: max(0, last.dose.nanograms - last.cancelled.nanograms))
    print(
      "\(last.kind.words): \(given.shown(decimals: 3)) of \(last.dose.shown(decimals: 3)) given, "
        + "\(last.cancelled.shown(decimals: 3)) cancelled")
  }

  /// What the pump's journal tells; `notKnown` where it cannot be read.
  private var past: (last: BolusText.Last, rig: Rig?) {
    do {
      let journal = try JournalReader.open(connection, signing)
      let last = try LastDose(in: journal)
      return (last.map { .dose($0) } ?? .noneLately, try journal.rig())
    } catch {
      return (.notKnown, nil)
    }
  }
}

/// What a bolus is beside what the pump gives anyway.
struct BolusText {
  let dose: Mass
  let duration: Nanoseconds
  let status: Status
  let last: Last
  /// The one that the pump runs; nil where it is not known.
  let rig: Rig?

  enum Last {
    case noneLately
    case dose(LastDose)
    case notKnown
  }

  /// More than so much of a day's basal at once is worth a warning, as so much more than a patient's bolus.
  private static let sharePercentMax: Int128 = 50
  private static let timesPatientMax: Int64 = 3
  /// An extra dose that began so lately.
  private static let lately = Nanoseconds.hours(4)

  var lines: [String] { table + warnings }

  /// Why the pump cannot grant it; nil where that is for the pump to say.
  var refusal: String? {
    let byMode = status.mode.refusesExtraDoses ?? (status.mode == .safeBasal ? .safeBasal : nil)
    if let byMode {
      return Refusal(byMode).sentence(decidedAt: status.now, tickPeriod: status.tickPeriod)
    }
    if status.extraDose != nil {
      return "an extra dose is running; wait for its end, or pumpctl bolus --cancel"
    }
    if duration < Limits.bolusDurationMin || duration > Limits.bolusDurationMax {
      return Refusal(.bolusDurationOutOfRange, value: duration.count)
        .sentence(decidedAt: status.now, tickPeriod: status.tickPeriod)
    }
    return refusalByLimits ?? refusalByHead
  }

  private var refusalByHead: String? {
    rig.flatMap {
      BolusFlow(dose: dose, duration: duration, maxRate: $0.pump.maxRate, status: status).refusal
    }
  }

  private var refusalByLimits: String? {
    for (limit, hours) in [(status.limitHour, Int64(1)), (status.limitDay, 24)] {
      // What of it falls into that time at the least.
      let share = min(1, Double(Nanoseconds.hours(hours).count) / Double(duration.count))
      if limit > .zero, Double(dose.nanograms) * share > Double(limit.nanograms) {
        return
          "\(dose.shown(decimals: 3)) is more than \(limit.shown(decimals: 2)), the limit of any \(hours) h"
      }
    }
    return nil
  }

  private var warnings: [String] {
    var warnings: [String] = []
    let day = Int128(status.basalRate.baseUnits)
    if day > 0, Int128(dose.nanograms) * 100 > day * Self.sharePercentMax {
      warnings.append("HIGH it is more than \(Self.sharePercentMax) % of a day's basal at once")
    }
    if let usual = status.patientBolus?.dose, usual > .zero,
      dose.nanograms / usual.nanograms >= Self.timesPatientMax
    {
      warnings.append(
        "HIGH it is \(dose.nanograms / usual.nanograms) times the patient's own bolus of "
          + usual.shown(decimals: 2))
    }
    switch last {
    case .dose(let last) where status.utc - last.began < Self.lately.count:
      warnings.append("HIGH another was given: \(last.text(at: status.utc))")
    case .notKnown: warnings.append("what was given before is not known: its journal was not read")
    case .dose, .noneLately: break
    }
    return warnings.map { "  \($0)" }
  }

  private var table: [String] {
    [
      "bolus for \(status.patient.text), pump \(status.serial.text)"
        + (status.simulated ? ", SIMULATED" : ""),
      "  dose        \(dose.shown(decimals: 3)) over \(duration.durationText)",
      "  volume      \(volume)",
      "  share       \(share) of a day at the basal of now, \(status.basalRate.shown(decimals: 2))",
      "  in 1 h      \(room(status.usedHour, status.limitHour))",
      "  in 24 h     \(room(status.usedDay, status.limitDay))",
    ]
  }

  /// Rounded to a nanolitre.
  private var volume: String {
    let concentration = status.concentration.baseUnits
    guard concentration > 0 else { return "no drug is known" }
    // ng / (ng/mL) = mL; a millilitre has 10^9 pL.
    let picolitres = Int128(dose.nanograms) * 1_000_000_000 / Int128(concentration)
    return
      "\(decimalText(Int64(clamping: (picolitres + 500) / 1000), per: 1000)) uL of "
      + status.concentration.shown(decimals: 3)
  }

  private var share: String {
    let day = status.basalRate.baseUnits
    guard day > 0 else { return "-" }
    let perMille = Int128(dose.nanograms) * 1000 / Int128(day)
    return "\(decimalText(Int64(clamping: perMille), per: 10)) %"
  }

  private func room(_ used: Mass, _ limit: Mass) -> String {
    let left = Mass(nanograms: max(0, limit.nanograms - used.nanograms))
    return
      "\(used.shown(decimals: 2)) given of \(limit.shown(decimals: 2)); \(left.shown(decimals: 2)) "
      + "left, basal included"
  }
}
