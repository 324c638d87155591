import Foundation
import Synchronization

/// A therapy of about two seconds that is carried on whatever happens to the pump: program,
/// patient bolus, stop, resume, another program, bolus.
struct KillStory {
  private let pump: KilledPump

  /// Plays it with one kill and gives the account. All violations, in sentences.
  ///
  /// - Parameter point: where the first pump is killed: the arguments of `kill-at-call`.
  static func violations(killedAt point: [String]) throws -> [String] {
    let story = KillStory(pump: try KilledPump())
    defer { story.pump.terminate() }
    _ = try story.pump.start(isNew: true, killedAt: point)
    try story.play()
    // Where it was not killed up to here, its end is a part of the story too.
    story.pump.terminate()
    try story.revive()
    try story.live(1)
    return try story.pump.account()
  }

  private func play() throws {
    try carryOut { try pump.program(KillTexts.first) }
    try live(0.3)
    try carryOut { try pump.patientBolus() }
    try live(0.3)
    try carryOut { try pump.stop() }
    try live(0.2)
    try carryOut { try pump.resume() }
    try live(0.2)
    try carryOut { try pump.program(KillTexts.second) }
    try carryOut { try pump.bolus(nanograms: 3_000, seconds: 60) }
    try live(0.3)
  }

  /// Asks until there is an answer. Where a kill took it, the pump may have heard: then a refusal
  /// is an answer too.
  private func carryOut(_ ask: () throws -> KilledPump.Answer) throws {
    for attempt in 0..<5 {
      if pump.noteDeath() { try revive() }
      let answer = try ask()
      if case .refused(let why) = answer, attempt == 0 { throw KillTestFailure(what: why) }
      if answer != .none { return }
      // No answer comes from a pump that is dying.
      for _ in 0..<200 where !pump.noteDeath() { Thread.sleep(forTimeInterval: 0.01) }
    }
    throw KillTestFailure(what: "no answer from a pump that lives: \(pump.log)")
  }

  private func live(_ seconds: Double) throws {
    let end = TherapyHistory.now + Int64(seconds * 1e9)
    while TherapyHistory.now < end {
      if pump.noteDeath() { try revive() }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  private func revive() throws {
    guard try pump.start() else {
      throw KillTestFailure(what: "does not start after a kill: \(pump.log)")
    }
    guard try pump.status()?.mode == "no-history" else { return }
    guard try pump.beginHistory() == .accepted else {
      throw KillTestFailure(what: "no new history: \(pump.log)")
    }
    if try pump.program(KillTexts.first) != .accepted {
      throw KillTestFailure(what: "no new program: \(pump.log)")
    }
  }
}

/// Calls of a system at which a process can be killed.
struct KillPoints {
  /// The arguments of `kill-at-call` that say what is counted.
  let counting: [String]
  let name: String

  /// Every call but those that only wait, of which there is one a tick and more.
  static let all = KillPoints(
    counting: ["--skip", "clock_nanosleep,nanosleep,poll,ppoll,futex,restart_syscall"],
    name: "call")

  /// The calls that write to the disk, and those that wait for it.
  static let writes = only(numbers.writes + numbers.syncs, "write")
  static let syncs = only(numbers.syncs, "sync")

  // Swift does not see the macros of <sys/syscall.h>: pwrite64, ftruncate; fsync, fdatasync.
  #if arch(x86_64)
    private static let numbers = (writes: [18, 77], syncs: [74, 75])
  #else
    private static let numbers = (writes: [68, 46], syncs: [82, 83])
  #endif

  private static func only(_ calls: [Int], _ name: String) -> KillPoints {
    let others = (0..<480).filter { !calls.contains($0) }
    return KillPoints(
      counting: ["--skip", others.map(String.init).joined(separator: ",")], name: name)
  }

  /// How many there are in one whole story, which must itself be without a fault.
  func count() throws -> (count: Int, violations: [String]) {
    let folder = try TemporaryFolder()
    let file = folder.path("count")
    let violations = try KillStory.violations(killedAt: counting + ["--count", file])
    let line = try String(contentsOfFile: file, encoding: .utf8)
    guard let count = line.split(whereSeparator: \.isWhitespace).first.flatMap({ Int($0) }) else {
      throw KillTestFailure(what: "no count in '\(line)'")
    }
    return (count, violations)
  }

  /// Before the call with this number is carried out, or after.
  func at(_ number: Int, isAfter: Bool) -> KillPoint {
    KillPoint(
      arguments: counting + ["--at", isAfter ? "\(number)x" : "\(number)"],
      name: "\(isAfter ? "after" : "before") \(name) \(number)")
  }

  static let isPermitted =
    (try? Programs.run("kill-at-call", "--", "/bin/true").code) == 0
}

struct KillPoint {
  let arguments: [String]
  let name: String
}

/// Plays the story once for each point, several at once, since they mostly wait.
///
/// - Returns: all violations, each with its point.
func violations(of points: [KillPoint], atOnce: Int) -> [String] {
  let next = Atomic<Int>(0)
  return inParallel(atOnce) {
    var found: [String] = []
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < points.count else { return found }
      do {
        let violations = try KillStory.violations(killedAt: points[index].arguments)
        found += violations.map { "\(points[index].name): \($0)" }
      } catch {
        found.append("\(points[index].name): \(error)")
      }
    }
  }
}

/// Runs the same on threads of their own, so that the pool of the tests is not used up.
private func inParallel(_ count: Int, _ body: @escaping @Sendable () -> [String]) -> [String] {
  let found = ParallelResults()
  for _ in 0..<count {
    Thread.detachNewThread { found.add(body()) }
  }
  return found.take(count)
}

private final class ParallelResults: Sendable {
  private let results = Mutex<[String]>([])
  private let done = DispatchSemaphore(value: 0)

  func add(_ more: [String]) {
    results.withLock { $0 += more }
    done.signal()
  }

  func take(_ count: Int) -> [String] {
    for _ in 0..<count { done.wait() }
    return results.withLock { $0 }
  }
}
