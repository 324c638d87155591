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
  @OptionGroup var signing: SigningOptions

  func run() throws {
    var client = connection.open()
    var screen = Screen()
    repeat {
      let (status, isTrusted) = read(&client)
      if json {
        screen.write(try StatusJSON(status, isSignedByTrustedKey: isTrusted).text + "\n")
      } else {
        screen.show(StatusText(status, isSignedByTrustedKey: isTrusted).lines, again: watch)
      }
      if watch { sleep(1) }
    } while watch
  }

  /// Whoever does not trust the pump's key yet sees the status, too: it changes nothing.
  private func read(_ client: inout LinkClient) -> (Status, isSignedByTrustedKey: Bool) {
    let answered = connection.attempt { () throws(LinkError) in try client.ask(.askStatus) }
    guard case .status(let status) = answered.reply else { reject(answered.reply) }
    return (
      status,
      signing.trusts(answered, of: status.serial, on: connection, else: .notThePump)
    )
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
