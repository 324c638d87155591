public import Documents

/// One answer to the question whether this machine can run a rig.
public struct Diagnosis: Equatable, Sendable {
  public enum State: String, Sendable {
    case ok
    /// The rig runs, but worse than it could; or only a person can check it.
    case warning
    /// The rig does not run, or must not.
    case error
  }

  /// What was looked at; for parts of a rig the key in its file, as in `gpio.step`.
  public let name: String
  public let state: State
  /// One sentence.
  public let found: String
  /// What a person can do about it. Nil where the state is ok.
  public let remedy: String?
  /// What this alone ends the program with.
  public let code: ExitCode

  static func ok(_ name: String, _ found: String) -> Self {
    Self(name: name, state: .ok, found: found, remedy: nil, code: .done)
  }

  static func warning(_ name: String, _ found: String, remedy: String) -> Self {
    Self(name: name, state: .warning, found: found, remedy: remedy, code: .done)
  }

  static func error(
    _ name: String, _ found: String, remedy: String, code: ExitCode = .unavailable
  ) -> Self {
    Self(name: name, state: .error, found: found, remedy: remedy, code: code)
  }
}

extension [Diagnosis] {
  public var errors: Int { count { $0.state == .error } }
  public var warnings: Int { count { $0.state == .warning } }

  /// `noPermission` only where permissions are all that is missing.
  public var exitCode: ExitCode {
    let codes = filter { $0.state == .error }.map(\.code)
    guard let first = codes.first else { return .done }
    return codes.allSatisfy { $0 == first } ? first : .unavailable
  }
}
