internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink
internal import Quantities

/// Shows a status every second, and goes on when the pump comes back.
struct StatusWatch {
  private let connection: Connection
  private let signing: SigningOptions

  init(_ connection: Connection, _ signing: SigningOptions) {
    (self.connection, self.signing) = (connection, signing)
  }

  func run() throws(Failure) {
    // Who was never there is no pump that fell silent.
    var client: LinkClient? = connection.open()
    Interruption.catchAll()
    let terminal = Terminal()
    terminal?.begin()
    defer { terminal?.end() }
    var (shown, answeredAt): (StatusText?, Int64) = (nil, Self.seconds)
    while !Interruption.isAsked {
      var silence: Nanoseconds?
      do throws(LinkError) {
        shown = try ask(&client)
        answeredAt = Self.seconds
      } catch {
        guard shown != nil, error.mayPass else { throw connection.failure(error) }
        silence = Nanoseconds.seconds(Self.seconds - answeredAt)
      }
      try show(shown, silence: silence, on: terminal)
      sleep(1)
    }
  }

  /// Over a new connection where there is none; after a failure there is none.
  private func ask(_ client: inout LinkClient?) throws(LinkError) -> StatusText {
    var asked: LinkClient
    if let open = client.take() { asked = open } else { asked = try connection.connect() }
    let status = try signing.status(from: &asked, on: connection)
    client = consume asked
    return status
  }

  private func show(
    _ status: StatusText?, silence: Nanoseconds?, on terminal: Terminal?
  ) throws(Failure) {
    guard let status else { return }
    if let terminal {
      let screen = StatusScreen(status: status, size: terminal.size, silence: silence)
      try terminal.show(screen.lines)
    } else if let silence {
      try StandardOutput.print(["no answer for \(silence.durationText)", ""])
    } else {
      try StandardOutput.print(status.lines + [""])
    }
  }

  private static var seconds: Int64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec)
  }
}

extension LinkError {
  /// The pump may have gone for a while; what it is has not changed.
  fileprivate var mayPass: Bool {
    switch self {
    case .nobodyListens, .noAnswer, .system, .badAnswer, .noPermission: true
    case .rejected(let fault): fault != .notPermitted && fault != .otherVersion
    default: false
    }
  }
}

/// A terminal on standard output, of which a screen of its own is used: what was there before comes back.
struct Terminal {
  private let hasColours: Bool

  /// Nil where standard output is none.
  init?() {
    guard isatty(1) == 1 else { return nil }
    let type = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? "dumb"
    let wantsNone = unsafe getenv("NO_COLOR") != nil
    hasColours = type != "dumb" && !wantsNone
  }

  /// As it is now: a window may change.
  var size: StatusScreen.Size {
    var window = winsize()
    guard unsafe ioctl(1, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0
    else { return StatusScreen.Size(columns: 80, rows: 24) }
    return StatusScreen.Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
  }

  func begin() { try? write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J") }

  func end() { try? write("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l") }

  func show(_ lines: [StatusScreen.Line]) throws(Failure) {
    // Clears what an earlier, longer line left behind. Nothing follows the last line: it would scroll.
    let text = lines.map { marked($0) + "\u{1B}[K" }.joined(separator: "\r\n")
    try write("\u{1B}[H\(text)\u{1B}[J")
  }

  private func marked(_ line: StatusScreen.Line) -> String {
    guard hasColours, line.mark != .plain else { return line.text }
    return "\u{1B}[\(line.mark.rawValue)m\(line.text)\u{1B}[0m"
  }

  private func write(_ text: String) throws(Failure) {
    var output = StandardOutput()
    try output.text(text)
    try output.flush()
  }
}
