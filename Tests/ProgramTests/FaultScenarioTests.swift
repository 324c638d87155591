import Documents
import DosingCore
import Foundation
import Testing

/// Every row of the fault table, and every two that can be on together, on the bench: told in time, at their priority,
/// and nothing else with them; the oracle, which shares no code with the engine, is content.
@Suite struct FaultScenarioTests {
  private static let rig = Texts.rig(with: Texts.encoder, Texts.loadCell, Texts.pressure)

  struct Pair: CustomStringConvertible, Sendable {
    let first: FaultScenario
    let second: FaultScenario

    var description: String { "\(first) and then \(second)" }
  }

  /// All pairs but those of one cause, and those of which the second could not be seen beside the first.
  private static let pairs: [Pair] = {
    var pairs: [Pair] = []
    for (index, one) in FaultScenario.all.enumerated() {
      for other in FaultScenario.all[(index + 1)...] where !one.brings.contains(other.code) {
        let orders = [Pair(first: one, second: other), Pair(first: other, second: one)]
        if let pair = orders.first(where: { !hides($0.second, behind: $0.first) }) {
          pairs.append(pair)
        }
      }
    }
    return pairs
  }()

  private static func hides(_ second: FaultScenario, behind first: FaultScenario) -> Bool {
    let codes = first.brings.union([first.code])
    return !second.hiddenBy.isDisjoint(with: codes)
      || second.needsSteps && codes.contains { FaultRow(of: $0).gate != .run }
  }

  /// Each alarm of a run by code, when it was raised first, how urgent it became, and when it ended.
  private struct Told {
    var raised: Double
    var priorities: Set<String>
    var ended: Double
  }

  private func run(_ events: [String]) throws -> [String: Told] {
    let folder = try TemporaryFolder()
    let path = folder.path("trace.csv")
    let summary = try folder.summary("6 h", events, rig: Self.rig, trace: path)
    // A purge goes into a beaker, and is none of what the gates hold back.
    if !events.contains(where: { $0.contains("purge") }) {
      let trace = try String(contentsOfFile: path, encoding: .utf8)
      let wrong = GateJudge(summary, trace: trace).faults
      #expect(wrong.isEmpty, "\(wrong)")
    }
    var told: [String: Told] = [:]
    for (name, time) in raisedAlarms(summary) {
      let words = name.split(separator: " ").map(String.init)
      var known = told[words[1]] ?? Told(raised: time.raised, priorities: [], ended: time.ended)
      known.raised = min(known.raised, time.raised)
      known.ended = max(known.ended, time.ended)
      known.priorities.insert(words[0])
      told[words[1]] = known
    }
    return told
  }

  @Test("R-063 A step behind a gate that is closed is found, and one more than an attempt has")
  func gates() {
    func judge(_ code: String, _ raised: Double, _ ended: Double?, _ steps: [Double]) -> [String] {
      var alarm: [String: Any] = ["code": code, "priority": "high", "raised_s": raised]
      if let ended { alarm["cleared_s"] = ended }
      let rows = ["time_ns,motor_steps"] + steps.map { "\(Int64($0 * 1e9)),1" }
      return GateJudge(["alarms": [alarm]], trace: rows.joined(separator: "\n") + "\n").faults
    }
    #expect(judge("stopped", 10, 20, [9, 10, 20, 21]).isEmpty)
    #expect(judge("stopped", 10, 20, [9, 11]).count == 1)
    #expect(judge("hard-stop", 10, nil, [9_999]).count == 1)
    #expect(judge("encoder-lost", 10, 20, [11, 12]).isEmpty)
    let attempt = (0..<64).map { 75 + Double($0) }
    #expect(judge("stalled", 10, 300, attempt).isEmpty)
    #expect(judge("stalled", 10, 300, [69.5] + attempt).count == 1)
    #expect(judge("stalled", 10, 300, [69.5]).count == 1)
  }

  @Test("R-113 Each row of the fault table has a scenario, or a suite of its own that names it")
  func everyRow() throws {
    let here = Set(FaultScenario.all.map(\.code))
    #expect(here.count == FaultScenario.all.count)
    #expect(here.isDisjoint(with: FaultScenario.elsewhere.keys))
    #expect(here.union(FaultScenario.elsewhere.keys) == Set(FaultCode.allCases))
    let tests = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "..")
    for (code, suite) in FaultScenario.elsewhere {
      let text = try String(contentsOf: tests.appending(path: "\(suite).swift"), encoding: .utf8)
      #expect(
        text.contains(".\(code)") || text.contains(code.code), "\(suite) says nothing of \(code)")
    }
  }

  @Test(
    "R-063 R-113 A fault alone is told in its time, as urgently as its row says, and is over in its time",
    arguments: FaultScenario.all)
  func alone(_ fault: FaultScenario) throws {
    let told = try run(fault.events(60, 180))
    let known = try #require(told[fault.code.code], "\(told)")
    let row = FaultRow(of: fault.code)
    #expect((3_600...(3_600 + fault.told * 60)).contains(known.raised), "\(known)")
    #expect(known.priorities.contains(row.priority.code))
    if let over = fault.over {
      #expect(known.ended >= 180 * 60 && known.ended <= (180 + over) * 60, "\(known)")
    }
    if row.latches, fault.over == nil { #expect(known.ended == .infinity) }
    let others = Set(told.keys).subtracting([fault.code.code])
    #expect(others.isSubset(of: fault.brings.map(\.code)), "\(others)")
  }

  @Test(
    "R-063 R-113 Two faults together are both told, no step passes a gate that one of them closes, and the oracle is content",
    arguments: pairs)
  func together(_ pair: Pair) throws {
    let told = try run(pair.first.events(60, 240) + pair.second.events(100, 200))
    #expect(told[pair.first.code.code] != nil && told[pair.second.code.code] != nil, "\(told.keys)")
  }
}
