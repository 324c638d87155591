internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Engine
internal import Glibc
internal import Hardware
internal import Journal
internal import Logging
internal import Plant
internal import ProgrammerLink
internal import Quantities

@main
struct Pumpd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pumpd",
    abstract: "The dosing engine of a bench rig. Never connect it to a person.",
    version: Version.text(
      of: "pumpd", frames: FrameHeader.version, oldest: FrameHeader.oldestVersion,
      journal: Journal.newestForm),
    subcommands: [Run.self, Enroll.self], defaultSubcommand: Run.self)

  static func main() {
    let accepted = configuration.subcommands.map { $0._commandName }
    if let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), word != "help",
      !accepted.contains(word)
    {
      pumpd.end(for: Failure(.usage, NearestWord.sentence(for: word, among: accepted)))
    }
    main(nil)
  }
}

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the pump; what pumpd does where no other word is given.",
    discussion: """
      Runs until SIGINT or SIGTERM. What it delivers, and what it was told, is written down in the \
      state directory before it acts; after a restart it goes on from there. An empty directory has no \
      history: then the pump delivers nothing until pumpctl new, or is started with --new. Nobody else \
      may look into that directory: groups that may read or stop need a --socket in another place.
      Exit codes: 0 ended by a signal, 64 usage, 66 no rig file, 69 hardware or state directory \
      not available, 77 no permission, 78 rig file not valid.
      """)

  @Option(help: ArgumentHelp("The rig file.", valueName: "rig.yaml"))
  var rig: String

  @Option(help: ArgumentHelp("The directory that belongs to this pump.", valueName: "DIR"))
  var state: String

  @Option(
    help: ArgumentHelp(
      "Where programmers connect; DIR/pumpd.sock by default, which only root and the pump's user can "
        + "reach.",
      valueName: "PATH"))
  var socket: String?

  @Flag(help: "The pump is new: nothing was delivered in the last 24 h, the reservoir is full.")
  var new = false

  @Option(
    help: ArgumentHelp(
      "Simulated rigs: keep every pulse of the motor in a file that outlives the process.",
      valueName: "FILE"))
  var motorTrace: String?

  @OptionGroup var groups: GroupOptions

  @Option(help: "SCHED_FIFO priority of the tick thread, 1 to 99; 0 for the ordinary policy.")
  var priority: Int32 = 80

  func validate() throws {
    guard (0...99).contains(priority) else {
      throw ValidationError("--priority \(priority): accepted are 0 to 99")
    }
  }

  func run() {
    do {
      try serve()
    } catch {
      end(for: error)
    }
  }

  private func serve() throws {
    let document = try RigDocument(path: rig)
    Signals.catchEnd()
    PrivateFiles.restrictNew()
    let lines = LineQueue(to: 2)
    _ = try RealTimeThread(name: "log", priority: 0) { lines.run() }
    defer { lines.end() }
    let directory = try StateDirectory(state)
    let socket = socket ?? "\(directory.path)/pumpd.sock"
    FileLimit.raise()
    // Before anything else begins: a pump that nobody could stop does not run.
    var server = try Self.server(at: socket)
    let engine = try RunningEngine(
      document,
      RunningEngine.Options(
        state: directory.path, isNew: new, motorTrace: motorTrace, priority: priority,
        groups: try groups.linkGroups(), lines: lines))
    engine.log.info("programmers connect at \(socket)")
    engine.watch(server.watch)
    server.run(engine.desk)
    engine.watch(nil)
    // Nobody waits for an answer of a pump that has heard its last frame.
    _ = consume server
    engine.end()
  }

  private static func server(at socket: String) throws(Failure) -> LinkServer {
    do {
      return try LinkServer(path: socket)
    } catch {
      throw error.failure(at: socket)
    }
  }
}

/// Ends the program with one line on standard error.
func end(for error: any Error) -> Never {
  let (message, code): (String, Documents.ExitCode) =
    switch error {
    case let failure as Failure: ("pumpd: \(failure.message)", failure.code)
    case let errors as DocumentErrors: (errors.description, errors.exitCode)
    default: ("pumpd: \(error)", .internalError)
    }
  var bytes = Array((message + "\n").utf8)
  // Whoever does not read it holds up no end.
  var errors = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
  if unsafe poll(&errors, 1, 1_000) > 0 { _ = unsafe write(2, &bytes, bytes.count) }
  Glibc.exit(code.rawValue)
}
