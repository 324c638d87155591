internal import Glibc
internal import Hardware
internal import Quantities

/// How far a long run has come, on a terminal only, at most five times a second.
struct Progress {
  private let isTerminal = isatty(2) == 1
  private let total: Int64
  private let begin = RealTime.now
  private var shown = RealTime.now

  init(total: Int64) { self.total = total }

  var elapsed: Nanoseconds { RealTime.now - begin }

  mutating func show(_ done: Int64) {
    guard isTerminal, RealTime.now - shown > Nanoseconds(200_000_000) else { return }
    shown = RealTime.now
    let percent = Int128(done) * 100 / Int128(max(total, 1))
    write("\r\(percent) %, \(rate(done)) million ticks a second\u{1B}[K")
  }

  func clear() {
    if isTerminal { write("\r\u{1B}[K") }
  }

  func rate(_ done: Int64) -> Int64 { done * 1000 / max(1, elapsed.count) }

  private func write(_ text: String) {
    var bytes = Array(text.utf8)
    _ = unsafe Glibc.write(2, &bytes, bytes.count)
  }
}
