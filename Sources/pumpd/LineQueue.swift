internal import Glibc
internal import Hardware
internal import Quantities
internal import Synchronization

/// Lines on their way to a file that may take its time, or take nothing any more. Bounded: what finds no room
/// is dropped, and how much that was is told when there is room again.
@safe final class LineQueue: @unchecked Sendable {
  private struct Waiting {
    var text: [UInt8] = []
    var dropped = 0
    /// Bytes that the thread has taken and not written yet.
    var inHand = 0
    var isEnding = false
  }

  private let waiting = Mutex(Waiting())
  private let file: Int32
  private let there: UnsafeMutablePointer<sem_t>

  /// Some thousand lines.
  static let bytesMax = 256 << 10
  /// How long the last lines may take.
  private static let patience = Nanoseconds.seconds(1)

  /// - Parameter file: stays the caller's.
  init(to file: Int32) {
    self.file = file
    unsafe there = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    unsafe sem_init(there, 0, 0)
  }

  deinit {
    unsafe sem_destroy(there)
    unsafe there.deallocate()
  }

  /// From any thread; never waits.
  func append(_ line: String) {
    let line = Array(line.utf8)
    waiting.withLock {
      if $0.isEnding || $0.text.count + $0.inHand + line.count > Self.bytesMax {
        $0.dropped += 1
      } else {
        if $0.dropped > 0 {
          $0.text += Array("\($0.dropped) lines were dropped: nobody read them\n".utf8)
          $0.dropped = 0
        }
        $0.text += line
      }
    }
    unsafe sem_post(there)
  }

  /// What nobody has read yet.
  var bytesWaiting: Int { waiting.withLock { $0.text.count + $0.inHand } }

  /// Gives the last lines a moment. What comes later is dropped.
  func end() {
    let until = RealTime.now + Self.patience
    while bytesWaiting > 0, RealTime.now < until {
      RealTime.sleep(until: RealTime.now + .milliseconds(1))
    }
    waiting.withLock { $0.isEnding = true }
    unsafe sem_post(there)
  }

  /// The body of the thread that waits in their place; it ends after `end()`, or never where nobody reads.
  func run() {
    while true {
      while unsafe sem_wait(there) != 0 && errno == EINTR {}
      let (text, isEnding) = waiting.withLock {
        let taken = ($0.text, $0.isEnding)
        ($0.text, $0.inHand) = ([], $0.text.count)
        return taken
      }
      write(text[...])
      waiting.withLock { $0.inHand = 0 }
      if isEnding { return }
    }
  }

  private func write(_ text: ArraySlice<UInt8>) {
    var rest = text
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress, $0.count)
      }
      if written == 0 { return }
      if written < 0 && errno == EAGAIN {
        // Somebody else has made it one that does not wait.
        RealTime.sleep(until: RealTime.now + .milliseconds(10))
      } else if written < 0 && errno != EINTR {
        return
      }
      rest = rest.dropFirst(max(0, written))
    }
  }
}
