internal import ArgumentParser
internal import Documents
internal import DosingCore

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

  @OptionGroup var seen: SeenOptions
  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    let document = opened { () throws(DocumentErrors) in try PrescriptionDocument(path: file) }
    var programmer = signing.programmer(connection)
    signing.change(
      connection, &programmer, .program(document.prescription), seen.agreement,
      done: "programmed \(file)", describe: document.describe)
  }
}
