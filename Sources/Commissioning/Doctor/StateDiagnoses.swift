internal import Documents

// Whether a pump can have its directory and its socket, and whether one runs there already.

extension Diagnosis {
  static func stateDirectory(_ path: String, _ facts: StateFacts) -> Self {
    let name = "state directory"
    switch facts {
    case .missing(parentIsThere: false, canBeMade: _):
      return .error(
        name, "\(path) is not there, and neither is the directory above it",
        remedy: "make the directory above, or give another --state")
    case .missing(parentIsThere: true, canBeMade: true):
      return .ok(name, "\(path) is not there yet; pumpd makes it")
    case .missing(parentIsThere: true, canBeMade: false):
      return .error(
        name, "\(path) is not there, and this user may not make it",
        remedy: "make it and give it to this user, or give another --state", code: .noPermission)
    case .notADirectory:
      return .error(name, "\(path) is no directory", remedy: "give another --state")
    case .hidden:
      return .error(
        name, "\(path): this user may not look there", remedy: Remedy.anotherUser,
        code: .noPermission)
    case .there(_, lock: .held):
      return .ok(name, "\(path): a pumpd runs there, which is no error")
    case .there(isWritable: false, lock: _):
      return .error(
        name, "\(path): this user may not write there",
        remedy: "give it to the user that runs pumpd, or look as that user, with --user NAME",
        code: .noPermission)
    case .there(isWritable: true, lock: .hidden):
      return .error(
        name, "\(path): this user may not see whether a pumpd runs there",
        remedy: Remedy.anotherUser, code: .noPermission)
    case .there(isWritable: true, lock: .free):
      return .ok(name, "\(path) is writable, and no pumpd runs there")
    }
  }

  static func stateInMemory(_ path: String) -> Self {
    .warning(
      "state directory", "\(path) is in memory: what is written down there goes with the power",
      remedy: "give a --state on a disk, unless this is a trial")
  }

  /// - Parameters:
  ///   - answer: what came of a connection; nil where there was none to try.
  ///   - pumpRuns: a pump holds the state directory.
  static func socket(
    _ path: String, _ facts: SocketFacts, answer: SocketAnswer?, pumpRuns: Bool
  ) -> Self {
    let name = "socket"
    if answer == .pathTooLong {
      return .error(name, "\(path) is longer than 107 bytes", remedy: "give a shorter --socket")
    }
    switch facts {
    case .missing where pumpRuns:
      return .warning(
        name, "\(path) is not there, although a pumpd runs",
        remedy: "give the --socket of that pump")
    case .missing: return .ok(name, "\(path) is not there yet; pumpd makes it")
    case .hidden:
      return .error(
        name, "\(path): this user may not look there", remedy: Remedy.anotherUser,
        code: .noPermission)
    case .other:
      return .error(
        name, "\(path) is no socket, and pumpd leaves it alone and does not start",
        remedy: "move it away, or give another --socket")
    case .socket(let mode, let owner, let group):
      let who = Self.whoMayConnect(mode, owner: owner, group: group)
      return socket(path, who: who, answer)
    }
  }

  private static func socket(
    _ path: String, who: String, _ answer: SocketAnswer?
  ) -> Self {
    let name = "socket"
    switch answer {
    case .nobodyListens:
      return .warning(
        name, "\(path) is left over: nobody listens there",
        remedy: "nothing, if no pump should run: the next pumpd replaces it")
    case .noPermission:
      return .error(
        name, "\(path): this user may not connect; \(who) may",
        remedy: "ask for the pump's group, or run this as the pump's user", code: .noPermission)
    case .failed(let reason):
      return .error(name, "\(path): \(reason)", remedy: "see the log of pumpd")
    case .connected, .pathTooLong, nil:
      return .ok(name, "\(path): a pump listens; \(who) may connect, and it asks who it is")
    }
  }

  private static func whoMayConnect(_ mode: UInt32, owner: String, group: String) -> String {
    if mode & 0o002 != 0 { return "everybody" }
    return mode & 0o020 != 0 ? "user \(owner) and group \(group)" : "user \(owner)"
  }
}
