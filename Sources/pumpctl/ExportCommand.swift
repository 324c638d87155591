internal import ArgumentParser
internal import Documents

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what the pump did into a folder, for science.",
    discussion: """
      events.csv holds every entry in words. delivered.csv holds a row for each motor step, under a row \
      of names and one of UCUM units. prescription-N.yaml can be programmed again; rig.json is the part \
      of the rig that decides a dose. SHA256SUMS is checked with sha256sum -c.
      monotonic_ns counts from a boot of the machine, which may be another one at each start; the column \
      start says which start of the engine it was, counted from the oldest entry. A step that nobody \
      wrote down before the process died has the tick of the next start, and in not_before_tick the \
      earliest one in which it can have been made; for others both are the same.
      A pump that runs is asked over the link, for all up to its newest entry when the export began. \
      journal.sqlite is read by pumpsim replay; it holds no keys.
      Exit codes: 0 done, 64 usage, 65 the journal is damaged, 66 no journal, 69 the folder is not empty \
      or cannot be written, 77 no permission.
      """)

  @Argument(
    help: ArgumentHelp(
      "A folder that does not exist, or is empty. It appears when it is whole.",
      valueName: "OUT_DIR"))
  var folder: String

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    do throws(Failure) {
      let reader = try JournalReader.open(connection, signing)
      Interruption.catchAll()
      let summary = try JournalExport.write(reader, to: folder)
      print("\(folder): \(summary.entries) entries, \(summary.stepRows) steps")
    } catch {
      end(error.code, error.message)
    }
  }
}
