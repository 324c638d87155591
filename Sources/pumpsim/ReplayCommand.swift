internal import ArgumentParser
internal import Documents
internal import Durability
internal import Journal
internal import Quantities

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract:
      "Make every decision of a pump's journal once more, and say whether all are the same.",
    discussion: """
      The core gets what it was given: leases, requests, gaps, refusals of the interlock, each in its \
      tick. Exit codes: 0 all as recorded, 1 the first difference is printed, 65 the journal is damaged, \
      66 there is none.
      """)

  @Argument(
    help: ArgumentHelp(
      "The state directory of a pump, or an export of it.", valueName: "STATE_DIR"))
  var directory: String

  func run() throws {
    try Pumpsim.guarded {
      let path = "\(directory)/journal.sqlite"
      let report: Replay.Report
      do {
        report = try Replay(try Journal(path: path, serial: nil, isReader: true)).run()
      } catch let error as JournalError {
        throw Failure(error.exitCode, "\(path): \(error.sentence)")
      }
      print(report.sentence)
      guard let difference = report.difference else { return }
      try Pumpsim.end(.violation, difference.sentence)
    }
  }
}

extension JournalError {
  fileprivate var exitCode: Documents.ExitCode {
    switch self {
    case .missing: .badInput
    case .noPermission, .readOnly: .noPermission
    case .damaged, .notAJournal, .otherPump, .newerSchema: .badData
    case .diskFull, .inputOutput, .busy: .unavailable
    }
  }
}

extension Replay.Report {
  fileprivate var sentence: String {
    let skipped = entriesSkipped > 0 ? "; \(entriesSkipped) entries could not be replayed" : ""
    let outcome = difference == nil ? "all as recorded" : "up to the first difference"
    return "\(decisions) decisions in \(starts) starts and \(ticks) ticks: \(outcome)\(skipped); "
      + "the last durable record is of tick \(lastTick), \(UTCTime(nanoseconds: lastUTC).text(decimals: 3))"
  }
}

extension Replay.Difference {
  fileprivate var sentence: String {
    "tick \(tick): \(field): recorded \(recorded), replayed \(replayed)"
  }
}
