internal import DosingCore
internal import Quantities
internal import Yams

/// Reads a YAML document strictly and collects every error with its line.
///
/// One document; no anchors, aliases or tags; no unknown and no duplicate key. A value is never
/// guessed: a quantity without a unit is an error.
struct StrictYAML {
  let path: String
  private let code: ExitCode
  private(set) var errors: [String] = []
  /// Nodes know their anchors only as long as their parser lives.
  private var parser: Parser?

  /// A value and where it stands.
  struct Value {
    let node: Node
    /// As in `basal.dose`.
    let field: String

    var line: Int { node.mark?.line ?? 1 }
  }

  /// - Parameter code: how a program ends where the document is not valid.
  init(_ path: String, code: ExitCode) {
    self.path = path
    self.code = code
  }

  /// The root of the one document in a text.
  mutating func root(of source: SourceText) throws(DocumentErrors) -> Value {
    let node: Node?
    do {
      // Every value is text here. The default would take yes and "yes" for two keys.
      let parser = try Parser(yaml: source.text, resolver: .basic)
      self.parser = parser
      node = try parser.singleRoot()
    } catch {
      throw DocumentErrors(code, [Self.line(for: error, in: path)])
    }
    guard let node else {
      throw DocumentErrors(code, ["\(path):1: holds no YAML; see scripts/examples"])
    }
    return Value(node: node, field: "")
  }

  private static func line(for error: any Error, in path: String) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return "\(path):\(mark.line): is not YAML as it is accepted here: \(problem)"
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      return "\(path):\(context.mark.line): key \(keys) stands more than once; keep one"
    default:
      return "\(path): is not YAML: \(error)"
    }
  }

  // MARK: Errors

  mutating func report(_ value: Value, _ what: String) {
    report(line: value.line, value.field, what)
  }

  mutating func report(line: Int, _ field: String, _ what: String) {
    errors.append(field.isEmpty ? "\(path):\(line): \(what)" : "\(path):\(line): \(field): \(what)")
  }

  /// Throws what was collected, in order of its lines as they were met.
  func throwErrors() throws(DocumentErrors) {
    if !errors.isEmpty { throw DocumentErrors(code, errors) }
  }

  // MARK: Structure

  /// The values of a mapping by key. Unknown keys and missing required ones are errors.
  mutating func mapping(
    _ value: Value, required: [String], optional: [String] = []
  ) -> [String: Value] {
    var found: [String: Value] = [:]
    guard let pairs = plain(value)?.mapping else {
      report(
        value, "is no mapping; accepted keys: \((required + optional).joined(separator: ", "))")
      return found
    }
    for (key, node) in pairs {
      guard let name = key.scalar?.string, plain(Value(node: key, field: value.field)) != nil
      else {
        report(Value(node: key, field: value.field), "a key is no plain word")
        continue
      }
      guard required.contains(name) || optional.contains(name) else {
        report(
          line: key.mark?.line ?? value.line, value.field,
          "unknown key '\(name)'; accepted: \((required + optional).joined(separator: ", "))")
        continue
      }
      found[name] = Value(node: node, field: Self.join(value.field, name))
    }
    for name in required where found[name] == nil {
      report(value, "key '\(name)' is missing")
    }
    return found
  }

  /// The values of a mapping whose keys are the writer's own names, in order.
  mutating func named(_ value: Value) -> [(name: String, value: Value)] {
    guard let pairs = plain(value)?.mapping else {
      report(value, "is no mapping of names")
      return []
    }
    return pairs.map { key, node in
      let name = plain(Value(node: key, field: value.field))?.scalar?.string ?? ""
      return (name, Value(node: node, field: Self.join(value.field, name)))
    }
  }

  mutating func list(_ value: Value) -> [Value] {
    guard let items = plain(value)?.sequence else {
      report(value, "is no list")
      return []
    }
    return items.enumerated().map { index, node in
      Value(node: node, field: "\(value.field)[\(index + 1)]")
    }
  }

  /// The node, where it is written without anchor and tag.
  private mutating func plain(_ value: Value) -> Node? {
    if value.node.anchor != nil {
      report(value, "anchors and aliases are not accepted; write the value out")
      return nil
    }
    if Self.hasTag(value.node) {
      report(value, "tags are not accepted; write the value alone")
      return nil
    }
    return value.node
  }

  private static func hasTag(_ node: Node) -> Bool {
    // What is written without one is text, a mapping or a list here, and bears that as a tag by now.
    let plain = ["", "str", "map", "seq"].map { $0.isEmpty ? "" : "tag:yaml.org,2002:\($0)" }
    return !plain.contains("\(node.tag)")
  }

  private static func join(_ field: String, _ key: String) -> String {
    field.isEmpty ? key : "\(field).\(key)"
  }

  // MARK: Values

  mutating func word(_ value: Value?) -> String? {
    guard let value else { return nil }
    guard let node = plain(value) else { return nil }
    guard let scalar = node.scalar else {
      report(value, "is no single value")
      return nil
    }
    return scalar.string
  }

  mutating func word<Meaning>(_ value: Value?, of table: [(String, Meaning)]) -> Meaning? {
    guard let text = word(value), let value else { return nil }
    if let row = table.first(where: { $0.0 == text }) { return row.1 }
    report(value, "'\(text)' is not known; accepted: \(table.map(\.0).joined(separator: ", "))")
    return nil
  }

  mutating func quantity<Kind: WrittenQuantity>(_ value: Value?, as _: Kind.Type) -> Kind? {
    guard let text = word(value), let value else { return nil }
    do {
      return try Kind(text: text)
    } catch {
      report(value, "'\(text)' \(error)")
      return nil
    }
  }

  /// Thousandths, from a percentage with at most one decimal, as in `20 %` and `2.5 %`. How many there may be
  /// is asked elsewhere.
  mutating func permille(_ value: Value?) -> Int64? {
    guard let text = word(value), let value else { return nil }
    let number = text.hasSuffix(" %") ? text.dropLast(2) : ""
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    let isNumber =
      (1...2).contains(parts.count)
      && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    let tenths = parts.count == 2 ? parts[1] : "0"
    guard isNumber, tenths.utf8.count == 1, let permille = Int64(parts[0] + tenths) else {
      report(
        value,
        "'\(text)' is no percentage; accepted: 0 % to 100 % with at most one decimal, as in 2.5 %")
      return nil
    }
    return permille
  }

  mutating func integer(_ value: Value?, _ accepted: ClosedRange<Int>) -> Int? {
    guard let text = word(value), let value else { return nil }
    // Digits, or 0x and hexadecimal digits, as addresses are written.
    let number = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    guard let number, accepted.contains(number) else {
      report(
        value,
        "'\(text)' is no whole number from \(accepted.lowerBound) to \(accepted.upperBound)")
      return nil
    }
    return number
  }

  mutating func label(_ value: Value?) -> Label? {
    guard let text = word(value), let value else { return nil }
    guard text.utf8.allSatisfy({ $0 < 0x80 }), text.first != " ", text.last != " ",
      let label = Label(utf8: text.utf8)
    else {
      report(
        value,
        "'\(text)' is no name; accepted: 1 to \(Label.capacity) of A to Z, a to z, 0 to 9, "
          + ##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~, and spaces between them"##)
      return nil
    }
    return label
  }

  mutating func yesOrNo(_ value: Value?) -> Bool? {
    word(value, of: [("yes", true), ("no", false), ("true", true), ("false", false)])
  }

  /// The minute of a day, from `HH:MM`.
  mutating func minuteOfDay(_ value: Value?) -> UInt16? {
    guard let text = word(value), let value else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isNumber) }),
      let hour = UInt16(parts[0]), let minute = UInt16(parts[1]), hour < 24, minute < 60
    else {
      report(value, "'\(text)' is no time of day; accepted: \"00:00\" to \"23:59\"")
      return nil
    }
    return hour * 60 + minute
  }
}
