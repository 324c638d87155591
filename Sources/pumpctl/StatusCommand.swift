internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink
internal import Quantities

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what the pump is doing.",
    discussion: """
      With --watch it goes on where the pump gives no answer, and says for how long; --json --watch ends then.
      """)

  @Flag(help: "Show it again every second, until interrupted.")
  var watch = false

  @Flag(help: "Print one JSON object, for programs.")
  var json = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() throws {
    do throws(Failure) {
      if watch && !json { return try StatusWatch(connection, signing).run() }
      var client = connection.open()
      repeat {
        let status = connection.attempt { () throws(LinkError) in
          try signing.status(from: &client, on: connection)
        }
        try StandardOutput.print(json ? [try StatusJSON(status).jsonLine] : lines(status))
        if watch { sleep(1) }
      } while watch
    } catch {
      end(error.code, error.message)
    }
  }

  /// With the last extra dose, where the pump is trusted and its journal can be read.
  private func lines(_ status: StatusText) -> [String] {
    guard status.isSignedByTrustedKey else { return status.lines }
    var told = status
    told.lastDose = try? LastDose(in: JournalReader.open(connection, signing))
    return told.lines
  }
}

extension SigningOptions {
  /// Whoever does not trust the pump's key yet sees the status, too: it changes nothing.
  func status(
    from client: inout LinkClient, on connection: Connection
  ) throws(LinkError) -> StatusText {
    let answered = try client.ask(.askStatus)
    switch answered.reply {
    case .status(let status):
      guard let pump = key(of: status.serial) else {
        return StatusText(status, isSignedByTrustedKey: false)
      }
      guard answered.isFrom(pump) else { throw .notThePump }
      return StatusText(status, isSignedByTrustedKey: true)
    case .rejected(let fault): throw .rejected(fault)
    default: throw .badAnswer
    }
  }
}
