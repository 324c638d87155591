internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink
internal import Quantities

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give the pump a prescription. The pump checks everything again.")

  @Argument(help: ArgumentHelp("The prescription.", valueName: "prescription.yaml"))
  var file: String

  @OptionGroup var connection: Connection

  func run() throws {
    let document: PrescriptionDocument
    do {
      document = try PrescriptionDocument(path: file)
    } catch {
      complain(error.description)
      throw ArgumentParser.ExitCode(error.exitCode.rawValue)
    }
    var client = connection.open()
    let reply = connection.ask(&client, .program, document.prescription)
    switch reply {
    case .findings(let findings):
      for line in document.describe(findings) { complain(line) }
      throw ArgumentParser.ExitCode(Documents.ExitCode.badData.rawValue)
    case .answer(let answer):
      for line in document.describe(answer.findings) { complain(line) }
      report(answer, done: "programmed \(file)")
    case .rejected, .status:
      reject(reply)
    }
  }
}

struct Bolus: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Deliver a clinician's bolus on top of basal.")

  @Option(
    help: ArgumentHelp("How much drug, as in '20 ug'.", valueName: "MASS"),
    transform: { try Mass.read($0) })
  var dose: Mass

  @Option(
    help: ArgumentHelp("Over how long, as in '30 min'.", valueName: "TIME"),
    transform: { try Nanoseconds.read($0) })
  var duration: Nanoseconds

  @OptionGroup var connection: Connection

  func run() {
    let body = BolusBody(dose: dose, duration: duration)
    connection.request(.bolus, body, done: "bolus of \(dose.shown(decimals: 3)) begun")
  }
}

struct PatientBolusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patient-bolus", abstract: "Ask for the bolus that is prescribed for the patient.")

  @OptionGroup var connection: Connection

  func run() { connection.request(.patientBolus, EmptyBody(), done: "patient bolus begun") }
}

struct Stop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop all delivery, and cancel an extra dose. The pump alarms until it is resumed.")

  @OptionGroup var connection: Connection

  func run() {
    connection.request(.stop, EmptyBody(), done: "stopped; nothing is delivered until resume")
  }
}

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Go on with the basal that is prescribed now.")

  @OptionGroup var connection: Connection

  func run() { connection.request(.resume, EmptyBody(), done: "resumed") }
}

struct Acknowledge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say that the alarms about what happened have been seen and acted upon.")

  @OptionGroup var connection: Connection

  func run() { connection.request(.acknowledge, EmptyBody(), done: "acknowledged") }
}

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell a pump without history what was given in the last 24 h.",
    discussion: "All of it counts as given now, which is the safe side for extra doses.")

  @Option(
    name: .customLong("delivered-24h"),
    help: ArgumentHelp("Volume of the last 24 h, as in '0.4 mL'.", valueName: "VOLUME"),
    transform: { try Volume.read($0) })
  var delivered: Volume

  @OptionGroup var connection: Connection

  func run() {
    connection.request(
      .new, NewBody(deliveredIn24h: delivered),
      done: "the history begins with \(delivered.shown(decimals: 3)) in the last 24 h")
  }
}

extension Connection {
  /// Sends one request and says what became of it.
  fileprivate func request(_ kind: FrameKind, _ body: some FrameBody, done: String) {
    var client = open()
    let reply = ask(&client, kind, body)
    if case .answer(let answer) = reply { report(answer, done: done) } else { reject(reply) }
  }
}

/// Says what the pump decided; a refusal ends the program.
private func report(_ answer: AnswerBody, done: String) {
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

/// Anything but an answer ends the program.
private func reject(_ reply: LinkClient.Reply) -> Never {
  guard case .rejected(let fault) = reply else {
    end(.unavailable, "the pump answered something else than was asked")
  }
  end(fault == .notPermitted ? .noPermission : .unavailable, fault.sentence)
}

extension WrittenQuantity {
  /// What the parser of the command line says where a quantity cannot be read.
  fileprivate static func read(_ argument: String) throws -> Self {
    do {
      return try Self(text: argument)
    } catch {
      throw ValidationError("'\(argument)' \(error)")
    }
  }
}
