internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink
internal import Quantities

/// Walks somebody through what is left of a refill. Where it was left, the pump knows.
struct RefillWalk: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "walk", abstract: "Ask for each step that the pump still waits for.")

  @Flag(help: "Only say where the refill is, for programs.")
  var json = false

  @OptionGroup var options: SupplyOptions

  func run() {
    var programmer = options.signing.programmer(options.connection)
    var status = options.look(&programmer)
    if json { return printLine(RefillJSON(status)) }
    print("pump \(status.serial.text): what was told is kept; Ctrl-C leaves the refill as it is")
    var next = status.refill.stage.next
    while true {
      options.tell(.typed(next, status), &programmer)
      if next == .finish { return }
      programmer.reconnect(options.connection.open())
      status = options.look(&programmer)
      next = status.refill.stage.next
    }
  }
}
