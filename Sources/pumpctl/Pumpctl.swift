internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import Journal

@main
struct Pumpctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pumpctl",
    abstract: "The programmer of a bench pump. Never connect the pump to a person.",
    discussion: """
      Exit codes: 0 done, 64 usage, 65 the pump refused or a file is not valid, 66 no such file, \
      69 no pump answers or output cannot be written, 77 no permission.
      """,
    version: Version.text(
      of: "pumpctl", frames: FrameHeader.version, oldest: FrameHeader.oldestVersion,
      journal: Journal.newestForm),
    subcommands: [
      StatusCommand.self, Program.self, Bolus.self, PatientBolusCommand.self, Stop.self,
      Resume.self, AlarmsCommand.self, Acknowledge.self, Silence.self, RefillCommand.self,
      LineCommand.self, PrimeCommand.self, PurgeCommand.self, PrepareCommand.self,
      ClockCommand.self, RigCommand.self, Clear.self, New.self, KeyCommand.self,
      Relay.self, LogCommand.self, Export.self, FramesCommand.self, Doctor.self, Check.self,
      Show.self,
    ])
}

extension Pumpctl {
  static func main() {
    // Whatever is printed: what could not be written was not said.
    atexit {
      if fflush(nil) == 0 { return }
      complain("pumpctl: cannot write to standard output")
      _exit(Documents.ExitCode.unavailable.rawValue)
    }
    refuseUnknownCommand()
    main(nil)
  }

  /// The parser would call it an unexpected argument, and say no more.
  private static func refuseUnknownCommand() {
    var command: any ParsableCommand.Type = Pumpctl.self
    for word in CommandLine.arguments.dropFirst() {
      let subcommands = command.configuration.subcommands
      if subcommands.isEmpty || word.hasPrefix("-") || word == "help" { return }
      guard let next = subcommands.first(where: { $0._commandName == word }) else {
        let accepted = subcommands.map { $0._commandName }
        end(.usage, NearestWord.sentence(for: word, among: accepted))
      }
      command = next
    }
  }
}

/// Ends the program with one line on standard error.
func end(_ code: Documents.ExitCode, _ message: String) -> Never {
  complain("pumpctl: \(message)")
  end(code)
}

/// Ends the program; what was wrong has been said.
func end(_ code: Documents.ExitCode) -> Never { exit(code.rawValue) }

/// A file that somebody named; ends the program where it is not good, and says all that is wrong.
func opened<Document>(_ open: () throws(DocumentErrors) -> Document) -> Document {
  do {
    return try open()
  } catch {
    complain(error.description)
    end(error.exitCode)
  }
}

func complain(_ line: String) {
  var bytes = Array((line + "\n").utf8)
  _ = unsafe write(2, &bytes, bytes.count)
}
