internal import Documents
internal import DosingCore
internal import Foundation
internal import Quantities

// What is asked of somebody at a terminal.

/// Until it can be read; nobody there ends the program, and the pump keeps what it was told.
func typed<Value: WrittenQuantity>(_ question: String) -> Value {
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
