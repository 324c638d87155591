internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink
internal import Quantities

struct Bolus: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Deliver a clinician's bolus on top of basal.",
    discussion: "Shows what it would be, and asks before it is signed.")

  @Option(
    help: ArgumentHelp("How much drug, as in '20 ug'.", valueName: "MASS"),
    transform: { try Mass.read($0) })
  var dose: Mass

  @Option(
    help: ArgumentHelp("Over how long, as in '30 min'.", valueName: "TIME"),
    transform: { try Nanoseconds.read($0) })
  var duration: Nanoseconds

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    var programmer = signing.programmer(connection)
    let status = connection.attempt { () throws(LinkError) in try programmer.status() }
    let text = BolusText(dose: dose, duration: duration, status: status)
    print(text.lines.joined(separator: "\n"))
    guard yes || consents(to: "Give it?") else { end(.badData, "nothing was changed") }
    let body = BolusBody(dose: dose, duration: duration)
    // Asked anew: whoever reads may take his time, and a challenge has a minute.
    programmer.reconnect(connection.open())
    let reply = connection.attempt { () throws(LinkError) in try programmer.order(.bolus, body) }
    report(reply, done: "bolus of \(dose.shown(decimals: 3)) begun")
  }
}

/// What a bolus is beside what the pump gives anyway.
struct BolusText {
  let dose: Mass
  let duration: Nanoseconds
  let status: Status

  var lines: [String] {
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
