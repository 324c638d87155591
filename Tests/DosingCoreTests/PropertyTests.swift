import Glibc
import Quantities
import Testing

/// Histories of some days by chance, judged by `Oracle` at every tick.
///
/// `PUMP_TEST_HISTORIES=200` runs 200 of them instead of the usual ones.
@Suite struct PropertyTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let seed: UInt64
    let milliseconds: Int64
    let days: Int64

    var testDescription: String { "seed \(seed), ticks of \(milliseconds) ms, \(days) days" }
  }

  static let cases: [Case] = {
    let usual: [(milliseconds: Int64, days: Int64)] =
      Array(repeating: (100, 4), count: 16) + [(50, 3), (60, 3), (20, 2), (10, 1)]
    return (0..<(wanted ?? usual.count)).map { index in
      let shape = usual[index % usual.count]
      return Case(
        seed: 7919 * UInt64(index + 1), milliseconds: shape.milliseconds, days: shape.days)
    }
  }()

  private static var wanted: Int? {
    guard let text = unsafe getenv("PUMP_TEST_HISTORIES") else { return nil }
    return unsafe Int(String(cString: text))
  }

  /// A history whose rig and first prescription fit; some draws do not, and the next seed does.
  private static func begin(_ this: Case) -> History {
    var seed = this.seed
    while true {
      if let history = History(seed: seed, milliseconds: this.milliseconds) { return history }
      seed += 1
    }
  }

  @Test("R-001 R-002 R-003 R-004 R-005 R-010 R-011 R-012 R-015 Any history", arguments: cases)
  func anyHistory(_ this: Case) {
    var history = Self.begin(this)
    history.run(to: this.days * 86_400_000 / this.milliseconds)
    print("history of \(this.testDescription): \(history.summary)")
    #expect(history.oracle.fault == nil, "drawn from seed \(history.seed)")
  }

  @Test("R-027 The same seed gives the same decisions", arguments: [1, 2, 3] as [UInt64])
  func sameSeedSameDecisions(seed: UInt64) {
    let this = Case(seed: seed, milliseconds: 100, days: 1)
    print("twice: \(this.testDescription)")
    var first = Self.begin(this)
    var second = Self.begin(this)
    first.run(to: 400_000)
    second.run(to: 400_000)
    #expect(first.digest == second.digest)
    #expect(first.oracle.fault == nil)
  }
}
