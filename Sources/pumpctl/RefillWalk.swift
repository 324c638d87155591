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
    var status = look(&programmer)
    if json {
      do {
        return try StandardOutput.print([try RefillJSON(status).jsonLine])
      } catch {
        end(error.code, error.message)
      }
    }
    print("pump \(status.serial.text): what was told is kept; Ctrl-C leaves the refill as it is")
    var next = status.refill.stage.next
    while true {
      options.tell(ask(for: next, status), &programmer)
      if next == .finish { return }
      programmer.reconnect(options.connection.open())
      status = look(&programmer)
      next = status.refill.stage.next
    }
  }

  private func look(_ programmer: inout Programmer) -> Status {
    options.connection.attempt { () throws(LinkError) in try programmer.status() }
  }

  /// What the pump expects stands before what is asked.
  private func ask(for step: SupplyChange.Step, _ status: Status) -> SupplyChange {
    let refill = status.refill
    switch step {
    case .aspirated:
      let expected = status.reservoir.shown(decimals: 2)
      return SupplyChange(.aspirated, volume: typed("\(expected) should come out. Came out"))
    case .filled:
      let room = (status.reservoirVolume - status.reservoir).shown(decimals: 2)
      return SupplyChange(
        .filled,
        volume: typed("There is room for \(room) of \(refill.announced.fileText). Filled"),
        lot: typedLot())
    case .finish: return SupplyChange(.finish)
    default:
      let held = status.line.count > 0 ? status.line[status.line.count - 1].concentration : .zero
      let holds = held > .zero ? "The reservoir holds \(held.fileText). " : ""
      return SupplyChange(.begin, concentration: typed("\(holds)Concentration on the new label"))
    }
  }
}
