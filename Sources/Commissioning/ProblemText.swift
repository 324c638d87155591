public import Documents
public import Hardware

// What went wrong with lines and buses, in one sentence with the remedy.

extension RigDocument {
  /// The sentence for a rig that could not be opened.
  public func sentence(for problem: RigProblem) -> String {
    let label = gpio?.chip ?? ""
    let chip = problem.device.isEmpty ? label : "\(problem.device) (\(label))"
    guard let wire = problem.wire else {
      return switch problem.error {
      case .missing: "gpio.chip: \(Self.noChip(label))"
      case .ambiguous:
        "gpio.chip: more than one chip has the label '\(label)', \(problem.device) among them; "
          + "give the other driver another label"
      case .noPermission: "gpio.chip: no permission to open \(problem.device); \(Remedy.gpioGroup)"
      case .busy: "the lines of \(chip) are held; end what holds them (gpioinfo shows it)"
      default: "cannot request the lines of \(chip): \(problem.error.words)"
      }
    }
    let place = gpio.map { $0[wire].text } ?? "?"
    return switch problem.error {
    case .busy:
      "gpio.\(wire.key): \(place) of \(chip) is held by "
        + "'\(problem.holder.isEmpty ? "somebody" : problem.holder)'; end it, or take another line"
    case .missing: "gpio.\(wire.key): \(chip) has no \(place); gpioinfo lists what it has"
    case .invalidArgument:
      "gpio.\(wire.key): \(place) of \(chip) is another wire too; give each wire its own"
    default: "gpio.\(wire.key): \(place) of \(chip): \(problem.error.words)"
    }
  }

  private static func noChip(_ label: String) -> String {
    let labels = GPIOChip.all.map(\.label).filter { !$0.isEmpty }
    let there =
      labels.isEmpty ? "this machine has none" : "there are: \(labels.joined(separator: ", "))"
    return "no chip has the label '\(label)'; \(there)"
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
