internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import Journal

@main
struct Pumpsim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pumpsim",
    abstract: "The dosing engine in virtual time on a simulated bench.",
    discussion: """
      Exit codes: 0 the run is sound, 1 its oracle found a violation, 64 usage, 65 a scenario or \
      prescription is not valid, 66 no such file, 69 an output cannot be written, 77 no permission, \
      78 the rig file is not valid.
      """,
    version: Version.text(
      of: "pumpsim", frames: FrameHeader.version, oldest: FrameHeader.oldestVersion,
      journal: Journal.newestForm),
    subcommands: [
      RunCommand.self, CampaignCommand.self, ScriptCommand.self, ReplayCommand.self,
    ])

  static func main() {
    let accepted = configuration.subcommands.map { $0._commandName }
    if let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), word != "help",
      !accepted.contains(word)
    {
      complain("pumpsim: \(NearestWord.sentence(for: word, among: accepted))")
      Glibc.exit(Documents.ExitCode.usage.rawValue)
    }
    main(nil)
  }

  /// Runs `body`; anything that goes wrong is one line on standard error and an exit code.
  static func guarded(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let failure as Failure {
      try end(failure.code, "pumpsim: \(failure.message)")
    } catch let errors as DocumentErrors {
      try end(errors.exitCode, errors.description)
    }
  }

  static func end(_ code: Documents.ExitCode, _ line: String) throws -> Never {
    complain(line)
    throw ArgumentParser.ExitCode(code.rawValue)
  }

  static func complain(_ line: String) {
    var bytes = Array((line + "\n").utf8)
    _ = unsafe write(2, &bytes, bytes.count)
  }
}
