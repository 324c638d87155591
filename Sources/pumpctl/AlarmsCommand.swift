internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Journal
internal import ProgrammerLink

struct AlarmsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alarms",
    abstract: "Print which alarms are on, the highest first; with --history those that were.",
    discussion: """
      With --table no pump is asked: what notices each fault and how soon, what the engine does, what ends it, \
      and what to do, as a page of Markdown, or with --json a line each.
      --history reads the journal: when each was raised, acknowledged and ended, the oldest first, of the newest \
      1000; a high one that nobody has acknowledged gives way last.
      """)

  @Flag(help: "All that there are, and what follows from each.")
  var table = false

  @Flag(help: "Those that were, and what became of each.")
  var history = false

  @Flag(help: "As JSON, for programs.")
  var json = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func validate() throws {
    if table && history { throw ValidationError("--table and --history: give one of them") }
  }

  func run() {
    do throws(Failure) {
      try StandardOutput.print(
        table ? try tableLines() : history ? try historyLines() : try linesOfPump())
    } catch {
      end(error.code, error.message)
    }
  }

  private func tableLines() throws(Failure) -> [String] {
    guard json else { return AlarmPage.lines }
    var lines: [String] = []
    for row in AlarmRow.all { lines.append(try AlarmRowJSON(row).jsonLine) }
    return lines
  }

  private func historyLines() throws(Failure) -> [String] {
    let reader = try JournalReader.open(connection, signing)
    var (history, after) = (AlarmHistory(), Int64(0))
    while true {
      let (page, last) = try reader.page(after: after, of: AlarmHistory.kinds)
      for numbered in page { history.take(numbered.entry) }
      if page.isEmpty { break }
      after = last
    }
    var lines: [String] = []
    for row in history.rows { lines.append(json ? try row.json.jsonLine : row.line) }
    if json { return lines }
    if history.leftOut > 0 {
      lines.insert("\(history.leftOut) older ones are in pumpctl log", at: 0)
    }
    return lines.isEmpty ? ["no alarm was ever raised"] : lines
  }

  private func linesOfPump() throws(Failure) -> [String] {
    var client = connection.open()
    let status = connection.attempt { () throws(LinkError) in
      try signing.status(from: &client, on: connection)
    }
    if json { return [try StatusJSON(status).alarms.jsonLine] }
    let on = status.alarmsByPriority.map { "\($0.text); \($0.ends)" }
    let pause = status.audioPause.map { [$0] } ?? []
    return (on.isEmpty ? ["no alarms"] : on) + pause
  }
}

/// A row of the fault table, for programs.
struct AlarmRowJSON: Encodable {
  let code: String
  let happened: String
  let action: String
  let remedy: String
  let hazards: [String]
  let detector: String
  let within: String
  let priority: String
  let ends: String

  init(_ row: AlarmRow) {
    (code, happened, remedy, hazards) = (row.code, row.happened, row.remedy, row.hazards)
    (detector, within, priority) = (row.detector, row.within, row.priority)
    (action, ends) = (row.action, row.ends)
  }
}
