internal import Conformance
internal import Glibc
internal import Hardware
internal import KernelWorld
internal import Quantities
internal import Synchronization

/// Tells what the motor does through a serial line of its own, which a loss of power does not reach.
///
/// A line for each event: a word, the time by CLOCK_MONOTONIC in ns, and more words. What is written is
/// outside the machine when the call returns: the emulated port has no buffer of its own.
final class PowerCutWitness: Sendable {
  private let chip: GPIOSim
  private let trace: LineTrace
  private let line: SerialLine
  private let counted: StepCount

  static func chip() throws -> GPIOSim {
    try GPIOSim(
      label: BenchTexts.chip, lines: 32, names: [17: BenchTexts.stepLine], device: "bench")
  }

  /// With a chip of the bench's wiring, on which nothing has happened yet.
  init() throws {
    let chip = try Self.chip()
    let line = try SerialLine("/dev/ttyS1")
    let counted = StepCount()
    let step = chip.base + Int(BenchTexts.offset(of: .step))
    self.chip = chip
    self.line = line
    self.counted = counted
    trace = try LineTrace(instance: "bench", isPrompt: true) { edge in
      guard edge.line == step, edge.isRising else { return }
      line.write("edge \(edge.timeNanoseconds)\n")
      counted.add()
    }
  }

  /// Steps that were told of.
  var steps: Int { counted.count }

  func say(_ word: String, _ more: String...) throws { try say(word, words: more) }

  func say(_ word: String, words more: [String]) throws {
    try expect(trace.lostEvents, is: 0, "events that the kernel lost")
    line.write(([word, "\(RealTime.now.count)"] + more).joined(separator: " ") + "\n")
  }

  /// Every step that was made before this call is told of when it returns.
  func catchUp() throws { try trace.catchUp() }
}

private final class StepCount: Sendable {
  private let steps = Atomic(0)

  var count: Int { steps.load(ordering: .acquiring) }

  func add() { steps.wrappingAdd(1, ordering: .releasing) }
}

private final class SerialLine: Sendable {
  private let file: Int32

  init(_ path: String) throws {
    file = unsafe open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
    try expect(file >= 0, "no second serial line: \(errno)")
    var settings = termios()
    _ = unsafe tcgetattr(file, &settings)
    unsafe cfmakeraw(&settings)
    _ = unsafe tcsetattr(file, TCSANOW, &settings)
  }

  deinit { _ = close(file) }

  /// In one call, so that lines of two threads stay whole.
  func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(file, bytes, bytes.count)
  }
}
