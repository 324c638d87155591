internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink
internal import Quantities

struct ClockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock",
    abstract: "Show the therapy clock, or propose another one: see the next 24 h, then commit it.",
    discussion: """
      The therapy clock is the pump's local time: UTC and a fixed offset, without daylight saving. It \
      selects the step of flex and nothing else. A clock for which nobody vouches since the machine \
      started keeps flex at safe basal, until the kernel's clock is synchronised or somebody says what \
      UTC is. Nothing changes before yes is typed; a \
      script looks first, without input, and then commits what it has seen, with --yes --digest alone.
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Local time less UTC, as in +02:00; -12:00 to +14:00. As it is by default.",
      valueName: "OFFSET"), transform: Self.readOffset)
  var utcOffset: Nanoseconds?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Say what UTC is: now for what this machine says, or a time as in 2026-03-01T08:00:00Z.",
      valueName: "UTC"), transform: Self.readUTC)
  var stated: Int64?

  @OptionGroup var seen: SeenOptions
  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  private static func readOffset(_ text: String) throws -> Nanoseconds {
    if let offset = Nanoseconds(utcOffset: text) { return offset }
    throw ValidationError(
      "'\(text)' is no offset from UTC; accepted: -12:00 to +14:00, as in +02:00")
  }

  private static func readUTC(_ text: String) throws -> Int64 {
    if text != "now" { return try UTCTime.read(text).nanoseconds }
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  func validate() throws {
    if seen.yes, utcOffset != nil || stated != nil {
      throw ValidationError("--yes --digest commits what was proposed; leave the other options out")
    }
  }

  func run() {
    if let digest = seen.digest { return commit(digest) }
    if utcOffset == nil, stated == nil { show() } else { propose() }
  }

  private func show() {
    var client = connection.open()
    let answered = connection.attempt { () throws(LinkError) in try client.ask(.askStatus) }
    guard case .status(let status) = answered.reply else { reject(answered.reply) }
    _ = signing.trusts(answered, of: status.serial, on: connection, else: .notThePump)
    let clock = WeekTime(sinceMonday: status.clock).text
    print("therapy clock  \(clock) \(status.utcOffset.utcOffsetText)")
    print("UTC            \(UTCTime(nanoseconds: status.utc).text(decimals: 1))")
    print("source         \(status.clockSource.words)")
    guard let behind = status.clockBehind, behind != .zero else { return }
    let length = Nanoseconds(abs(behind.count)).durationText
    print("difference     the therapy clock is \(length) \(behind > .zero ? "behind" : "ahead")")
  }

  private func propose() {
    var programmer = signing.programmer(connection)
    let status = connection.attempt { () throws(LinkError) in try programmer.status() }
    let change = ClockChange(
      utcOffset: utcOffset ?? status.utcOffset,
      stated: stated.map { ClockChange.StatedUTC(utc: $0, tick: status.now) })
    signing.change(
      connection, &programmer, .clock(change), .typedOrSeen("Commit it?"), done: Self.done)
  }

  private static let done = "has another therapy clock"

  /// What was seen goes with time: its proposal is not made anew.
  private func commit(_ digits: String) {
    let bytes = stride(from: 0, to: digits.utf8.count, by: 2).compactMap {
      UInt8(digits.dropFirst($0).prefix(2), radix: 16)
    }
    guard digits.utf8.count == 64, let proposed = InlineArray<32, UInt8>(bytes) else {
      end(.usage, "--digest \(digits): accepted are the 64 digits that were shown")
    }
    var programmer = signing.programmer(connection)
    signing.commit(connection, &programmer, proposed, done: Self.done)
  }
}
