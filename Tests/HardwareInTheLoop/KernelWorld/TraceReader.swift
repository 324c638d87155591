internal import CKernelWorld
internal import Glibc
internal import Synchronization

/// The thread behind a `LineTrace`: reads the records and keeps the lines' histories.
final class TraceReader: Sendable {
  /// By global line number.
  let lines = Mutex<[Int: WatchedLine]>([:])
  /// The highest mark that came out of the trace.
  let lastMark = Atomic(0)
  let lost = Atomic(0)

  private let pipe: Int32
  private let onEdge: @Sendable (Edge) -> Void
  private let isEnding = Atomic(false)

  /// - Parameter pipe: not blocking; it is closed where `run` ends.
  init(pipe: Int32, onEdge: @escaping @Sendable (Edge) -> Void) {
    self.pipe = pipe
    self.onEdge = onEdge
  }

  func end() { isEnding.store(true, ordering: .relaxed) }

  func run() {
    // One read gives whole lines, at most about 8 kB of them.
    var buffer = [UInt8](repeating: 0, count: 65536)
    while !isEnding.load(ordering: .relaxed) {
      let count = unsafe read(pipe, &buffer, buffer.count)
      if count > 0 {
        unsafe buffer.withUnsafeBufferPointer { unsafe takeLines($0.prefix(count)) }
      } else {
        var wait = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&wait, 1, 50)
      }
    }
    _ = close(pipe)
  }

  private func takeLines(_ text: Slice<UnsafeBufferPointer<UInt8>>) {
    guard var next = unsafe UnsafeBufferPointer(rebasing: text).baseAddress else { return }
    var left = unsafe Int32(text.count)
    while left > 0 {
      var record = ckw_trace_record()
      let taken = unsafe ckw_trace_next(next, left, &record)
      guard taken > 0 else { return }
      take(record)
      unsafe next += Int(taken)
      left -= taken
    }
  }

  private func take(_ record: ckw_trace_record) {
    let number = Int(record.number)
    switch record.kind {
    case .CKW_TRACE_SET: takeLevel(record.level != 0, of: number, at: record.time_ns)
    case .CKW_TRACE_MARKED: lastMark.store(number, ordering: .releasing)
    case .CKW_TRACE_LOST: lost.wrappingAdd(number, ordering: .relaxed)
    case .CKW_TRACE_OTHER: break
    }
  }

  private func takeLevel(_ level: Bool, of line: Int, at timeNanoseconds: Int64) {
    let isEdge = lines.withLock { lines in
      lines[line, default: WatchedLine()].set(level, at: timeNanoseconds)
    }
    // Outside the lock: whoever hears it may ask for histories.
    if isEdge {
      onEdge(Edge(line: line, isRising: level, timeNanoseconds: timeNanoseconds))
    }
  }
}
