internal import Commissioning
internal import FoundationEssentials

/// What was found as text, at most 79 columns: state, name, sentence; a remedy below.
struct DoctorText {
  let lines: [String]

  private static let width = 79
  private static let stateWidth = 9
  private static let nameWidth = 16

  init(_ findings: [Diagnosis]) {
    let ok = findings.count { $0.state == .ok }
    lines =
      findings.flatMap(Self.lines) + [
        "\(ok) ok, \(Self.count(findings.warnings, "warning")), "
          + Self.count(findings.errors, "error")
      ]
  }

  private static func lines(_ finding: Diagnosis) -> [String] {
    let head = pad(finding.state.word, to: stateWidth) + pad(finding.name, to: nameWidth)
    let remedy = finding.remedy.map { wrap($0, first: pad("", to: head.count) + "> ") } ?? []
    return wrap(finding.found, first: head) + remedy
  }

  /// Breaks at spaces; a longer word stands as it is, so that a path can be copied.
  private static func wrap(_ text: String, first: String) -> [String] {
    var lines: [String] = []
    var line = first
    var isBegun = false
    for word in text.split(separator: " ") {
      if isBegun && line.count + 1 + word.count > width {
        lines.append(line)
        line = pad("", to: first.count)
        isBegun = false
      }
      line += isBegun ? " \(word)" : String(word)
      isBegun = true
    }
    return lines + [line]
  }

  private static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func count(_ number: Int, _ word: String) -> String {
    "\(number) \(word)\(number == 1 ? "" : "s")"
  }
}

extension Diagnosis.State {
  /// In capitals where something is to be done.
  fileprivate var word: String { self == .ok ? rawValue : rawValue.uppercased() }
}

/// What was found, for programs.
struct DoctorJSON: Encodable {
  struct Finding: Encodable {
    let name: String
    let state: String
    let found: String
    let remedy: String?
  }

  let findings: [Finding]
  let errors: Int
  let warnings: Int

  init(_ findings: [Diagnosis]) {
    self.findings = findings.map {
      Finding(name: $0.name, state: $0.state.rawValue, found: $0.found, remedy: $0.remedy)
    }
    errors = findings.errors
    warnings = findings.warnings
  }

  /// One line, keys in alphabetical order.
  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
