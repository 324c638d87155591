internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give the pump a prescription: see what changes, then commit it.",
    discussion: """
      The pump checks the prescription and answers with the digest of the change; nothing changes \
      before yes is typed. A script looks first, without input, and then commits what it has seen, with \
      --yes --digest.
      """)

  @Argument(help: ArgumentHelp("The prescription.", valueName: "prescription.yaml"))
  var file: String

  @Flag(help: "Do not ask; only with --digest.")
  var yes = false

  @Option(help: ArgumentHelp("Commit this proposal and no other.", valueName: "HEX"))
  var digest: String?

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func validate() throws {
    guard yes == (digest != nil) else {
      throw ValidationError("--yes and --digest go together: what was seen is what is committed")
    }
  }

  func run() throws {
    let document: PrescriptionDocument
    do {
      document = try PrescriptionDocument(path: file)
    } catch {
      complain(error.description)
      throw ArgumentParser.ExitCode(error.exitCode.rawValue)
    }
    var programmer = signing.programmer(connection)
    let reply = connection.attempt { () throws(LinkError) in
      try programmer.order(.program, document.prescription)
    }
    switch reply {
    case .findings(let findings):
      for line in document.describe(findings) { complain(line) }
      throw ArgumentParser.ExitCode(Documents.ExitCode.badData.rawValue)
    case .proposal(let proposal): commit(proposal, document, &programmer)
    default: report(reply, done: "")
    }
  }

  private func commit(
    _ proposal: ProposalBody, _ document: PrescriptionDocument, _ programmer: inout Programmer
  ) {
    let answered = proposal.digest.array
    let comparison = ProgramComparison(
      old: proposal.old, new: document.prescription,
      warnings: document.describe(proposal.findings), digest: answered)
    print("pump \(programmer.serial?.text ?? "-")")
    print(comparison.lines.joined(separator: "\n"))
    if let digest {
      guard digest.lowercased() == hexadecimal(answered) else {
        end(.badData, "this is another proposal than \(digest); look at it, and give its digest")
      }
    } else if !consents(to: "Commit it?") {
      end(.badData, "nothing was changed")
    }
    programmer.reconnect(connection.open())
    let reply = connection.attempt { () throws(LinkError) in
      try programmer.order(.commit, CommitBody(digest: proposal.digest))
    }
    report(reply, done: "programmed \(file)")
  }
}
