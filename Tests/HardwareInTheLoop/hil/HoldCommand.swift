internal import ArgumentParser
internal import Conformance
internal import Glibc
internal import Hardware

/// What a process can do with its lines and its life, for the checks that watch it.
struct HoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Hold the lines of the guest's chip, and end in a given way.",
    shouldDisplay: false)

  enum End: String, ExpressibleByArgument {
    /// Until somebody ends it.
    case never
    case exit
    /// A fault that Swift traps.
    case trap
    case abort
    case segmentation
    case bus
    case illegal
  }

  @Option var end = End.never

  /// Takes this line as its lamp and spare lines for the rest; the wires of the bench where nil.
  @Option var lamp: Int32?

  func run() throws {
    let rig = try HardwareRig(.linux(wiring), heartbeat: heartbeat)
    for wire in [Wire.enable, .buzzer, .lamp] {
      try expect(rig.set(wire, true), "\(wire) could not be driven")
    }
    Suite.print("held")
    switch end {
    case .never: while true { pause() }
    case .exit: Glibc.exit(0)
    case .trap: fatalError("as it was asked")
    case .abort: abort()
    case .segmentation: raise(SIGSEGV)
    case .bus: raise(SIGBUS)
    case .illegal: raise(SIGILL)
    }
    withExtendedLifetime(rig) {}
  }

  private var wiring: Wiring {
    guard let lamp else { return BenchTexts.wiring }
    return Wiring(chipLabel: BenchTexts.chip) { .offset($0 == .lamp ? lamp : $0.rawValue) }
  }
}

/// Runs a program as another user.
struct DropCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drop", abstract: "Run a program as another user.", shouldDisplay: false)

  @Argument var user: UInt32
  @Argument(parsing: .captureForPassthrough) var words: [String]

  func run() throws {
    guard setgid(user) == 0, setuid(user) == 0 else { throw Violation("cannot become \(user)") }
    var arguments = unsafe words.map { unsafe strdup($0) }
    unsafe arguments.append(nil)
    unsafe execv(words[0], arguments)
    throw Violation("cannot run \(words[0])")
  }
}
