/// A value of JSON, its keys in the order in which they were given.
public enum JSONText {
  case text(String)
  case number(String)
  case flag(Bool)
  case list([JSONText])
  case object([(name: String, value: JSONText)])

  static func number(_ number: some BinaryInteger) -> JSONText { .number("\(number)") }

  /// Short values on one line, long ones on lines of their own.
  public func written(indent: Int = 0) -> String {
    let short = oneLine
    if short.utf8.count + indent <= 110 { return short }
    let inner = String(repeating: " ", count: indent + 2)
    func lines(_ items: [String], _ begin: String, _ end: String) -> String {
      begin + "\n" + items.map { inner + $0 }.joined(separator: ",\n") + "\n"
        + String(repeating: " ", count: indent) + end
    }
    switch self {
    case .list(let values):
      return lines(values.map { $0.written(indent: indent + 2) }, "[", "]")
    case .object(let members):
      return lines(
        members.map { Self.quoted($0.name) + ": " + $0.value.written(indent: indent + 2) }, "{",
        "}")
    case .text, .number, .flag: return short
    }
  }

  private var oneLine: String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .number(let digits): digits
    case .flag(let flag): flag ? "true" : "false"
    case .list(let values): "[" + values.map(\.oneLine).joined(separator: ", ") + "]"
    case .object(let members):
      "{"
        + members.map { Self.quoted($0.name) + ": " + $0.value.oneLine }.joined(separator: ", ")
        + "}"
    }
  }

  /// Nothing but printable ASCII is written here.
  private static func quoted(_ text: String) -> String {
    var quoted = ""
    for character in text {
      if character == "\"" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return "\"\(quoted)\""
  }
}
