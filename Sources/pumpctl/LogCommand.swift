internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import Journal

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Show what the pump did and what it was asked, oldest first.",
    discussion: """
      Asks the pump, which alone reads its journal while it runs; where none runs, reads the journal in \
      the state directory. Leases and commits, which are the engine's own bookkeeping, are only shown \
      with --all or --kind. UTC is what the system said at the start of the engine, and ticks since.
      --verify checks every link of the chain of hashes, and the signatures of the pump in it, by the key \
      of the pump that is trusted here. It tells a log that was altered, rewritten or cut at either end. \
      A pump signs its log every hour and at its end: nobody vouches for what stands behind the newest \
      signature, nor that nothing more stood there.
      Exit codes: 0 done, 64 usage, 65 the journal is damaged, altered, rewritten, cut or not signed, \
      66 no journal, 69 it cannot be read or the output not be written, 77 no permission, or signed by \
      another key than that which is trusted.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  @Flag(help: "Print one JSON object a line, for programs.")
  var json = false

  @Flag(help: "Go on as entries come, until interrupted.")
  var follow = false

  @Option(help: ArgumentHelp("Only the newest N entries of those that are shown.", valueName: "N"))
  var last: Int64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Only entries from that time on, as in 2026-03-01T08:00:00Z.", valueName: "UTC"),
    transform: UTCTime.read)
  var since: UTCTime?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Only entries of these kinds: \(EntryKind.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "KIND"), transform: EntryKind.read)
  var kind: [EntryKind] = []

  @Flag(help: "Show leases and commits too.")
  var all = false

  @Flag(help: "Check the chain of hashes over all entries and its signatures, and show none.")
  var verify = false

  func validate() throws {
    if let last, last < 1 { throw ValidationError("--last \(last): accepted is 1 or more") }
    if all && !kind.isEmpty { throw ValidationError("--all and --kind: give one of them") }
    let selects = json || follow || all || last != nil || since != nil || !kind.isEmpty
    if verify && selects {
      throw ValidationError("--verify looks at all entries; leave the other options out")
    }
  }

  func run() {
    Interruption.allow()
    do throws(Failure) {
      let reader = try JournalReader.open(connection, signing)
      guard verify else { return try show(reader) }
      for line in try LogVerification(reader: reader, signing: signing).lines() { print(line) }
    } catch {
      end(error.code, error.message)
    }
  }

  // MARK: Showing

  private static let pollMicroseconds: UInt32 = 500_000

  private var kinds: Set<EntryKind> {
    if !kind.isEmpty { return Set(kind) }
    return Set(EntryKind.allCases).subtracting(all ? [] : EntryKind.bookkeeping)
  }

  private func show(_ reader: JournalReader) throws(Failure) {
    let kinds = kinds
    var after: Int64 = 0
    if let last, let first = try reader.newest(of: kinds, before: last - 1) { after = first - 1 }
    var text = EntryText(
      rig: try reader.rig(upTo: after), keys: try reader.keyNames(upTo: after))
    var (reader, output) = (reader, StandardOutput())
    while true {
      // Starts and keys say what the words of the others are.
      let (page, last) = try patiently(&reader, &output) { source throws(Failure) in
        try source.page(after: after, of: kinds.union([.started, .key]))
      }
      for numbered in page {
        text.keys.learn(numbered.entry.content)
        if case .started(let started) = numbered.entry.content {
          text.rig = try patiently(&reader, &output) { source throws(Failure) in
            try source.rig(of: started)
          }
        }
        if let since, numbered.entry.utc < since.nanoseconds { continue }
        guard kinds.contains(EntryKind(numbered.entry.content)) else { continue }
        try output.line(json ? EntryJSON(numbered, in: text).text : text.line(numbered.entry))
      }
      after = last
      guard page.isEmpty else { continue }
      try output.flush()
      if !follow { return }
      usleep(Self.pollMicroseconds)
    }
  }

  /// Whoever follows a pump goes on with it over its end and its next start, wherever they fall.
  private func patiently<Value>(
    _ reader: inout JournalReader, _ output: inout StandardOutput,
    _ look: (JournalReader) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    while true {
      do {
        return try look(reader)
      } catch {
        guard follow, error.code == .unavailable else { throw error }
        try output.flush()
        let lineage = reader.head.lineage
        // Neither the pump nor its directory may be to be had for a while.
        if let again = try? JournalReader.open(connection, signing) { reader = again }
        guard reader.head.lineage == lineage else {
          throw reader.failure(.unavailable, "this is the journal of another history now")
        }
        usleep(Self.pollMicroseconds)
      }
    }
  }
}

extension UTCTime {
  static func read(_ argument: String) throws -> UTCTime {
    if let time = UTCTime(text: argument) { return time }
    throw ValidationError(
      "'\(argument)' is no time; accepted: 2026-03-01, 2026-03-01T08:00 or 2026-03-01T08:00:00Z")
  }
}
