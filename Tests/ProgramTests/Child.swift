import Glibc

/// A process of its own, started and awaited by the plain calls.
///
/// Awaited by its ID and not by a pipe, which another child could hold open.
final class Child {
  let id: pid_t
  private var ended: Int32?

  init(_ program: String, _ arguments: [String], output: String, errors: String) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let create = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, create, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, create, 0o600)

    var words = unsafe ([program] + arguments).map { unsafe strdup($0) }
    unsafe words.append(nil)
    let count = unsafe words.count
    defer { for index in 0..<count { unsafe free(words[index]) } }
    var started = pid_t()
    let error = unsafe posix_spawn(&started, program, &actions, nil, words, environ)
    guard error == 0 else { throw StartFailure(program: program, errno: error) }
    id = started
  }

  deinit {
    guard ended == nil else { return }
    kill(SIGKILL)
    _ = wait()
  }

  func kill(_ signal: Int32) { _ = Glibc.kill(id, signal) }

  /// The exit code, or 128 and the signal that ended it.
  func wait() -> Int32 {
    if let ended { return ended }
    var status: Int32 = 0
    while unsafe waitpid(id, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
    ended = code
    return code
  }
}

struct StartFailure: Error {
  let program: String
  let errno: Int32
}
