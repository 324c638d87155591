internal import Glibc

/// The word to whoever supervises this process, by the protocol of sd_notify(3): one datagram to the
/// socket that NOTIFY_SOCKET names. Does nothing where nobody asks for it.
struct Supervisor {
  private let socket: Int32
  private let address: sockaddr_un
  private let length: socklen_t
  /// Half of what the supervisor waits, as sd_watchdog_enabled(3) advises; nil where it does not wait.
  private let period: Int64?
  private var isReady = false
  private var told = Progress(ticks: 0, turns: 0)
  private var toldAt: Int64 = 0

  /// A day. Who waits longer is told as often.
  private static let microsecondsMax: Int64 = 86_400_000_000

  /// What only a pump that works can show: ticks that ran, and turns of the link thread.
  private struct Progress {
    var ticks: Int64
    var turns: Int64
  }

  init() {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Self.environment("NOTIFY_SOCKET") ?? ""
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      for (index, byte) in path.utf8.prefix(capacity).enumerated() {
        // A name that begins with @ is in the abstract space, which begins with 0.
        unsafe bytes[index] = index == 0 && byte == UInt8(ascii: "@") ? 0 : byte
      }
    }
    self.address = address
    length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count)
    let isUsable = (2...capacity).contains(path.utf8.count)
    socket =
      isUsable ? Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) : -1
    // Whatever it says: a word too often harms nobody.
    period = Self.environment("WATCHDOG_USEC").flatMap { Int64($0) }.map {
      min(max(0, $0), Self.microsecondsMax) * 1000 / 2
    }
  }

  /// Tells that the pump is ready, once it ticks, and then that it is alive, as long as it is.
  mutating func tell(ticks: Int64, turns: Int64) {
    guard socket >= 0, ticks > told.ticks else { return }
    if !isReady {
      isReady = true
      send("READY=1\n")
    }
    let now = Self.now
    // Both threads must have moved on: a pump that does not hear `stop` is no better than a dead one.
    guard let period, now - toldAt >= period, turns > told.turns else { return }
    told = Progress(ticks: ticks, turns: turns)
    toldAt = now
    send("WATCHDOG=1\n")
  }

  func tellEnd() { send("STOPPING=1\n") }

  private func send(_ text: String) {
    guard socket >= 0 else { return }
    var address = address
    let length = length
    _ = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe sendto(
          socket, text, text.utf8.count, Int32(MSG_NOSIGNAL), address, length)
      }
    }
  }

  private static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  private static var now: Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
