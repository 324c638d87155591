internal import Glibc

/// What a test could not do to the kernel, and the errno that says why.
public struct KernelWorldError: Error, CustomStringConvertible {
  public let attempt: String
  public let code: Int32

  public init(_ attempt: String, code: Int32) {
    self.attempt = attempt
    self.code = code
  }

  public var description: String {
    let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return "\(attempt): \(reason)"
  }

  /// Takes the answer of a `ckw_` call: passes what is not negative, throws the errno otherwise.
  @discardableResult
  public static func check(_ status: Int32, _ attempt: String) throws(KernelWorldError) -> Int32 {
    guard status >= 0 else { throw KernelWorldError(attempt, code: -status) }
    return status
  }

  /// The error of the system call that has just failed.
  static func last(_ attempt: String) -> KernelWorldError {
    KernelWorldError(attempt, code: errno)
  }
}
