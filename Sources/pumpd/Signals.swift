internal import Glibc
internal import Synchronization

/// SIGINT and SIGTERM end the program in order: no step is cut in half and the lines become safe. What else
/// may be sent to a pump ends it not at all: a terminal that closes, a limit of files, somebody's typing error.
enum Signals {
  private static let ending = Atomic<Bool>(false)

  /// A write beyond a limit of size, or to nobody, then fails as any other.
  private static let ignored = [
    SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ, SIGXCPU, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
  ]

  /// Once, before any thread starts.
  static func catchEnd() {
    // A handler may not initialise a global; this does.
    ending.store(false, ordering: .relaxed)
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { _ in Signals.ending.store(true, ordering: .relaxed) }
      unsafe sigaddset(&mask, number)
    }
    // Whoever started the program may have blocked them, and a mask is inherited.
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    for number in ignored { _ = signal(number, SIG_IGN) }
  }

  static var endAsked: Bool { ending.load(ordering: .relaxed) }
}
