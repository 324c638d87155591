internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink

struct Silence: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pause the sound of the alarms that are on: 2 min where one is high, else 10 min.",
    discussion: """
      The pause ends by itself, and at once where an alarm is raised or becomes more urgent. The lamp goes on. \
      pumpctl acknowledge says that they have been seen.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    var programmer = signing.programmer(connection)
    let reply = connection.attempt { () throws(LinkError) in try programmer.order(.silence) }
    programmer.reconnect(connection.open())
    let pause = (try? programmer.status()).flatMap {
      StatusText($0, isSignedByTrustedKey: true).audioPause
    }
    let serial = programmer.serial?.text ?? "-"
    // Where it is over again, somebody should know.
    report(reply, done: "pump \(serial) \(pause ?? "sounds again: an alarm is new")")
  }
}
