internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink

@main
struct Pumpctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pumpctl",
    abstract: "The programmer of a bench pump. Never connect the pump to a person.",
    discussion: """
      Exit codes: 0 done, 64 usage, 65 the pump refused or a file is not valid, 66 no such file, \
      69 no pump answers or output cannot be written, 77 no permission.
      """,
    subcommands: [
      StatusCommand.self, Program.self, Bolus.self, PatientBolusCommand.self, Stop.self,
      Resume.self, Acknowledge.self, New.self, LogCommand.self, Export.self, Doctor.self,
    ])
}

/// Where the pump listens.
struct Connection: ParsableArguments {
  @Option(help: ArgumentHelp("The state directory of the pump.", valueName: "DIR"))
  var state = "/var/lib/pumpd"

  @Option(
    help: ArgumentHelp("The pump's socket; DIR/pumpd.sock by default.", valueName: "PATH"))
  var socket: String?

  var path: String { socket ?? "\(state)/pumpd.sock" }

  /// Connects, or ends the program with one line that says why not.
  func open() -> LinkClient {
    do {
      return try LinkClient(path: path)
    } catch {
      fail(error)
    }
  }

  /// Asks once, or ends the program.
  func ask(_ client: inout LinkClient, _ kind: FrameKind, _ body: some FrameBody = EmptyBody())
    -> LinkClient.Reply
  {
    do {
      return try client.ask(kind, body)
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: LinkError) -> Never {
    switch error {
    case .pathTooLong(let path):
      end(.usage, "socket path \(path) is longer than 107 bytes; give a shorter --socket")
    case .nobodyListens(let path):
      end(.unavailable, "no pump listens at \(path); start pumpd, or give --state or --socket")
    case .noPermission(let path):
      end(.noPermission, "\(path): this user may not connect; ask for the pump's group")
    case .noAnswer:
      end(.unavailable, "the pump did not answer; look at its log")
    case .badAnswer:
      end(.unavailable, "the answer is not a frame of this version; use programs of one version")
    case .system(let call, let errno):
      end(.unavailable, "\(path): \(call): \(unsafe String(cString: strerror(errno)))")
    }
  }
}

/// Ends the program with one line on standard error.
func end(_ code: Documents.ExitCode, _ message: String) -> Never {
  complain("pumpctl: \(message)")
  exit(code.rawValue)
}

func complain(_ line: String) {
  var bytes = Array((line + "\n").utf8)
  _ = unsafe write(2, &bytes, bytes.count)
}
