import ChildProcess
import Foundation
import Glibc
import Quantities
import Testing

/// A bolus that somebody asks for sees the one before it.
@Suite struct LastDoseTests {
  private func bolus(
    _ pump: RunningPump, _ dose: String, over duration: String = "2 min",
    input: String = "/dev/null"
  ) throws -> Outcome {
    try pump.control(
      ["bolus", "--dose", dose, "--duration", duration], as: pump.clinician, input: input)
  }

  @Test("R-042 Who asks for a bolus is shown the one before, and what a kill made of it")
  func givenUp() throws {
    let pump = try RunningPump()
    try pump.program()
    let first = try bolus(pump, "10 ug", input: pump.clinician.yes)
    #expect(first.code == 0 && !first.output.contains("another was given"), "\(first.output)")
    // While it runs no other is even asked for.
    let beside = try bolus(pump, "5 ug", input: pump.clinician.yes)
    #expect(beside.code == 65 && beside.errors.contains("an extra dose is running"))
    pump.process.kill(SIGKILL)
    #expect(pump.process.wait() == 128 + SIGKILL)
    try pump.startAgain()
    #expect(pump.log(of: 1).contains("an extra dose is given up: "), "\(pump.log(of: 1))")
    let shown = try bolus(pump, "5 ug")
    #expect(shown.code == 65 && shown.errors.contains("nothing was changed"))
    #expect(shown.output.contains("HIGH another was given: bolus of 10 mcg"), "\(shown.output)")
    #expect(shown.output.contains("given up at a restart"))
    #expect(try pump.control("status").output.contains("last dose     bolus of 10 mcg"))
  }

  @Test("R-042 A stop that cancelled a bolus is told with it")
  func cancelled() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try bolus(pump, "10 ug", input: pump.clinician.yes).code == 0)
    #expect(try pump.control("stop").code == 0)
    #expect(try pump.control("status").output.contains("cancelled before its end"))
  }

  @Test(
    "R-043 A cancel ends a bolus and nothing else, and what of it was given is told and recorded")
  func cancel() throws {
    let pump = try RunningPump()
    let nothing = try pump.control("bolus", "--cancel")
    #expect(nothing.code == 65 && nothing.errors.contains("no extra dose is running"))
    try pump.program()
    #expect(try bolus(pump, "10 ug", input: pump.clinician.yes).code == 0)
    #expect(try pump.control("status").output.contains("not ended yet"))
    let patient = try pump.programmer(role: "patient")
    #expect(try pump.control(["bolus", "--cancel"], as: patient).code == 77)
    let cancelled = try pump.control("bolus", "--cancel")
    #expect(
      cancelled.code == 0 && cancelled.output.contains("basal goes on"), "\(cancelled.errors)")
    #expect(cancelled.output.contains(" of 10 mcg given, "), "\(cancelled.output)")
    #expect(try pump.word("mode") == "continuous")
    let last = try #require(try pump.status()["last_dose"] as? [String: Any])
    let (dose, part) = (last["dose_nanograms"] as? Int, last["cancelled_nanograms"] as? Int)
    #expect(dose == 10_000 && (part ?? 0) > 0 && (part ?? 0) < 10_000, "\(last)")
    let status = try pump.control("status").output
    #expect(status.contains("cancelled before its end: "), "\(status)")
    #expect(status.contains(" of 10 mcg were not given"))
    let log = try pump.control("log").output
    #expect(log.contains("end of the extra dose that runs"), "\(log)")
    #expect(log.contains("the bolus of 10 mcg is over, ") && log.contains(" of it were not given"))
    #expect(pump.end() == 0)
    let replay = try Programs.run("pumpsim", "replay", pump.state)
    #expect(replay.code == 0 && replay.output.contains("all as recorded"), "\(replay.errors)")
  }

  @Test("R-042 What a stop took back is in the alarm's words, and what a kill did is in the status")
  func takenBack() throws {
    let pump = try RunningPump()
    try pump.program()
    #expect(try bolus(pump, "10 ug", input: pump.clinician.yes).code == 0)
    #expect(try pump.control("stop").code == 0)
    let stopped = try pump.control("status").output
    let alarm = try #require(stopped.split(separator: "\n").first { $0.contains("ALARM") })
    #expect(alarm.contains("stopped by command") && alarm.contains("bolus: "), "\(alarm)")
    #expect(alarm.contains(" of 10 mcg were not given"), "\(alarm)")
    #expect(try pump.control("resume").code == 0)
    #expect(try bolus(pump, "8 ug", input: pump.clinician.yes).code == 0)
    var left = 8_000
    while left > 7_980 {
      left = try #require(try pump.status()["extra_dose_left_nanograms"] as? Int)
    }
    pump.process.kill(SIGKILL)
    _ = pump.process.wait()
    try pump.startAgain()
    let status = try pump.control("status").output
    let row = try #require(status.split(separator: "\n").first { $0.contains("last dose") })
    #expect(
      row.contains("given up at a restart: ") && row.contains(" of 8 mcg were not given"), "\(row)")
    // The log of the start knows how far the last tick got, and so does what is shown of it.
    let last = try #require(try pump.status()["last_dose"] as? [String: Any])
    let cancelled = try #require(last["cancelled_nanograms"] as? Int)
    #expect(cancelled <= left, "what was given before the kill is not told as given up")
    let log = pump.log(of: 1)
    let told = try #require(log.firstMatch(of: /given up: ([0-9.]+) mcg of 8 mcg/)?.1)
    #expect(cancelled == Int((Double(told) ?? 0) * 1_000 + 0.5), "\(log)")
  }

  @Test("R-042 An unusual bolus is warned of, and one that cannot be granted is not asked about")
  func unusual() throws {
    let pump = try RunningPump()
    try pump.program()
    let great = try bolus(pump, "40 ug", over: "10 min")
    #expect(great.output.contains("HIGH it is 4 times the patient's own bolus"), "\(great.output)")
    #expect(great.errors.contains("nothing was changed"))
    let slip = try bolus(pump, "20 mg", input: pump.clinician.yes)
    #expect(slip.code == 65 && slip.errors.contains("the limit of any 1 h"))
    #expect(slip.output.contains("HIGH it is more than 50 % of a day's basal"))
    #expect(!slip.output.contains("Give it?"))
    #expect(try pump.control("stop").code == 0)
    let stopped = try bolus(pump, "1 ug", input: pump.clinician.yes)
    #expect(stopped.code == 65 && stopped.errors.contains("delivery is stopped; resume it first"))
    #expect(!stopped.output.contains("Give it?"))
  }

  @Test(
    "R-040 A bolus that the head is too slow for is not asked about, and what it could give goes")
  func tooFast() throws {
    let pump = try RunningPump()
    try pump.program()
    // 24 mL/d of 500 ug/mL, less 300 ug/d of basal: 8.125 ug in a minute.
    let fast = try bolus(pump, "40 ug", over: "1 min", input: pump.clinician.yes)
    #expect(fast.code == 65 && !fast.output.contains("Give it?"), "\(fast.output)")
    #expect(
      fast.errors.contains(
        "refused: 40 mcg over 1 min and basal are more than the head's 24 mL/d; accepted at the basal of "
          + "now: over 4 min 56 s or longer, or at most 8.124 mcg over 1 min"), "\(fast.errors)")
    let brief = try bolus(pump, "1 ug", over: "59 s", input: pump.clinician.yes)
    #expect(brief.code == 65 && brief.errors.contains("accepted are 1 min to 1 d"))
    #expect(!brief.output.contains("Give it?"))
    for (dose, duration) in [("40 ug", "296 s"), ("8.124 ug", "1 min")] {
      let given = try bolus(pump, dose, over: duration, input: pump.clinician.yes)
      #expect(given.code == 0, "\(given.errors)")
      #expect(try pump.control("bolus", "--cancel").code == 0)
    }
  }

  @Test("R-042 R-085 R-092 Log, status and alarm tell the same amount of a dose that a kill ended")
  func sameAmount() throws {
    let pump = try RunningPump()
    try pump.program()
    func killAndStart() throws {
      pump.process.kill(SIGKILL)
      _ = pump.process.wait()
      try pump.startAgain()
    }
    // The fourth one is alarmed, in the tick in which it gives the dose up.
    for _ in 0..<3 { try killAndStart() }
    #expect(try bolus(pump, "10 ug", input: pump.clinician.yes).code == 0)
    try killAndStart()
    let last = try #require(try pump.status()["last_dose"] as? [String: Any])
    let cancelled = try #require(last["cancelled_nanograms"] as? Int64)
    let amount = Mass(nanograms: cancelled).shown(decimals: 3)
    let status = try pump.control("status").output.split(separator: "\n")
    let isTold: (Substring) -> Bool = { $0.contains(": \(amount) of 10 mcg were not given") }
    #expect(status.contains { $0.contains("last dose") && isTold($0) }, "\(status)")
    #expect(status.contains { $0.contains("ALARM") && isTold($0) }, "\(status)")
    let log = try pump.control("log", "--last", "50").output
    #expect(log.contains("the bolus of 10 mcg is over, \(amount) of it were not given"), "\(log)")
    let ends = try pump.control("log", "--json", "--kind", "extra-dose-ended").output
    #expect(ends.split(separator: "\n").count == 1, "\(ends)")
    #expect(ends.contains("\"cancelled_nanograms\":\(cancelled),"), "\(ends)")
    #expect(pump.end() == 0)
    let replay = try Programs.run("pumpsim", "replay", pump.state)
    #expect(replay.code == 0 && replay.output.contains("all as recorded"), "\(replay)")
  }
}
