internal import CKernelWorld
internal import Glibc
internal import Synchronization

/// Sees what every GPIO line of the machine is set to, and loses nothing: the kernel records it.
///
/// It has a trace instance of its own, so that nobody else takes its records, and a thread that reads
/// them. A line that is released, or whose holder dies, leaves no record: see `forgetLevels`.
public final class LineTrace: Sendable {
  private let directory: String
  private let reader: TraceReader
  private let thread: Thread
  private let nextMark = Atomic(1)
  private let isStopped = Atomic(false)

  /// - Parameters:
  ///   - instance: the name of the trace instance. One that an earlier run left is taken away.
  ///   - isPrompt: the reader is woken by each record, and not within 50 ms of it.
  ///   - onEdge: hears every edge, in order, on the reader's thread. The histories know it already.
  public init(
    instance: String, isPrompt: Bool = false, onEdge: @escaping @Sendable (Edge) -> Void = { _ in }
  ) throws(KernelWorldError) {
    directory = "/sys/kernel/tracing/instances/\(instance)"
    try Files.removeDirectory(directory)
    try Files.makeDirectory(directory)
    try Files.write("mono", to: "\(directory)/trace_clock")
    // Of each processor: room for about 170 000 records.
    try Files.write("4096", to: "\(directory)/buffer_size_kb")
    // How full the buffer has to be before a waiting reader is woken.
    if isPrompt { try Files.write("0", to: "\(directory)/buffer_percent") }
    try Files.write("get == 0", to: "\(directory)/events/gpio/gpio_value/filter")
    let pipe = unsafe open("\(directory)/trace_pipe", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard pipe >= 0 else { throw .last("open \(directory)/trace_pipe") }
    let reader = TraceReader(pipe: pipe, onEdge: onEdge)
    self.reader = reader
    do {
      thread = try Thread { reader.run() }
    } catch {
      _ = close(pipe)
      throw error
    }
    try Files.write("1", to: "\(directory)/events/gpio/gpio_value/enable")
  }

  deinit { reader.end() }

  /// What a line has done, by its global number.
  public func history(of line: Int) -> LineHistory {
    reader.lines.withLock { $0[line]?.history ?? LineHistory() }
  }

  /// How many times a line was high for less than `nanoseconds`, of the times not forgotten.
  public func highTimes(of line: Int, below nanoseconds: Int64) -> Int {
    reader.lines.withLock { lines in
      lines[line]?.highTimes.count { $0 < nanoseconds } ?? 0
    }
  }

  /// Forgets how long lines were high, for all of them.
  public func forgetHighTimes() {
    reader.lines.withLock { lines in
      for line in lines.keys { lines[line]?.forgetHighTimes() }
    }
  }

  /// Takes these lines for low again, without an edge: for lines that were released.
  public func forgetLevels(of numbers: Range<Int>) {
    reader.lines.withLock { lines in
      for line in lines.keys where numbers.contains(line) { lines[line]?.forgetLevel() }
    }
  }

  /// Waits until everything that was recorded before this call has been seen; 30 s at most.
  public func catchUp() throws(KernelWorldError) {
    let mark = nextMark.wrappingAdd(1, ordering: .relaxed).oldValue
    try Files.write("\(CKW_TRACE_MARK)\(mark)", to: "\(directory)/trace_marker")
    _ = try Wait.upTo(seconds: 30, for: "read the trace up to a mark") {
      () throws(KernelWorldError) in
      reader.lastMark.load(ordering: .acquiring) >= mark ? true : nil
    }
  }

  /// Records that were overwritten before they were read. Anything but 0 makes the counts worthless.
  public var lostEvents: Int {
    var counted = 0
    for cpu in Files.list("\(directory)/per_cpu") {
      let stats = (try? Files.read("\(directory)/per_cpu/\(cpu)/stats")) ?? ""
      for line in stats.split(separator: "\n")
      where line.hasPrefix("overrun: ") || line.hasPrefix("dropped events: ") {
        counted += line.split(separator: " ").last.flatMap { Int($0) } ?? 0
      }
    }
    // Both tell of the same records, the reader's text only once it comes to the gap.
    return max(counted, reader.lost.load(ordering: .relaxed))
  }

  /// Ends the recording and takes the instance away. What was seen can still be asked for.
  public func stop() throws(KernelWorldError) {
    guard !isStopped.exchange(true, ordering: .relaxed) else { return }
    try Files.write("0", to: "\(directory)/events/gpio/gpio_value/enable")
    reader.end()
    thread.join()
    try Files.removeDirectory(directory)
  }
}
