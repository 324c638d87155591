internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink

struct RigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rig",
    abstract: "Commit another rig file for a pump that exists: see what changes, then commit it.",
    discussion: """
      The values that decide a dose are compared, with their defaults filled in. What is committed runs \
      from the next start of pumpd on, given this file; until then nothing changes. Tick, volume of a \
      revolution, steps and the volumes of reservoir and line are what the history of a pump is counted \
      in: a pump with others is a new one, with a state directory of its own. A script looks first, without input, and \
      then commits what it has seen, with --yes --digest.
      """)

  @Argument(help: ArgumentHelp("The rig.", valueName: "rig.yaml"))
  var file: String

  @OptionGroup var seen: SeenOptions
  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    let document = opened { () throws(DocumentErrors) in try RigDocument(path: file) }
    var programmer = signing.programmer(connection)
    let status = connection.attempt { () throws(LinkError) in try programmer.status() }
    guard status.serial == document.serial else {
      end(
        .badData,
        "\(file): rig.serial is \(document.serial.text), the pump is \(status.serial.text); give the "
          + "rig file of this pump")
    }
    signing.change(
      connection, &programmer, .rig(document.rig), seen.agreement,
      done: "runs on \(file) from its next start on: end pumpd, and start it with that rig file")
  }
}
