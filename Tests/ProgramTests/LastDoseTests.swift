import ChildProcess
import Foundation
import Glibc
import Testing

/// A bolus that somebody asks for sees the one before it.
@Suite struct LastDoseTests {
  private func bolus(_ pump: RunningPump, _ dose: String, input: String = "/dev/null") throws
    -> Outcome
  {
    try pump.control(
      ["bolus", "--dose", dose, "--duration", "2 min"], as: pump.clinician, input: input)
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

  @Test("R-042 An unusual bolus is warned of, and one that cannot be granted is not asked about")
  func unusual() throws {
    let pump = try RunningPump()
    try pump.program()
    let great = try bolus(pump, "40 ug")
    #expect(great.output.contains("HIGH it is 4 times the patient's own bolus"), "\(great.output)")
    #expect(great.errors.contains("nothing was changed"))
    let slip = try bolus(pump, "20 mg", input: pump.clinician.yes)
    #expect(slip.code == 65 && slip.errors.contains("the limit of any 1 h"))
    #expect(slip.output.contains("HIGH it is more than 50 % of a day's basal"))
    #expect(!slip.output.contains("Give it?"))
  }
}
