/// How a program ends, after sysexits.h; a script may rely on these.
public enum ExitCode: Int32, Sendable, CaseIterable {
  case done = 0
  /// A run broke a rule of its oracle.
  case violation = 1
  /// The words of the command line.
  case usage = 64
  /// A prescription or a scenario is not valid, or the pump refused a request.
  case badData = 65
  /// There is no such file.
  case badInput = 66
  /// Hardware, state directory, socket or output file; or no pump answers.
  case unavailable = 69
  /// A defect of the program.
  case internalError = 70
  case noPermission = 77
  /// The rig file is not valid.
  case badConfiguration = 78
}

/// Something that ends a program: one line and an exit code.
public struct Failure: Error {
  public let code: ExitCode
  public let message: String

  public init(_ code: ExitCode, _ message: String) {
    self.code = code
    self.message = message
  }
}
