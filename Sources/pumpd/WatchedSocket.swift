internal import Documents
internal import Logging
internal import ProgrammerLink
internal import Synchronization

/// The socket of the link, looked after by the journal thread: the link thread touches no disk.
final class WatchedSocket: Sendable {
  private let watch = Mutex<SocketWatch?>(nil)

  /// - Parameter new: nil before the server goes, and its socket with it.
  func watch(_ new: SocketWatch?) { watch.withLock { $0 = new } }

  func look(_ log: Logger) {
    watch.withLock { watch in
      guard let path = watch?.path else { return }
      do {
        if try watch?.look() == true { log.warning("\(path) was taken away; it was made again") }
      } catch {
        let why = (error as? LinkError)?.failure(at: path).message ?? "look at \(path)"
        log.error("it was taken away and cannot be made again: \(why)")
      }
    }
  }
}
