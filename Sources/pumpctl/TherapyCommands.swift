internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Glibc
internal import ProgrammerLink
internal import Quantities

struct PatientBolusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patient-bolus", abstract: "Ask for the bolus that is prescribed for the patient.")

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    signing.order(connection, .patientBolus, EmptyBody(), done: "has begun the patient bolus")
  }
}

struct Stop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop all delivery, and cancel an extra dose. The pump alarms until it is resumed.",
    discussion: """
      Needs no key for root, the pump's own user and the group pump-stop. With --signed or --ssh it is \
      signed: nothing unsigned is obeyed through a relay.
      """)

  @Flag(help: "Sign it; then root without a key cannot resume.")
  var signed = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    let done = "stopped; nothing is delivered until resume"
    if signed || connection.ssh != nil {
      signing.order(connection, .stop, EmptyBody(), done: done)
    } else {
      signing.ask(connection, .stop, done: done)
    }
  }
}

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Go on with the basal that is prescribed now.",
    discussion: "After a stop without a key, root on the pump may say --unsigned.")

  @Flag(help: "Without a key: for root on the pump, after a stop without a key.")
  var unsigned = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    if unsigned {
      signing.ask(connection, .resume, done: "resumed")
    } else {
      signing.order(connection, .resume, EmptyBody(), done: "resumed")
    }
  }
}

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell a pump without history what was given in the last 24 h, or correct it.",
    discussion: """
      It counts as given now, which is the safe side for extra doses, and against extra doses alone: basal \
      is not withheld for it. Said once more, the new numbers replace the old ones.
      """)

  @Option(
    name: .customLong("delivered-24h"), parsing: .unconditional,
    help: ArgumentHelp("Volume of the last 24 h, as in '0.4 mL'.", valueName: "VOLUME"),
    transform: { try Volume.read($0) })
  var delivered: Volume

  @Option(
    name: .customLong("delivered-1h"), parsing: .unconditional,
    help: ArgumentHelp(
      "How much of it in the last hour; all of it where nothing is said.", valueName: "VOLUME"),
    transform: { try Volume.read($0) })
  var deliveredLately: Volume?

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    let lately = deliveredLately ?? delivered
    var programmer = signing.programmer(connection)
    let said = NewBody(deliveredIn24h: delivered, deliveredIn1h: lately)
    signing.change(
      connection, &programmer, .new(said), yes ? .given : .typed("Is that what was given?"),
      done: "begins its history with \(delivered.shown(decimals: 4)) in the last 24 h")
  }
}

struct Clear: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End a hard stop, after a look at its cause and at both counts.",
    discussion: "The pump stays stopped by command; then pumpctl resume.")

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func run() {
    var programmer = signing.programmer(connection)
    let question = "Was the cause found and mended? The hard stop ends."
    signing.change(
      connection, &programmer, .clear, yes ? .given : .typed(question),
      done: "ended its hard stop and stays stopped until resume")
  }
}

extension SigningOptions {
  /// Signs one command and says what became of it.
  func order(
    _ connection: Connection, _ kind: FrameKind, _ body: some FrameBody, done: String
  ) {
    var programmer = programmer(connection)
    let reply = connection.attempt { () throws(LinkError) in try programmer.order(kind, body) }
    report(reply, done: "pump \(programmer.serial?.text ?? "-") \(done)")
  }

  /// Sends one command without a signature.
  fileprivate func ask(_ connection: Connection, _ kind: FrameKind, done: String) {
    var client = connection.open()
    let answered = connection.attempt { () throws(LinkError) in
      do throws(LinkError) { return try client.ask(kind) } catch { throw error.ofCommand }
    }
    let isTrusted = trusts(
      answered, of: answered.seal.serial, on: connection, else: .outcomeNotSigned)
    let doubt = isTrusted ? "" : "; its signature was NOT CHECKED, see pumpctl key trust"
    report(answered.reply, done: "pump \(answered.seal.serial.text) \(done)\(doubt)")
  }
}

/// Says what the pump decided; anything but yes ends the program.
func report(_ reply: LinkClient.Reply, done: String) {
  guard case .answer(let answer) = reply else { reject(reply) }
  switch answer.answer {
  case .accepted:
    print(answer.isDurable ? done : "\(done); NOT WRITTEN DOWN YET: the storage fails")
  case .refused(let refusal):
    end(
      .badData,
      "refused: "
        + refusal.sentence(decidedAt: answer.decidedAt, tickPeriod: answer.tickPeriod))
  }
}

/// Ends the program: this is not what was asked for.
func reject(_ reply: LinkClient.Reply) -> Never {
  guard case .rejected(let fault) = reply else {
    end(.unavailable, "the pump answered something else than was asked")
  }
  switch fault {
  case .notPermitted: end(.noPermission, fault.sentence)
  case .tooOften, .noSuchProposal, .overtakenByStop, .tooManyKeys, .keyIsKnown, .noSuchKey:
    end(.badData, fault.sentence)
  default: end(.unavailable, fault.sentence)
  }
}

extension WrittenQuantity {
  /// What the parser of the command line says where a quantity cannot be read.
  static func read(_ argument: String) throws -> Self {
    do {
      return try Self(text: argument)
    } catch {
      throw ValidationError("'\(argument)' \(error)")
    }
  }
}
