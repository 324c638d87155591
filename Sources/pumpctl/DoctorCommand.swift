internal import ArgumentParser
internal import Commissioning
internal import Documents
internal import Glibc
internal import ProgrammerLink

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether this machine can run a rig.",
    discussion: """
      Takes no line and moves nothing. Asks the sensors, unless a pump does. Run it as the user that \
      runs pumpd, or as root with --user: then with the groups of that user, and the limits that \
      /etc/security gives at a login. Exit codes: 0 no error, 66 no rig file, 69 an error, 77 nothing \
      but permissions is missing, 78 the rig file is not valid.
      """)

  @Option(help: ArgumentHelp("The rig file; without it only the machine.", valueName: "rig.yaml"))
  var rig: String?

  @OptionGroup var connection: Connection

  @Option(help: "SCHED_FIFO priority of the tick thread, as it is given to pumpd.")
  var priority: Int32 = 80

  @Option(
    help: ArgumentHelp(
      "Look as the user who will run pumpd; only root may look as another.", valueName: "NAME"))
  var user: String?

  @Flag(help: "Print one JSON object, for programs.")
  var json = false

  func validate() throws {
    guard (0...99).contains(priority) else {
      throw ValidationError("--priority \(priority): accepted are 0 to 99")
    }
  }

  func run() throws {
    let isLogin = becomesUser()
    let examination = Examination(
      document: try document(), statePath: connection.state, socketPath: connection.path,
      priority: priority, isLogin: isLogin, connect: Self.connect)
    let findings = examination.findings()
    if json {
      print(try DoctorJSON(findings).text)
    } else {
      print(DoctorText(findings).lines.joined(separator: "\n"))
    }
    throw ArgumentParser.ExitCode(findings.exitCode.rawValue)
  }

  /// From then on nothing is seen, nor read, as who called it. Returns whether that is somebody else, with the
  /// limits of a login.
  private func becomesUser() -> Bool {
    do throws(Failure) {
      guard let user else { return false }
      return try PumpUser(named: user).become()
    } catch {
      end(error.code, error.message)
    }
  }

  private func document() throws -> RigDocument? {
    do {
      return try rig.map { path throws(DocumentErrors) in try RigDocument(path: path) }
    } catch {
      complain(error.description)
      throw ArgumentParser.ExitCode(error.exitCode.rawValue)
    }
  }

  private static func connect(to path: String) -> SocketAnswer {
    do {
      _ = try LinkClient(path: path)
      return .connected
    } catch {
      switch error {
      case .nobodyListens: return .nobodyListens
      case .noPermission: return .noPermission
      case .pathTooLong: return .pathTooLong
      case .noAnswer, .badAnswer, .rejected, .unknownPump, .notThePump, .otherPump,
        .outcomeNotSigned, .answerLost,
        .cannotSign, .isNoSocket, .isTaken:
        return .failed("no answer of a pump")
      case .system(let call, let errno):
        return .failed("\(call): \(unsafe String(cString: strerror(errno)))")
      }
    }
  }
}
