internal import Documents
internal import Glibc
internal import Hardware

// Whether the lines of a rig are there, and free.

/// How a line of a chip looks, or why that cannot be seen.
typealias LineLook = (GPIOChip, LinePlace) -> Result<GPIOChip.Line, HardwareError>

extension Diagnosis {
  /// What this machine has, whatever the rig needs.
  static func gpioChips(_ chips: [GPIOChip], library: String) -> [Self] {
    let list = chips.map { chip in
      chip.systemError == 0
        ? "\(chip.device) '\(chip.label)', \(chip.lines) lines" : "\(chip.device), not readable"
    }
    return [
      .ok("gpio library", library),
      .ok("gpio chips", list.isEmpty ? "this machine has none" : list.joined(separator: "; ")),
    ]
  }

  /// The chip of the rig, and where it is found each wire.
  ///
  /// - Parameter pumpRuns: a pump on this state directory runs, and holds its lines.
  static func lines(
    of section: GPIOSection, wiring: Wiring, on chips: [GPIOChip], pumpRuns: Bool, look: LineLook
  ) -> [Self] {
    let labels = chips.map(\.label)
    switch chip(wiring.chipLabel, on: chips) {
    case .failure(let problem):
      return [.gpio(section.explain(problem, labels: labels), problem)]
    case .success(let chip):
      var findings = [
        Diagnosis.ok("gpio.chip", "'\(chip.label)' is \(chip.device), \(chip.lines) lines")
      ]
      var taken: Set<Int32> = []
      for wire in Wire.allCases {
        do {
          let line = try line(wire, of: wiring, on: chip, taken: &taken, look: look)
          let use = try use(of: line, wire, chip, pumpRuns: pumpRuns)
          findings.append(.ok("gpio.\(wire.key)", use))
        } catch {
          findings.append(.gpio(section.explain(error, labels: labels), error))
        }
      }
      return findings
    }
  }

  /// Whether a pump holds one of the lines, whatever its state directory; nil where this user may
  /// not look.
  static func pumpHolds(_ wiring: Wiring, on chips: [GPIOChip], look: LineLook) -> Bool? {
    let chip: GPIOChip
    switch Self.chip(wiring.chipLabel, on: chips) {
    case .success(let found): chip = found
    case .failure(let problem): return problem.error == .noPermission ? nil : false
    }
    return Wire.allCases.contains { wire in
      (try? look(chip, wiring[wire]).get())?.holder == HardwareRig.consumer
    }
  }

  private static func gpio(_ told: Explanation, _ problem: RigProblem) -> Self {
    let isAPump = problem.holder == HardwareRig.consumer
    return .error(
      told.key, told.found,
      remedy: isAPump ? "end that pump, or give its --state" : told.remedy, code: problem.exitCode)
  }

  private static func chip(_ label: String, on chips: [GPIOChip]) -> Result<GPIOChip, RigProblem> {
    let named = chips.filter { $0.systemError == 0 && $0.label == label }
    if named.count > 1 { return .failure(RigProblem(.ambiguous, device: named[1].device)) }
    if let chip = named.first { return .success(chip) }
    // One that may not be opened may be the one.
    guard let closed = chips.last(where: { $0.systemError != 0 }) else {
      return .failure(RigProblem(.missing))
    }
    return .failure(RigProblem(closed.openingError, device: closed.device))
  }

  private static func line(
    _ wire: Wire, of wiring: Wiring, on chip: GPIOChip, taken: inout Set<Int32>, look: LineLook
  ) throws(RigProblem) -> GPIOChip.Line {
    switch look(chip, wiring[wire]) {
    case .success(let line):
      // A name and a number may be one line, which the file alone does not show.
      if taken.insert(line.offset).inserted { return line }
      throw RigProblem(.invalidArgument, wire: wire, device: chip.device)
    case .failure(let error):
      throw RigProblem(error, wire: wire, device: chip.device)
    }
  }

  /// What is to be said of a line that is as it should be.
  private static func use(
    of line: GPIOChip.Line, _ wire: Wire, _ chip: GPIOChip, pumpRuns: Bool
  ) throws(RigProblem) -> String {
    let name = line.name.isEmpty ? "line \(line.offset)" : "line \(line.offset), '\(line.name)',"
    if !line.isInUse { return "\(name) is free" }
    if pumpRuns && line.holder == HardwareRig.consumer {
      return "\(name) is held by the pump that runs"
    }
    throw RigProblem(.busy, wire: wire, device: chip.device, holder: line.holder)
  }
}

extension GPIOChip {
  fileprivate var openingError: HardwareError {
    systemError == EACCES || systemError == EPERM ? .noPermission : .system
  }
}
