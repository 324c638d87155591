/// What did not hold, in one sentence.
public struct Violation: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

public func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws(Violation) {
  if !condition { throw Violation(what()) }
}

public func expect<Value: Equatable>(
  _ found: Value, is wanted: Value, _ what: String
) throws(Violation) {
  if found != wanted { throw Violation("\(what): \(found) in place of \(wanted)") }
}

/// What `body` throws; that it throws nothing is the violation.
public func failure(of what: String, _ body: () throws -> Void) throws(Violation) -> any Error {
  do {
    try body()
  } catch {
    return error
  }
  throw Violation("\(what) went well")
}

/// One check of a suite. Its name begins with the requirement that it verifies.
public struct Case: Sendable, CustomStringConvertible {
  public let name: String
  public let run: @Sendable () throws -> Void

  public init(_ name: String, _ run: @escaping @Sendable () throws -> Void) {
    self.name = name
    self.run = run
  }

  public var description: String { name }
}
