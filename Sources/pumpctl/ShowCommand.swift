internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Journal
internal import Quantities

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Show the order in force as a prescription file, who programmed it, and on which rig.",
    discussion: """
      What stands behind # is for people; all of it together is a file that check and program accept. A \
      pump that runs is asked; of one at rest the journal in --state DIR is read. Exit codes: 0 done, \
      65 there is no order, or the journal is damaged, 66 no journal, 69 no pump answers, 77 no permission.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    do throws(Failure) {
      try StandardOutput.print(try lines(try JournalReader.open(connection, signing)))
    } catch {
      end(error.code, error.message)
    }
  }

  private func lines(_ journal: JournalReader) throws(Failure) -> [String] {
    guard let digest = journal.head.prescription else {
      throw journal.failure(
        .badData, "no prescription is in force; give one with pumpctl program FILE")
    }
    guard let order = try journal.document(digest).flatMap(Prescription.init) else {
      throw journal.failure(.badData, "the record of the prescription is missing or altered")
    }
    let head =
      [
        "pump \(journal.head.serial), prescription \(hexadecimal(digest).prefix(16))",
        try programmed(digest, journal),
      ] + (try rig(journal))
    return head.map { "# \($0)" } + order.fileText.split(separator: "\n").map(String.init)
  }

  private func programmed(_ digest: [UInt8], _ journal: JournalReader) throws(Failure) -> String {
    guard let by = try ProgrammedBy(digest, in: journal) else {
      return "programmed before the oldest entry of the journal"
    }
    let names = try journal.keyNames(upTo: journal.head.newest)
    let who = by.key.map { names.words($0) } ?? "somebody without a key"
    return "programmed by \(who) at \(UTCTime(nanoseconds: by.utc).text(decimals: 1))"
  }

  private func rig(_ journal: JournalReader) throws(Failure) -> [String] {
    guard let digest = journal.head.rig, let rig = try journal.committedRig() else {
      return ["rig not known"]
    }
    let pump =
      "rig \(hexadecimal(digest).prefix(16)), \(rig.pump.minRate.shown(decimals: 3)) to "
      + "\(rig.pump.maxRate.shown(decimals: 3)), at most \(rig.maxVolume1h.shown(decimals: 3)) in 1 h, "
      + "\(rig.maxVolume24h.shown(decimals: 3)) in 24 h, within "
      + percentText(permille: rig.pump.accuracyPermille)
    let line =
      "line \(rig.line.volume.fileText), within \(percentText(permille: rig.line.tolerancePermille)), of it "
      + "\(rig.line.catheter.fileText) catheter, mixing \(percentText(permille: rig.line.mixingPermille))"
    let prime =
      "prime at \(rig.primeRate.shown(decimals: 3)), at most \(rig.maxPrimeDose.shown(decimals: 3)); "
      + "residue \(rig.reservoir.residue.fileText)"
    return [pump, line, prime]
  }
}
