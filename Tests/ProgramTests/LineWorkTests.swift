import ChildProcess
import Foundation
import Testing

/// Prime, purge and `pumpctl prepare`, as a person types them, on a line so short that they are over in seconds.
@Suite struct LineWorkTests {
  private func pump() throws -> RunningPump {
    let rig = Texts.rig.replacingOccurrences(
      of: "{pump_tubing: 0.25 mL, catheter_length: 70 cm, catheter_volume: 2.2 uL/cm}",
      with: "{pump_tubing: 1 uL, catheter_length: 2 cm, catheter_volume: 0.5 uL/cm}")
    let pump = try RunningPump(rig: rig)
    #expect(try pump.program().code == 0)
    return pump
  }

  private func next(_ pump: RunningPump) throws -> String {
    try pump.control("prepare", "--json").output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func alarms(_ pump: RunningPump) throws -> [String] {
    (try pump.status()["alarms"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
  }

  @Test("R-131 A catheter that was emptied is primed, which is shown before and while it runs")
  func primed() throws {
    let pump = try pump()
    let early = try pump.control("prime", "--yes")
    #expect(early.code == 65 && early.errors.contains("the tip holds drug"), "\(early.errors)")
    #expect(try pump.control("line", "catheter-emptied", "--yes").code == 0)
    #expect(try next(pump) == #"{"next":"prime"}"#)
    let told = try pump.control("prime", "--yes")
    #expect(told.code == 0, "\(told.errors)")
    // 1 uL less what basal has pushed since: 37 % of 0.5 ug at the most.
    #expect(told.output.contains("nothing by plug flow; "), "\(told.output)")
    try pump.waitUntil("the catheter is filled") {
      let status = try pump.status()
      return try status["prime"] == nil && !alarms(pump).contains("no-drug-at-tip")
    }
    #expect(try next(pump) == #"{"next":"done"}"#)
    #expect(pump.end() == 0)
    let replay = try Programs.run("pumpsim", "replay", pump.state)
    #expect(replay.code == 0, "\(replay.errors)")
    let log = try Programs.run("pumpctl", "log", "--state", pump.state)
    #expect(log.output.contains("prime begins"), "\(log.output)")
  }

  @Test("R-131 pumpctl prepare walks through what a replaced line still needs, over a kill")
  func prepared() throws {
    let pump = try pump()
    #expect(try pump.control("line", "replaced", "--yes").code == 0)
    #expect(try next(pump) == #"{"next":"purge"}"#)
    #expect(try alarms(pump).contains("not-connected"))
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    try pump.startAgain()
    #expect(try next(pump) == #"{"next":"purge"}"#)
    let refused = try pump.control("bolus", "--dose", "5 ug", "--duration", "5 min")
    #expect(refused.code == 65, "\(refused.errors)")
    let typed = try pump.folder.write("typed", "yes\nyes\n")
    let walked = try pump.control(["prepare"], as: pump.clinician, input: typed)
    #expect(walked.code == 0 && walked.output.contains("prepared"), "\(walked.errors)")
    #expect(try next(pump) == #"{"next":"done"}"#)
    #expect(try !alarms(pump).contains("not-connected"))
    #expect(try pump.status()["is_connected"] as? Bool == true)
    #expect(pump.end() == 0)
  }
}
