internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink

/// Asks the pump that runs to know a key. The pump sees who asks, and takes it from root alone.
struct Enroll: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a pump that runs know the key of a programmer. Only root may.",
    discussion: """
      Prints the pump's own key, which the programmer gives to pumpctl key trust. Exit codes: 0 done, \
      65 not a key, or the pump knows it, 69 no pump answers, 77 not root.
      """)

  @Option(help: ArgumentHelp("The state directory of the pump.", valueName: "DIR"))
  var state = "/var/lib/pumpd"

  @Option(help: ArgumentHelp("The pump's socket; DIR/pumpd.sock by default.", valueName: "PATH"))
  var socket: String?

  @Option(help: "clinician, patient or technician.")
  var role: String

  @Option(help: "Whose key it is, in at most 31 bytes of UTF-8.")
  var name: String

  @Argument(
    help: ArgumentHelp(
      "The public key that pumpctl key new printed: 64 hexadecimal digits.", valueName: "KEY"))
  var key: String

  func run() {
    do {
      try enroll()
    } catch {
      end(for: error)
    }
  }

  private func enroll() throws(Failure) {
    let body = try body()
    let path = socket ?? "\(state)/pumpd.sock"
    let answered: LinkClient.Answered
    do throws(LinkError) {
      var client = try LinkClient(path: path)
      answered = try client.ask(.enroll, body)
    } catch {
      throw error.failure(at: path)
    }
    switch answered.reply {
    case .keys(let keys):
      print("enrolled \(role) \(name), key \(VerifyingKey(bytes: body.publicKey)?.id.text ?? "?")")
      let pumpKey = hexadecimal(keys.pumpKey.array)
      let place = socket.map { "--socket \($0)" } ?? "--state \(state)"
      print("next, as \(name), who may take the pump's key from here alone:")
      print("pumpctl key trust \(place) \(pumpKey)")
      print("pump \(answered.seal.serial.text) \(pumpKey)")
    case .rejected(.notPermitted):
      throw Failure(.noPermission, "the pump takes keys from root alone; become root")
    case .rejected(.malformedBody):
      throw Failure(
        .badData, "'\(key)' is no public key that somebody can have made; see pumpctl key new")
    case .rejected(let fault): throw Failure(.badData, fault.sentence)
    default: throw Failure(.unavailable, "the pump answered something else than was asked")
    }
  }

  private func body() throws(Failure) -> EnrollBody {
    guard let role = Role(code: role) else {
      throw Failure(
        .usage, "--role \(role): accepted are \(Role.allCases.map(\.code).joined(separator: ", "))")
    }
    guard let name = Label(utf8: name.utf8) else {
      throw Failure(
        .usage, "--name '\(name)': accepted are printable characters, 1 to 31 bytes of UTF-8 in all"
      )
    }
    guard
      let publicKey = bytes(hexadecimal: key).flatMap({ InlineArray<32, UInt8>($0) })
    else {
      throw Failure(
        .badData, "'\(key)' is not a public key: 64 hexadecimal digits; see pumpctl key new")
    }
    return EnrollBody(role: role, name: name, publicKey: publicKey)
  }
}
