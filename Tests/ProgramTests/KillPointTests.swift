import Foundation
import Testing

/// Kills the pump at every system call of a therapy.
///
/// `PUMP_KILLS=all` takes every one of them, before and after the call, and `PUMP_KILLS=500`
/// about so many; else it is a small sample.
@Suite(.serialized) struct KillPointTests {
  private static let asked = ProcessInfo.processInfo.environment["PUMP_KILLS"]
  static let takesAll = asked == "all"
  static let number = asked.flatMap { Int($0) }
  /// They mostly wait.
  private static let atOnce = 8

  @Test(
    "R-080 R-083 R-084 R-085 R-087 a kill at any call: no step twice, no limit crossed, delivery goes on",
    .enabled(if: KillPoints.isPermitted, "needs ptrace to kill at a system call"))
  func killedAtAnyCall() throws {
    let points = try Self.points(of: .all, sample: 28)
    #expect(points.isEmpty == false)
    for violation in violations(of: points, atOnce: Self.atOnce) { Issue.record("\(violation)") }
  }

  @Test(
    "R-080 R-083 R-084 R-085 R-087 a kill before and after any write of the journal is survived",
    .enabled(if: KillPoints.isPermitted, "needs ptrace to kill at a system call"))
  func killedAtAnyWrite() throws {
    let points = try Self.points(of: Self.takesAll ? .writes : .syncs, sample: 32)
    for violation in violations(of: points, atOnce: Self.atOnce) { Issue.record("\(violation)") }
  }

  /// All of them, or a sample that is spread over the story.
  private static func points(of all: KillPoints, sample: Int) throws -> [KillPoint] {
    let (count, violations) = try all.count()
    for violation in violations { Issue.record("without a kill: \(violation)") }
    let every = (1...max(1, count)).flatMap { number in
      [all.at(number, isAfter: false), all.at(number, isAfter: true)]
    }
    let sample = number ?? sample
    guard !takesAll, every.count > sample else { return every }
    // An odd stride, so that before and after take turns.
    let stride = (every.count / sample) | 1
    return Swift.stride(from: 0, to: every.count, by: stride).map { every[$0] }
  }
}
