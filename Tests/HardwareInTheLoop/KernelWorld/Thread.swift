internal import Glibc

/// A thread with a body. It runs until the body returns, whether or not somebody keeps this.
struct Thread: Sendable {
  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let identity: pthread_t

  init(_ run: @escaping @Sendable () -> Void) throws(KernelWorldError) {
    let body = unsafe Unmanaged.passRetained(Body(run))
    var identity = pthread_t()
    let failure = unsafe pthread_create(
      &identity, nil,
      { body in
        guard let body = unsafe body else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    guard failure == 0 else {
      unsafe body.release()
      throw KernelWorldError("start a thread", code: failure)
    }
    self.identity = identity
  }

  /// Waits for its end. Once, and not after `detach`.
  func join() { _ = pthread_join(identity, nil) }

  /// Nobody will wait for its end.
  func detach() { _ = pthread_detach(identity) }
}
