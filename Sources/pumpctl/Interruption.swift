internal import Glibc
internal import Synchronization

/// The signals with which somebody ends a program that goes on for long.
enum Interruption {
  private static let asked = Atomic<Bool>(false)
  private static let signals = [SIGINT, SIGTERM]

  /// Whoever started the program may have blocked them, and a mask is inherited.
  static func allow() {
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for number in signals { unsafe sigaddset(&mask, number) }
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  /// From here on they end nothing by themselves: whoever writes asks `isAsked`, so that nothing half
  /// done is left. Before any thread starts.
  static func catchAll() {
    // A handler may not initialise a global; this does.
    asked.store(false, ordering: .relaxed)
    for number in signals {
      _ = signal(number) { _ in Interruption.asked.store(true, ordering: .relaxed) }
    }
    allow()
  }

  static var isAsked: Bool { asked.load(ordering: .relaxed) }
}
