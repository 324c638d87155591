public import Documents
public import Hardware

// What went wrong with lines and buses, in one sentence with the remedy.

extension RigDocument {
  /// The sentence for a rig that could not be opened.
  public func sentence(for problem: RigProblem) -> String {
    guard let gpio else { return problem.error.words }
    let told = gpio.explain(problem, labels: GPIOChip.all.map(\.label))
    return "\(told.key): \(told.found); \(told.remedy)"
  }
}

/// What is wrong with a part of a rig, and what a person can do about it.
struct Explanation: Equatable {
  /// As in a rig file: `gpio.step`.
  var key: String
  var found: String
  var remedy: String
}

extension GPIOSection {
  /// - Parameter labels: of the chips that this machine has.
  func explain(_ problem: RigProblem, labels: [String]) -> Explanation {
    if let wire = problem.wire { return explain(problem, wire) }
    return switch problem.error {
    case .missing:
      Explanation(
        key: "gpio.chip", found: "no chip has the label '\(chip)'; \(Self.list(labels))",
        remedy: "write the label of the chip that the wires are on")
    case .ambiguous:
      Explanation(
        key: "gpio.chip",
        found: "more than one chip has the label '\(chip)', \(problem.device) among them",
        remedy: "give the other driver another label")
    case .noPermission:
      Explanation(
        key: "gpio.chip", found: "no permission to open \(problem.device)",
        remedy: Remedy.gpioGroup)
    case .busy:
      Explanation(
        key: "gpio", found: "the lines of \(place(problem)) are held",
        remedy: "end what holds them (gpioinfo shows it)")
    default:
      Explanation(
        key: "gpio", found: "cannot request the lines of \(place(problem)): \(problem.error.words)",
        remedy: Remedy.kernelLog)
    }
  }

  private func explain(_ problem: RigProblem, _ wire: Wire) -> Explanation {
    let line = self[wire].text
    let place = place(problem)
    let holder = problem.holder.isEmpty ? "somebody" : problem.holder
    let (found, remedy) =
      switch problem.error {
      case .busy:
        ("\(line) of \(place) is held by '\(holder)'", "end it, or take another line")
      case .missing: ("\(place) has no \(line)", "gpioinfo lists what it has")
      case .invalidArgument:
        ("\(line) of \(place) is another wire too", "give each wire its own")
      default: ("\(line) of \(place): \(problem.error.words)", Remedy.kernelLog)
      }
    return Explanation(key: "gpio.\(wire.key)", found: found, remedy: remedy)
  }

  /// The chip, as a person can find it.
  private func place(_ problem: RigProblem) -> String {
    problem.device.isEmpty ? chip : "\(problem.device) (\(chip))"
  }

  private static func list(_ labels: [String]) -> String {
    let known = labels.filter { !$0.isEmpty }
    return known.isEmpty ? "this machine has none" : "there are: \(known.joined(separator: ", "))"
  }
}

extension RigProblem {
  var exitCode: ExitCode { error == .noPermission ? .noPermission : .unavailable }
}

extension WrittenLine {
  var text: String {
    switch self {
    case .offset(let offset): "line \(offset)"
    case .name(let name): "line '\(name)'"
    }
  }
}

/// What a person can do about it.
enum Remedy {
  static let gpioGroup =
    "add this user to the group gpio, and give that group the chips: SUBSYSTEM==\"gpio\", "
    + "KERNEL==\"gpiochip*\", GROUP=\"gpio\", MODE=\"0660\" in /etc/udev/rules.d"
  static let i2cGroup =
    "add this user to the group i2c; the package i2c-tools brings the udev rule for it"
  static let kernelLog = "the kernel's log may say why: dmesg"
  static let anotherUser =
    "look as the user that runs pumpd: run this as that user, or as root with --user NAME"
}

extension HardwareError {
  /// As part of a sentence.
  public var words: String {
    switch self {
    case .invalidArgument: "a value is out of range"
    case .unsupported: "the device cannot do it"
    case .noMemory: "no memory"
    case .noPermission: "no permission"
    case .busy: "somebody else holds it"
    case .gone: "the device is gone"
    case .system: "the system refused"
    case .missing: "there is none"
    case .ambiguous: "there is more than one"
    case .noAddressAcknowledge: "no answer at the address"
    case .noDataAcknowledge: "the device refused a byte"
    case .noAcknowledge: "no answer, or a byte refused"
    case .arbitrationLost: "arbitration lost"
    case .timeout: "timed out, or no answer"
    case .checksum: "checksum error"
    case .protocolViolation: "an answer that is none"
    case .busFault: "the adapter failed"
    }
  }
}

extension SensorFault {
  /// As part of a sentence.
  public var words: String {
    switch self {
    case .bus(let error): error.words
    case .wrongChip: "another chip is at the address"
    case .neverReady: "the chip does not get ready"
    case .calibrationFailed: "the calibration failed"
    case .magnetMissing: "no magnet in front of the encoder"
    case .saturated: "the input is out of range"
    case .configurationLost: "the chip lost its settings; was it without supply?"
    }
  }
}
