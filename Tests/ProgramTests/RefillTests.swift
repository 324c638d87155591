import ChildProcess
import Foundation
import Glibc
import Testing

/// `pumpctl refill`, told to a pump that is killed on the way.
@Suite struct RefillTests {
  /// One at whose every step the pump may be killed.
  private static let steps: [[String]] = [
    ["begin", "--concentration", "1000 ug/mL"],
    ["aspirated", "--volume", "20 mL"],
    ["filled", "--volume", "20 mL", "--lot", "A-7"],
    ["finish"],
  ]

  @Test(
    "R-129 A refill is cut by a kill behind every step: what was told is kept, and basal goes on",
    arguments: 0..<4)
  func cut(behind step: Int) throws {
    let pump = try RunningPump()
    try pump.program()
    for (index, arguments) in Self.steps.enumerated() {
      let told = try pump.control(["refill"] + arguments + ["--yes"], as: pump.clinician)
      #expect(told.code == 0, "\(arguments): \(told.errors)")
      guard index == step else { continue }
      let before = try pump.status()
      pump.process.kill(SIGKILL)
      _ = pump.process.wait()
      try pump.startAgain()
      let after = try pump.status()
      #expect(after["mode"] as? String == "continuous")
      #expect(refill(after) == refill(before), "\(arguments)")
      #expect(concentrations(after) == concentrations(before), "\(arguments)")
    }
    let status = try pump.status()
    // What stays behind at the least, 0.5 mL of 500 ug/mL, under 20 mL of 1,000 ug/mL.
    let line = concentrations(status)
    #expect(line.first == 500_000 && line.last == 987_805, "\(line)")
    // A step that was made between was of what may have been either, dosed as the stronger.
    #expect(line.count == 2 || line == [500_000, 1_000_000, 987_805], "\(line)")
    #expect(alarms(status).isEmpty)
    #expect(pump.end() == 0)
    let replay = try Programs.run("pumpsim", "replay", pump.state)
    #expect(replay.code == 0, "\(replay.errors)")
    let log = try Programs.run("pumpctl", "log", "--state", pump.state)
    #expect(log.output.contains("refill, 20 mL filled, lot A-7"), "\(log.output)")
  }

  @Test("R-129 While a refill is open the pump says what it waits for, and alarms")
  func open() throws {
    let pump = try RunningPump()
    try pump.program()
    let early = try pump.control(["refill", "finish", "--yes"], as: pump.clinician)
    #expect(early.code == 65 && early.errors.contains("begin, aspirated, filled, finish"))
    let far = try pump.control(
      ["refill", "begin", "--concentration", "4000 ug/mL", "--yes"], as: pump.clinician)
    #expect(far.code == 65 && far.errors.contains("factor of 5"), "\(far.errors)")
    for arguments in Self.steps.prefix(2) {
      #expect(try pump.control(["refill"] + arguments + ["--yes"], as: pump.clinician).code == 0)
    }
    let text = try pump.control("status").output
    #expect(text.contains("pumpctl refill filled"), "\(text)")
    #expect(text.contains("HIGH nobody has said what was filled"), "\(text)")
    #expect(text.contains("b  1000 ug/mL"), "\(text)")
    let bolus = try pump.control("bolus", "--dose", "5 ug", "--duration", "5 min")
    #expect(bolus.code == 65, "\(bolus.output)")
    let json = try pump.control("refill", "--json")
    #expect(json.output.contains(#""next":"filled","#), "\(json.output)\(json.errors)")
    // Walked through from where it is; a slip is asked again.
    let typed = try pump.folder.write("typed", "20\n20 mL\n-\nyes\nyes\n")
    let walked = try pump.control(["refill"], as: pump.clinician, input: typed)
    #expect(walked.code == 0, "\(walked.errors)\(walked.output)")
    #expect(walked.output.contains("There is room for 20 mL of 1000 ug/mL"), "\(walked.output)")
    #expect(refill(try pump.status()) == ["none", "begin"])
    #expect(pump.end() == 0)
  }

  @Test("R-128 A line that was replaced gives no drug, which is alarmed")
  func replaced() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try pump.control(["line", "replaced", "--yes"], as: pump.clinician).code == 0)
    try pump.waitUntil("the alarm") { alarms(try pump.status()).contains("no-drug-at-tip") }
    #expect(concentrations(try pump.status()) == [0, 500_000])
    #expect(pump.end() == 0)
  }

  private func refill(_ status: [String: Any]) -> [String] {
    let refill = status["refill"] as? [String: Any]
    return ["stage", "next"].compactMap { refill?[$0] as? String }
  }

  private func concentrations(_ status: [String: Any]) -> [Int] {
    (status["line"] as? [[String: Any]] ?? []).compactMap {
      $0["nanograms_per_millilitre"] as? Int
    }
  }

  private func alarms(_ status: [String: Any]) -> [String] {
    (status["alarms"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
  }
}
