internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink
internal import Synchronization

/// Where the pump listens.
struct Connection: ParsableArguments {
  private static let standardState = "/var/lib/pumpd"

  @Option(help: ArgumentHelp("The state directory of the pump.", valueName: "DIR"))
  var state = Self.standardState

  @Option(
    help: ArgumentHelp("The pump's socket; DIR/pumpd.sock by default.", valueName: "PATH"))
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "The machine of the pump, as ssh knows it; --state and --socket are there.",
      valueName: "HOST"))
  var ssh: String?

  var path: String { socket ?? "\(state)/pumpd.sock" }

  /// Whether the state directory is one that somebody meant, and of this machine.
  var namesDirectory: Bool { ssh == nil && (socket == nil || state != Self.standardState) }

  /// Connects, or ends the program with one line that says why not.
  func open() -> LinkClient {
    do {
      return try connect()
    } catch {
      fail(error)
    }
  }

  /// A new connection. Where ssh cannot even be started, the program ends.
  func connect() throws(LinkError) -> LinkClient {
    guard let ssh else { return try LinkClient(path: path) }
    do {
      return LinkClient(stream: try SecureShell.relay(to: ssh, socket: path))
    } catch {
      end(error.code, error.message)
    }
  }

  /// Does something with the link, or ends the program.
  func attempt<Value>(_ work: () throws(LinkError) -> Value) -> Value {
    do {
      return try work()
    } catch {
      fail(error)
    }
  }

  func fail(_ error: LinkError) -> Never {
    let failure = failure(error)
    // Its other end has said it.
    if failure.message.isEmpty { Glibc.exit(failure.code.rawValue) }
    end(failure.code, failure.message)
  }

  /// What is wrong, and the remedy.
  func failure(_ error: LinkError) -> Failure {
    switch error {
    case .noAnswer where ssh != nil, .system where ssh != nil: SecureShell.failure()
    case .pathTooLong(let path):
      Failure(.usage, "socket path \(path) is longer than 107 bytes; give a shorter --socket")
    case .nobodyListens(let path):
      Failure(.unavailable, "no pump listens at \(path); start pumpd, or give --state or --socket")
    case .noPermission(let path):
      Failure(
        .noPermission,
        "\(path): no permission to reach the pump; become the pump's user or root, or let pumpd put its "
          + "--socket where its groups can reach it")
    case .isNoSocket(let path), .isTaken(let path):
      Failure(.unavailable, "\(path) belongs to somebody else; give another --socket")
    case .noAnswer:
      Failure(.unavailable, "the pump did not answer; look at its log")
    case .badAnswer:
      Failure(
        .unavailable, "the answer is not a frame of this version; use programs of one version")
    case .rejected(let fault):
      Failure(fault == .notPermitted ? .noPermission : .unavailable, fault.sentence)
    case .unknownPump(let serial):
      Failure(
        .noPermission,
        "the key of pump \(serial.text) is not known here; see pumpctl key trust")
    case .notThePump:
      Failure(
        .noPermission,
        "the answer is not signed by the pump that is trusted here; nothing was sent. If the pump "
          + "has a new key: pumpctl key trust")
    case .otherPump:
      Failure(
        .noPermission,
        "another pump, patient, drug or concentration answers now than was shown; nothing was sent")
    case .outcomeNotSigned:
      Failure(
        .unavailable,
        "the pump's signature is missing or wrong: what became of the command is not known; "
          + "look at pumpctl status")
    case .answerLost:
      Failure(
        .unavailable,
        "no answer came: whether the pump did it is not known; look at pumpctl status before it is asked "
          + "again")
    case .cannotSign: Failure(.internalError, "the command could not be signed")
    case .system(let call, let errno):
      Failure(.unavailable, "\(path): \(call): \(unsafe String(cString: strerror(errno)))")
    }
  }
}

/// The system's own ssh, as the way to a pump elsewhere.
enum SecureShell {
  /// The newest that was started, and where to.
  private static let newest = Mutex((process: pid_t(0), host: ""))

  /// Why it gave no answer. Empty where the relay on the other side has said so on standard error.
  static func failure() -> Failure {
    let (process, host) = newest.withLock { $0 }
    switch ended(process) {
    case nil: return Failure(.unavailable, "the pump at \(host) did not answer; look at its log")
    case 127:
      return Failure(.unavailable, "\(host) has no pumpctl in its PATH; install it there")
    case 255:
      return Failure(.unavailable, "ssh could not reach \(host); try ssh \(host) by itself")
    case let code?:
      let known = Documents.ExitCode(rawValue: code)
      return known.map { Failure($0, $0 == .done ? closed(host) : "") }
        ?? Failure(.unavailable, closed(host))
    }
  }

  private static func closed(_ host: String) -> String {
    "the relay at \(host) ended before the pump answered; try again"
  }

  /// What it ended with; nil where it has not ended. It closes its end a moment before.
  private static func ended(_ process: pid_t) -> Int32? {
    for _ in 0..<100 {
      var status: Int32 = 0
      guard unsafe waitpid(process, &status, WNOHANG) == process else {
        usleep(10_000)
        continue
      }
      return status & 0x7f == 0 ? (status >> 8) & 0xff : 255
    }
    return nil
  }

  /// Starts ssh with a relay behind it. Returns the socket to both.
  static func relay(to host: String, socket path: String) throws(Failure) -> Int32 {
    guard !host.hasPrefix("-"), !host.isEmpty else {
      throw Failure(.usage, "--ssh '\(host)': give the name of a machine")
    }
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw Failure(.unavailable, "socketpair: \(unsafe String(cString: strerror(errno)))")
    }
    let (started, process) = start(
      ["ssh", "-T", host, "pumpctl relay --socket \(quoted(path))"], through: ends[1])
    _ = close(ends[1])
    guard started == 0 else {
      _ = close(ends[0])
      throw Failure(
        .unavailable, "cannot start ssh: \(unsafe String(cString: strerror(started)))")
    }
    newest.withLock { $0 = (process, host) }
    return ends[0]
  }

  /// For the shell on the other side.
  private static func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  /// Returns 0, or an errno.
  private static func start(
    _ words: [String], through socket: Int32
  ) -> (errno: Int32, process: pid_t) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, socket, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, socket, 1)
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    var process = pid_t()
    let failed = unsafe posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
    return (failed, process)
  }
}
