internal import Documents
internal import DosingCore
internal import Foundation
internal import Quantities

// What is asked of somebody at a terminal.

/// Until it can be read; nobody there ends the program, and the pump keeps what it was told.
func typedQuantity<Value: WrittenQuantity>(_ question: String) -> Value {
  while true {
    guard let line = prompt(question) else { end(.badData, "nothing more was told") }
    do { return try Value(text: line) } catch { complain("'\(line)' \(error)") }
  }
}

func typedLot() -> Label {
  while true {
    guard let line = prompt("Lot, - for none") else { end(.badData, "nothing more was told") }
    if let label = Label(utf8: line.utf8) { return label }
    complain("'\(line)' is no lot; accepted: 1 to 31 printable characters")
  }
}

private func prompt(_ question: String) -> String? {
  print("\(question): ", terminator: "")
  fflush(nil)
  let line = readLine()
  if line == nil { print() }
  return line
}

extension SupplyChange {
  /// What somebody says to a step of a refill. What the pump expects stands before what is asked.
  static func typed(_ step: SupplyChange.Step, _ status: Status) -> SupplyChange {
    let refill = status.refill
    switch step {
    case .aspirated:
      let expected = status.reservoir.shown(decimals: 2)
      return SupplyChange(
        .aspirated, volume: typedQuantity("\(expected) should come out. Came out"))
    case .filled:
      let room = (status.reservoirVolume - status.reservoir).shown(decimals: 2)
      return SupplyChange(
        .filled,
        volume: typedQuantity("There is room for \(room) of \(refill.announced.fileText). Filled"),
        lot: typedLot())
    case .finish: return SupplyChange(.finish)
    default:
      let held = status.line.count > 0 ? status.line[status.line.count - 1].concentration : .zero
      let holds = held > .zero ? "The reservoir holds \(held.fileText). " : ""
      return SupplyChange(
        .begin, concentration: typedQuantity("\(holds)Concentration on the new label"))
    }
  }
}
