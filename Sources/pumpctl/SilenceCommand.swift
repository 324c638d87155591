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
    let status = (try? programmer.status()).map { StatusText($0, isSignedByTrustedKey: true) }
    // Where it is over again, somebody should know.
    let pause = status.map { $0.audioPause ?? "sounds again: an alarm is new" }
    report(reply, done: "pump \(programmer.serial?.text ?? "-") \(pause ?? "paused its sound")")
  }
}
