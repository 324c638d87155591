internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import ProgrammerLink
internal import Quantities

struct RefillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refill",
    abstract: "Tell the pump of a refill, step by step: begin, aspirated, filled, finish.",
    discussion: """
      Without a step it asks for the one that the pump waits for, and for those behind it. The pump keeps what \
      was told: whoever comes back goes on there, and a step that is told again corrects it. Basal goes on \
      through all of it; what the reservoir holds is dosed as the stronger of the two until it is finished.
      """,
    subcommands: [
      RefillWalk.self, RefillBegin.self, RefillAspirated.self, RefillFilled.self,
      RefillFinish.self, RefillLeave.self,
    ], defaultSubcommand: RefillWalk.self)
}

struct LineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "line", abstract: "Tell the pump of work on tubing and catheter.",
    subcommands: [LineEmptied.self, LineReplaced.self, LineConnected.self])
}

/// What every step needs.
struct SupplyOptions: ParsableArguments {
  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var connection: Connection
  @OptionGroup var signing: SigningOptions

  func look(_ programmer: inout Programmer) -> Status {
    connection.attempt { () throws(LinkError) in try programmer.status() }
  }

  func tell(_ change: SupplyChange) {
    var programmer = signing.programmer(connection)
    tell(change, &programmer)
  }

  func tell(_ change: SupplyChange, _ programmer: inout Programmer) {
    signing.change(
      connection, &programmer, .supply(change),
      yes ? .given : .typed("Is that how it is?"), done: "has it: \(change.words)")
  }
}

struct RefillBegin: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "begin", abstract: "A refill begins; says what will be filled.")

  @Option(
    help: ArgumentHelp("What the label says, as in '500 ug/mL'.", valueName: "CONCENTRATION"),
    transform: { try Concentration.read($0) })
  var concentration: Concentration

  @Option(
    help: ArgumentHelp(
      "Where it is another drug than the reservoir holds: its name, as the order for it will have it. It needs "
        + "a stopped pump, and a line that was replaced and has its tip in a beaker.",
      valueName: "NAME"),
    transform: { try Label.read($0, as: "drug") })
  var drug: Label = .none

  @OptionGroup var options: SupplyOptions

  func run() {
    options.tell(SupplyChange(.begin, concentration: concentration, lot: drug))
  }
}

struct RefillAspirated: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "aspirated", abstract: "So much came out of the reservoir.")

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("As in '3.2 mL'.", valueName: "VOLUME"),
    transform: { try Volume.read($0) })
  var volume: Volume

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.aspirated, volume: volume)) }
}

struct RefillFilled: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filled", abstract: "So much went into the reservoir.")

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("As in '19.5 mL'.", valueName: "VOLUME"),
    transform: { try Volume.read($0) })
  var volume: Volume

  @Option(
    help: ArgumentHelp("Of the vial; up to 31 characters.", valueName: "LOT"),
    transform: { try Label.read($0, as: "lot") })
  var lot: Label = .none

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.filled, volume: volume, lot: lot)) }
}

struct RefillFinish: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finish", abstract: "The reservoir holds what was told.")

  @Option(
    help: ArgumentHelp(
      "Also where what is mixed is more than 5 % off its label, or is not what the load cell says; why, in up "
        + "to 31 characters. It stands in the journal.", valueName: "REASON"),
    transform: { try Label.read($0, as: "reason") })
  var override: Label?

  @OptionGroup var options: SupplyOptions

  func run() {
    options.tell(SupplyChange(.finish, lot: override ?? .none, overrides: override != nil))
  }
}

struct RefillLeave: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leave", abstract: "No refill after all; only until something was aspirated.")

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.leave)) }
}

struct LineEmptied: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catheter-emptied",
    abstract: "The catheter was aspirated: it holds no drug until delivery has filled it again.")

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.catheterEmptied)) }
}

struct LineReplaced: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replaced", abstract: "Tubing and catheter are new: neither holds drug.")

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.lineReplaced)) }
}

struct LineConnected: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connected",
    abstract: "The line is where it belongs again: what the tip gives is given.")

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.connected)) }
}

struct PrimeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prime",
    abstract: "Fill what of the line holds no drug, with the catheter where it belongs.",
    discussion: """
      The pump knows how much that is, and shows it first. It is nobody's dose: by plug flow the tip gives \
      nothing with it, and what it may give if all mixes binds extra doses for a day.
      """)

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.prime)) }
}

struct PurgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge",
    abstract: "Fill a line that was replaced, with its tip in a beaker.")

  @OptionGroup var options: SupplyOptions

  func run() { options.tell(SupplyChange(.purge)) }
}

extension Label {
  fileprivate static func read(_ text: String, as what: String) throws -> Label {
    if let label = Label(utf8: text.utf8) { return label }
    throw ValidationError("'\(text)' is no \(what); accepted: 1 to 31 printable characters")
  }
}
