internal import ArgumentParser
internal import Documents
internal import DosingCore
internal import Foundation
internal import ProgrammerLink
internal import Quantities

/// Walks somebody through the first fill of a pump, or what is left of it: fill, purge, connect, prime, program.
/// Where it was left, the pump knows.
struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Walk through the first fill of a pump: fill, purge, connect, prime, program.",
    discussion: """
      A new pump on a rig holds nothing. Each step is told to the pump, which keeps it: whoever comes back goes \
      on there. A simulated bench is filled as its first order says, and needs none of it.
      """)

  @Flag(help: "Only say what comes next, for programs.")
  var json = false

  @OptionGroup var options: SupplyOptions

  func run() {
    var programmer = options.signing.programmer(options.connection)
    var status = options.look(&programmer)
    if json { return printLine(PreparationJSON(Preparation(status))) }
    print("pump \(status.serial.text): what was told is kept; Ctrl-C leaves it as it is")
    while true {
      switch Preparation(status) {
      case .done: return print("prepared")
      case .program: return print("prepared; now pumpctl program FILE")
      case .runs: wait(status)
      // It was never filled: nothing comes out.
      case .refill(.begun): options.tell(SupplyChange(.aspirated), &programmer)
      case .refill(let stage): options.tell(.typed(stage.next, status), &programmer)
      case .purge: options.tell(SupplyChange(.purge), &programmer)
      case .connect: options.tell(SupplyChange(.connected), &programmer)
      case .prime: options.tell(SupplyChange(.prime), &programmer)
      }
      programmer.reconnect(options.connection.open())
      status = options.look(&programmer)
    }
  }

  private func wait(_ status: Status) {
    guard let prime = status.line.prime else { return }
    print("\(prime.kind.code): \(prime.left.shown(decimals: 4)) to push yet")
    Thread.sleep(forTimeInterval: 2)
  }
}

/// What a pump still needs before it can give anything.
enum Preparation: Equatable {
  case refill(Refill.Stage)
  case purge
  case connect
  case prime
  /// A prime or a purge is under way.
  case runs
  case program
  case done

  init(_ status: Status) {
    let line = status.line
    let isFilled = line.count == 0 || line[line.count - 1].concentration > .zero
    let isEmptyAtTip = line.count > 0 && line[0].concentration == .zero
    self =
      if line.prime != nil {
        .runs
      } else if !isFilled || status.refill.stage != .none {
        .refill(status.refill.stage)
      } else if isEmptyAtTip, !line.isConnected {
        .purge
      } else if !line.isConnected {
        .connect
      } else if isEmptyAtTip {
        .prime
      } else {
        status.hasTherapy ? .done : .program
      }
  }

  /// Stable, for programs.
  var code: String {
    switch self {
    case .refill(let stage): "refill-\(stage.next.code)"
    case .purge: "purge"
    case .connect: "connected"
    case .prime: "prime"
    case .runs: "wait"
    case .program: "program"
    case .done: "done"
    }
  }
}

struct PreparationJSON: Encodable {
  let next: String

  init(_ preparation: Preparation) { next = preparation.code }
}
