/// Where a line is on its chip, as a rig file says it.
public enum WrittenLine: Equatable, Sendable {
  case offset(Int)
  case name(String)
}

/// The section `gpio` of a rig file: which line of which chip each wire is.
public struct GPIOSection: Equatable, Sendable {
  /// The label of the chip, not its number.
  public var chip: String
  public var step: WrittenLine
  public var direction: WrittenLine
  public var enable: WrittenLine
  public var heartbeat: WrittenLine
  public var buzzer: WrittenLine
  public var lamp: WrittenLine

  /// The keys of the wires.
  static let wires = ["step", "dir", "enable", "heartbeat", "buzzer", "lamp"]
}

extension StrictYAML {
  mutating func gpio(_ value: Value) -> GPIOSection? {
    let keys = mapping(value, required: ["chip"] + GPIOSection.wires)
    let chip = name(keys["chip"])
    var lines: [WrittenLine] = []
    for wire in GPIOSection.wires {
      guard let written = keys[wire], let line = line(written) else { continue }
      if let other = lines.firstIndex(of: line) {
        report(written, "is the line of '\(GPIOSection.wires[other])' too; give each wire its own")
      }
      lines.append(line)
    }
    guard let chip, lines.count == GPIOSection.wires.count else { return nil }
    return GPIOSection(
      chip: chip, step: lines[0], direction: lines[1], enable: lines[2], heartbeat: lines[3],
      buzzer: lines[4], lamp: lines[5])
  }

  private mutating func line(_ value: Value) -> WrittenLine? {
    guard let text = word(value) else { return nil }
    // A sign belongs to a number, whatever it is worth.
    guard text.drop(while: { $0 == "-" }).allSatisfy(\.isNumber) else {
      return name(value).map { .name($0) }
    }
    return integer(value, 0...1023).map { .offset($0) }
  }

  /// What the kernel can hold as the name of a chip or a line.
  private mutating func name(_ value: Value?) -> String? {
    guard let value, let text = word(value) else { return nil }
    let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard (1...31).contains(text.utf8.count), isPlain else {
      report(value, "'\(text)' is no name of a chip or a line; accepted: 1 to 31 ASCII characters")
      return nil
    }
    return text
  }
}
