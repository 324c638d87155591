public import Glibc

/// A process of its own, started and awaited by the plain calls.
///
/// Awaited by its ID and not by a pipe, which another child could hold open.
public final class Child {
  public let id: pid_t
  private var ended: Int32?

  /// - Parameters:
  ///   - input: a file for standard input.
  ///   - output: a file for standard output, and `errors` one for standard error; written anew.
  ///   - environment: what is added to the environment, as in `NAME=value`.
  public init(
    _ program: String, _ arguments: [String], input: String = "/dev/null", output: String,
    errors: String, environment: [String] = []
  ) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let create = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, create, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, create, 0o600)
    id = unsafe try Self.spawn(program, arguments, environment, &actions)
  }

  private static func spawn(
    _ program: String, _ arguments: [String], _ environment: [String],
    _ actions: inout posix_spawn_file_actions_t
  ) throws -> pid_t {
    var words = unsafe ([program] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    var variables = unsafe environment.map { unsafe strdup($0) }
    var index = 0
    while let variable = unsafe environ[index] {
      index += 1
      // A name that is there twice is read in one way by some programs and in another by others.
      let name = unsafe String(cString: variable).prefix { $0 != "=" }
      if environment.contains(where: { $0.hasPrefix("\(name)=") }) { continue }
      unsafe variables.append(strdup(variable))
    }
    unsafe variables.append(nil)
    defer {
      for index in unsafe words.indices { unsafe free(words[index]) }
      for index in unsafe variables.indices { unsafe free(variables[index]) }
    }
    var started = pid_t()
    // A mask is inherited: a thread that blocks signals must not make a child that nobody can end.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    unsafe posix_spawnattr_setsigmask(&attributes, &mask)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let error = unsafe posix_spawn(&started, program, &actions, &attributes, words, variables)
    guard error == 0 else { throw StartFailure(program: program, errno: error) }
    return started
  }

  deinit {
    guard ended == nil else { return }
    kill(SIGKILL)
    _ = wait()
  }

  public func kill(_ signal: Int32) { _ = Glibc.kill(id, signal) }

  /// The exit code, or 128 and the signal that ended it.
  public func wait() -> Int32 {
    if let ended { return ended }
    var status: Int32 = 0
    while unsafe waitpid(id, &status, 0) < 0 && errno == EINTR {}
    return end(status)
  }

  /// Whether it has ended; then `wait()` returns at once.
  public var hasEnded: Bool {
    if ended != nil { return true }
    var status: Int32 = 0
    guard unsafe waitpid(id, &status, WNOHANG) == id else { return false }
    _ = end(status)
    return true
  }

  private func end(_ status: Int32) -> Int32 {
    let signal = status & 0x7f
    let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
    ended = code
    return code
  }
}

public struct StartFailure: Error {
  public let program: String
  public let errno: Int32
}
