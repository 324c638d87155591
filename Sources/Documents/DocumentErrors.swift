/// Everything that is wrong with one file: a line each, with the place where there is one.
public struct DocumentErrors: Error, CustomStringConvertible, Sendable {
  public let exitCode: ExitCode
  public let lines: [String]

  public var description: String { lines.joined(separator: "\n") }

  init(_ exitCode: ExitCode, _ lines: [String]) {
    self.exitCode = exitCode
    self.lines = lines.map(\.onOneLine)
  }
}

extension String {
  /// The text with everything that breaks a line or moves a cursor written out, as in `\u{1b}`: a
  /// message quotes what stands in a file.
  var onOneLine: String {
    let moving: [Unicode.GeneralCategory] = [
      .control, .format, .lineSeparator, .paragraphSeparator,
    ]
    guard unicodeScalars.contains(where: { moving.contains($0.properties.generalCategory) }) else {
      return self
    }
    return unicodeScalars.map { scalar in
      moving.contains(scalar.properties.generalCategory)
        ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }.joined()
  }
}
