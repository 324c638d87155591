internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what the pump is doing.")

  @Flag(help: "Show it again every second, until interrupted.")
  var watch = false

  @Flag(help: "Print one JSON object, for programs.")
  var json = false

  @OptionGroup var connection: Connection

  func run() throws {
    var client = connection.open()
    var screen = Screen()
    repeat {
      let status = read(&client)
      if json {
        screen.write(try StatusJSON(status).text + "\n")
      } else {
        screen.show(StatusText(status).lines, again: watch)
      }
      if watch { sleep(1) }
    } while watch
  }

  private func read(_ client: inout LinkClient) -> Status {
    let reply = connection.ask(&client, .askStatus)
    switch reply {
    case .status(let status): return status
    case .rejected(let fault): end(.unavailable, fault.sentence)
    case .answer, .findings: end(.unavailable, "the pump answered something else than was asked")
    }
  }
}

/// Shows text on a terminal in one place; elsewhere one block after the other.
struct Screen {
  private let isTerminal = isatty(1) == 1
  private var isFirst = true

  mutating func show(_ lines: [String], again: Bool) {
    let inPlace = isTerminal && again
    if inPlace && isFirst { write("\u{1B}[2J") }
    if inPlace { write("\u{1B}[H") }
    if !inPlace && !isFirst { write("\n") }
    // Clears what an earlier, longer line left behind.
    let end = inPlace ? "\u{1B}[K\n" : "\n"
    write(lines.map { $0 + end }.joined())
    if inPlace { write("\u{1B}[J") }
    isFirst = false
  }

  func write(_ text: String) {
    var bytes = Array(text.utf8)
    _ = unsafe Glibc.write(1, &bytes, bytes.count)
  }
}
