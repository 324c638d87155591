/// Everything that is wrong with one file: a line each, with the place where there is one.
public struct DocumentErrors: Error, CustomStringConvertible, Sendable {
  public let exitCode: ExitCode
  public let lines: [String]

  public var description: String { lines.joined(separator: "\n") }

  init(_ exitCode: ExitCode, _ lines: [String]) {
    self.exitCode = exitCode
    self.lines = lines
  }
}
