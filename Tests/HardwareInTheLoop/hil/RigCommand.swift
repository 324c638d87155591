internal import ArgumentParser
internal import Conformance
internal import Documents
internal import Glibc

/// The suite on a rig that somebody has on the bench.
struct RigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rig", abstract: "Prove a real rig. No drug in it; the motor turns.",
    discussion: """
      Checks lines, sensors and, where the rig has an encoder, that the motor turns as far as it is \
      told. Ask pumpctl doctor first.
      """)

  @Option(help: ArgumentHelp("The rig file; its backend is linux.", valueName: "FILE"))
  var rig: String

  @Flag(help: "Do not ask before the motor turns.")
  var yes = false

  func run() throws {
    let document: RigDocument
    do throws(DocumentErrors) {
      document = try RigDocument(path: rig)
    } catch {
      Suite.complain("\(error)")
      Glibc.exit(error.exitCode.rawValue)
    }
    guard document.backend == .linux else {
      Suite.complain("hil: \(rig): backend is simulated; a rig has `backend: linux`")
      Glibc.exit(78)
    }
    guard yes || hasConsent(document) else {
      Suite.complain("hil: nothing was moved; give --yes, or answer yes")
      Glibc.exit(64)
    }
    var suite = Suite()
    let cases = RigCases(document: document)
    suite.run("rig", cases.all)
    for (name, reason) in cases.missing { suite.skip("rig: \(name)", because: reason) }
    suite.end()
  }

  private func hasConsent(_ document: RigDocument) -> Bool {
    let label = document.gpio?.chip ?? ""
    Suite.print(
      "\(document.name.text): lines of chip \(label). The motor will turn an eighth turn.")
    Suite.print("No drug, no person, nothing that the motor may hurt? Type yes:")
    return readLine() == "yes"
  }
}
